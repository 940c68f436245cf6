/** global_defs and the other blocks of a keepalived.conf that are about no pool. Pure. */

import type { Chance } from '../../../model-check/chance.ts';
import type { Scene } from './scene.ts';
import { block, line, type Node, shuffled, some } from './statement.ts';
import type { Traits } from './vrrp.ts';

export function globalBlocks(chance: Chance, scene: Scene, { version }: Traits): Node[] {
  const [first] = scene.instances;
  return [
    block(
      ['global_defs'],
      // Programs that stand above script_user would run as another.
      [
        line('script_user', 'root'),
        ...shuffled(chance, [
          line('enable_script_security'),
          ...(version === 3 || chance.once(4) ? [line('vrrp_version', version)] : []),
          ...(first !== undefined && chance.once(2) ? [syncDaemon(chance, first.interface, first.name, scene)] : []),
          ...some(chance, 12, [
            line('router_id', 'LVS_A'),
            line('notification_email_from', 'lvs@example.com'),
            block(['notification_email'], [line('oncall@example.com'), line('ops@example.com')]),
            line('smtp_server', '192.0.2.25'),
            line('smtp_connect_timeout', 30),
            line('vrrp_mcast_group4', '224.0.0.19'),
            line('vrrp_garp_master_delay', 2),
            line('vrrp_garp_interval', '0.001'),
            line('vrrp_skip_check_adv_addr'),
            line('vrrp_startup_delay', 1),
            line('vrrp_down_timer_adverts', 4),
            line('vrrp_priority', -5),
            line('checker_priority', -5),
            line('lvs_timeouts', 'tcp', 900, 'tcpfin', 60, 'udp', 120),
            line('lvs_flush'),
            line('smtp_alert', 'true'),
            line('vrrp_notify_fifo', '/run/weir/vrrp.fifo'),
            line('lvs_notify_fifo', '/run/weir/lvs.fifo'),
            line('max_auto_priority', 50),
            line('startup_script', '/bin/true'),
            line('default_interface', 'eth0'),
            line('checker_log_all_failures', 'true'),
            line('process_names'),
          ]),
        ]),
      ],
    ),
    ...some(chance, 10, [
      line('instance', 'redis'),
      block(['static_ipaddress'], [line('192.0.2.200/32', 'dev', 'eth1')]),
      block(['static_routes'], [line('203.0.113.0/24', 'via', '192.0.2.254', 'dev', 'eth0')]),
      block(['static_rules'], [line('from', '198.51.100.0/24', 'table', 101, 'priority', 101)]),
      block(['interface_up_down_delays'], [line('eth1', 2, 2)]),
      block(['garp_group'], [line('garp_interval', '0.01'), line('interface', 'eth1')]),
    ]),
  ];
}

function syncDaemon(chance: Chance, device: string, instance: string, { instances }: Scene): Node {
  const name = chance.once(5) ? (instances.at(-1)?.name ?? instance) : instance;
  return chance.pick([
    line('lvs_sync_daemon', device, name),
    line('lvs_sync_daemon', device, 'inst', name, 'id', 51),
    line('lvs_sync_daemon', device, name, 'id', 10, 'maxlen', 1400),
    line('lvs_sync_daemon', device),
  ]);
}
