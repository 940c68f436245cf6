/** vrrp_instance and what stands around it, all of which keepalived takes without a word. Pure. */

import type { Chance } from '../../../model-check/chance.ts';
import { INTERFACES, type Instance, type Scene } from './scene.ts';
import { block, line, type Node, shuffled, some } from './statement.ts';

/** Programs must be there, and belong to root (keepalived.conf.5, enable_script_security). */
const PROGRAM = '/bin/true';

export interface Traits {
  /** Of global_defs; an instance may say otherwise. */
  readonly version: 2 | 3;
}

export function vrrpBlocks(chance: Chance, scene: Scene, traits: Traits): Node[] {
  return [
    ...scene.instances.map((one) => vrrpInstance(chance, scene, one, traits)),
    ...(scene.instances.length > 1 && chance.once(6) ? [syncGroup(chance, scene)] : []),
  ];
}

function vrrpInstance(chance: Chance, scene: Scene, instance: Instance, traits: Traits): Node {
  const own = chance.once(6) ? (chance.pick([2, 3] as const) as 2 | 3) : undefined;
  const isIpv6 = instance.family === 6;
  const version = isIpv6 ? 3 : (own ?? traits.version);
  const isMaster = chance.once(2);
  const [own4 = ''] = scene.own;
  const peers = scene.servers[4].includes(own4)
    ? scene.servers[4].filter((one) => one !== own4)
    : ['192.0.2.2', '192.0.2.3'];
  const isUnicast = !isIpv6 && chance.once(5);
  const interval =
    version === 3
      ? chance.pick(['0.2', '1', '0.5', '2', '1.5', '10', '0.01', '40.95'])
      : chance.pick(['1', '2', '3', '255']);
  const hasPassword = version === 2 && !chance.once(3);
  return block(
    ['vrrp_instance', instance.name],
    shuffled(chance, [
      ...(chance.once(12) ? [] : [line('state', isMaster ? 'MASTER' : 'BACKUP')]),
      line('interface', instance.interface),
      line('virtual_router_id', instance.routerId),
      ...(own !== undefined && !isIpv6 ? [line('version', own)] : []),
      ...(chance.once(8) ? [] : [line('priority', chance.pick([1, 50, 100, 150, 200, 253, 254]))]),
      ...(chance.once(8) ? [] : [line('advert_int', interval)]),
      ...(!isMaster && chance.once(2) ? [line('nopreempt')] : []),
      ...(hasPassword ? [authentication(chance, isMaster)] : []),
      block(
        ['virtual_ipaddress'],
        chance.once(10)
          ? sequence(instance.vips)
          : instance.vips.map((vip) => address(chance, vip, instance.interface)),
      ),
      ...(chance.once(8) ? [block(['virtual_ipaddress_excluded'], [excluded(chance, instance)])] : []),
      ...(isUnicast
        ? [
            line('unicast_src_ip', own4),
            block(
              ['unicast_peer'],
              peers.map((peer) => line(peer)),
            ),
          ]
        : []),
      ...beside(chance, instance, isUnicast),
    ]),
  );
}

/** AH goes with state BACKUP alone (vrrp.c, vrrp_complete_instance). */
function authentication(chance: Chance, isMaster: boolean): Node {
  if (!isMaster && chance.once(8))
    return block(['authentication'], [line('auth_type', 'AH'), line('auth_pass', 'secret')]);
  const password = chance.pick(['secret', 'pass1234', '"two word"', '1111']);
  return block(['authentication'], shuffled(chance, [line('auth_type', 'PASS'), line('auth_pass', password)]));
}

/** The same as a line each: they follow one another (keepalived.conf.5, ~SEQ and ~LST). */
function sequence(vips: readonly string[]): Node[] {
  const [first = '', last = first] = [vips[0], vips.at(-1)];
  const [, before = '', from = ''] = /^(.*[.:])(\d+)$/.exec(first) ?? [];
  const to = /\d+$/.exec(last)?.[0] ?? from;
  if (from === to) return [line(`~LST(A, ${first}) $A`)];
  return [line(`~SEQ(A, ${from}, ${to}) ${before}$A`)];
}

function address(chance: Chance, vip: string, device: string): Node {
  const isIpv6 = vip.includes(':');
  const mask = isIpv6 ? chance.pick(['', '/128', '/64']) : chance.pick(['', '/32', '/24']);
  const spoken = isIpv6 && chance.once(4) ? vip.replace('2001:db8::', '2001:0DB8:0:0:0:0:0:') : vip;
  const dev = chance.once(4) ? ['dev', chance.once(3) ? chance.pick(INTERFACES) : device] : [];
  const label = !isIpv6 && dev[1] !== undefined && chance.once(3) ? ['label', `${dev[1]}:1`] : [];
  const scope = !isIpv6 && chance.once(10) ? ['scope', chance.pick(['global', 'link'])] : [];
  const brd = mask === '/24' && chance.once(4) ? ['brd', chance.pick(['+', '192.0.2.255'])] : [];
  return line(spoken + mask, ...brd, ...dev, ...label, ...scope);
}

function excluded(chance: Chance, { routerId }: Instance): Node {
  return chance.once(2) ? line(`2001:db8:1::${routerId}`) : line(`198.51.100.${routerId}/24`, 'dev', 'eth1');
}

/** What decides about VRRP and is no value of weir.yaml. */
function beside(chance: Chance, { interface: device, family }: Instance, isUnicast: boolean): Node[] {
  return some(chance, 14, [
    line('garp_master_delay', 5),
    line('garp_master_repeat', 3),
    line('garp_master_refresh', 60),
    line('garp_lower_prio_repeat', 2),
    line('smtp_alert'),
    line('smtp_alert', 'true'),
    line('dont_track_primary'),
    line('preempt_delay', 0),
    line('down_timer_adverts', 4),
    line('lower_prio_no_advert', 'true'),
    line('higher_prio_send_advert', 'true'),
    line('skip_check_adv_addr', 'true'),
    line('promote_secondaries'),
    line('kernel_rx_buf_size', 100_000),
    line('debug', 1),
    line('notify', `"${PROGRAM} all"`),
    line('notify_master', PROGRAM),
    line('notify_backup', `"${PROGRAM} backup"`),
    line('notify_fault', PROGRAM),
    line('notify_stop', PROGRAM),
    line('notify_deleted', PROGRAM),
    line('notify_master_rx_lower_pri', PROGRAM),
    line('notify_priority_changes', 'true'),
    line('garp_extra_if', 30),
    line('use_vmac'),
    block(['track_interface'], [line(device === 'eth0' ? 'eth1' : 'eth0', 'weight', -10)]),
    block(['track_script'], [line('check_redis')]),
    block(['track_file'], [line('hold', 'weight', 1)]),
    block(['track_process'], [line('redis')]),
    ...(family === 4
      ? [
          ...(isUnicast ? [] : [line('mcast_src_ip', '192.0.2.1'), line('mcast_dst_ip', '224.0.0.20')]),
          block(['virtual_routes'], [line('203.0.113.0/24', 'via', '192.0.2.254', 'dev', 'eth0')]),
          block(['virtual_rules'], [line('from', '192.0.2.0/24', 'table', 100, 'priority', 100)]),
          line('accept'),
        ]
      : [line('native_ipv6')]),
  ]);
}

function syncGroup(chance: Chance, { instances }: Scene): Node {
  const names = instances.map(({ name }) => name);
  const inside = chance.once(3)
    ? [block(['group'], [line(...names)])]
    : [
        block(
          ['group'],
          names.map((name) => line(name)),
        ),
      ];
  return block(
    ['vrrp_sync_group', 'G1'],
    [...inside, ...some(chance, 5, [line('smtp_alert'), line('notify_master', PROGRAM)])],
  );
}

/** What instances refer to; keepalived complains where it is not there. */
export function trackers(chance: Chance): Node[] {
  return [
    block(
      ['vrrp_script', 'check_redis'],
      [line('script', chance.pick([PROGRAM, `"${PROGRAM} -x"`])), line('interval', 2), line('weight', 5)],
    ),
    block(
      [chance.pick(['vrrp_track_file', 'track_file']), 'hold'],
      [line('file', '/tmp/weir-hold'), line('weight', 1)],
    ),
    block(['vrrp_track_process', 'redis'], [line('process', 'redis-server'), line('weight', 10)]),
  ];
}
