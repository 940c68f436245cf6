/** virtual_server and virtual_server_group: pools, and services that are none. Pure. */

import type { Chance } from '../../../model-check/chance.ts';
import type { Instance, Scene } from './scene.ts';
import { block, line, type Node, shuffled, some } from './statement.ts';

const SCHEDULERS = ['rr', 'wrr', 'wrr', 'lc', 'wlc', 'sh', 'mh', 'dh', 'lblc', 'sed', 'nq', 'fo', 'ovf'];
const METHODS = ['DR', 'DR', 'DR', 'NAT', 'TUN'];

export function lvsBlocks(chance: Chance, scene: Scene): Node[] {
  const [first] = scene.instances as readonly [Instance];
  const all: Node[] = [...pool(chance, scene, [first.vips[0] as string, '6379'], first.family)];
  for (const [index, one] of scene.instances.entries()) {
    const vip = one.vips.at(-1) as string;
    if (chance.once(3)) all.push(...pool(chance, scene, [vip, String(6380 + index)], one.family));
    if (chance.once(3)) all.push(...other(chance, scene, vip, one, 80 + index));
  }
  return shuffled(chance, all);
}

/** A virtual server that can be a pool of Weir's, or nearly. */
function pool(chance: Chance, scene: Scene, vip: readonly [string, string], family: 4 | 6): Node[] {
  const head = headOf(chance, vip);
  const port = vip[1];
  const scheduler = chance.pick(SCHEDULERS);
  const forwarding = method(chance);
  const servers = scene.servers[family].map((address) => {
    // Behind a mark only NAT has a use for it (check_data.c:1313-1317).
    const isWithout = head.isMark ? forwarding[0] !== 'NAT' : chance.once(12);
    const own = isWithout ? [] : chance.once(20) && !head.isMark ? ['0'] : [port];
    const inside = shuffled(chance, [
      ...(chance.once(4) ? [] : [line('weight', chance.pick([0, 1, 10, 100, 100, 1000]))]),
      ...(chance.once(6) || (isWithout && head.isMark) ? [] : [check(chance, port, family)]),
      ...besideServer(chance),
    ]);
    return block(['real_server', address, ...own], inside);
  });
  const keys = [
    ...scheduling(chance, scheduler),
    line(chance.pick(['lb_kind', 'lvs_method']), ...forwarding),
    ...(head.isMark ? [] : [line('protocol', 'TCP')]),
    ...(head.isMark && family === 6 ? [line('ip_family', 'inet6')] : []),
    ...(chance.once(6) ? [line('weight', chance.pick([5, 50]))] : []),
    ...beside(chance, family, port),
  ];
  return [...head.groups, block(['virtual_server', ...head.words], [...inOrder(chance, keys), ...servers])];
}

/** Flags belong behind their scheduler (check_parser.c:336-357), so these two stay in order. */
function scheduling(chance: Chance, scheduler: string): Node[] {
  const flags = ['sh', 'mh'].includes(scheduler)
    ? some(chance, 2, [line(`${scheduler}-fallback`), line(`${scheduler}-port`)])
    : some(chance, 30, [line('flag-1')]);
  return [line(chance.pick(['lb_algo', 'lvs_sched']), scheduler), ...flags];
}

function inOrder(chance: Chance, keys: readonly Node[]): Node[] {
  const isFlag = ({ words: [word = ''] }: Node) => /-(fallback|port|1)$/.test(word);
  const [flags, others] = [keys.filter(isFlag), keys.filter((one) => !isFlag(one))];
  const mixed = shuffled(chance, others);
  const at = mixed.findIndex(({ words: [word] }) => word === 'lb_algo' || word === 'lvs_sched');
  mixed.splice(at + 1 + chance.int(mixed.length - at), 0, ...flags);
  return mixed;
}

function method(chance: Chance): string[] {
  const name = chance.pick(METHODS);
  if (name !== 'TUN' || !chance.once(3)) return [name];
  return chance.pick([
    [name, 'type', 'ipip'],
    [name, 'type', 'gue', 'port', '6080'],
    [name, 'type', 'gre', 'csum'],
  ]);
}

interface Head {
  readonly words: readonly string[];
  readonly groups: readonly Node[];
  readonly isMark: boolean;
}

function headOf(chance: Chance, [vip, port]: readonly [string, string]): Head {
  const kind = chance.int(12);
  if (kind === 0) return { words: ['fwmark', String(10 + (Number(port) % 100))], groups: [], isMark: true };
  if (kind === 1) {
    const name = `group-${port}`;
    const isMark = chance.once(4);
    const range = vip.includes(':') ? '2001:db8::180-183' : '192.0.2.180-183';
    const entries = isMark ? [line('fwmark', 7)] : [line(vip, port), ...some(chance, 3, [line(range, port)])];
    return { words: ['group', name], groups: [block(['virtual_server_group', name], entries)], isMark };
  }
  if (kind === 2 && !vip.includes(':')) return { words: [`${vip}/32`, port], groups: [], isMark: false };
  return { words: [vip, port], groups: [], isMark: false };
}

function check(chance: Chance, port: string, family: 4 | 6): Node {
  const keys = some(chance, 4, [
    line('connect_timeout', 3),
    line('connect_port', port),
    line('retry', 3),
    line('delay_before_retry', 2),
    line('warmup', 1),
    line('bindto', family === 4 ? '192.0.2.1' : '2001:db8::1'),
    line('alpha'),
  ]);
  const kind = chance.int(9);
  if (kind === 0) {
    return block(
      ['MISC_CHECK'],
      [line('misc_path', '"/bin/true ping"'), ...some(chance, 2, [line('misc_timeout', 3), line('misc_dynamic')])],
    );
  }
  if (kind === 1) return block(['FILE_CHECK'], [line('track_file', 'hold'), line('weight', 1)]);
  if (kind === 2) return block(['PING_CHECK'], some(chance, 2, [line('retry', 2)]));
  return block(['TCP_CHECK'], keys);
}

/** What changes what a pool does and is no value of weir.yaml. */
function beside(chance: Chance, family: 4 | 6, port: string): Node[] {
  return some(chance, 12, [
    line('delay_loop', 6),
    line('delay_loop', '2.5'),
    line('persistence_timeout', 60),
    line('persistence_timeout'),
    line('persistence_granularity', family === 4 ? '255.255.255.0' : 64),
    line('alpha'),
    line('omega'),
    line('quorum', 1),
    line('quorum_up', '"/bin/true up"'),
    line('quorum_down', '/bin/true'),
    line('sorry_server', family === 4 ? '192.0.2.250' : '2001:db8::250', port),
    line('inhibit_on_failure'),
    line('ha_suspend'),
    line('retry', 3),
    line('delay_before_retry', 3),
    line('warmup', 2),
    line('connect_timeout', 4),
    line('smtp_alert'),
    line('virtualhost', 'example.com'),
  ]);
}

function besideServer(chance: Chance): Node[] {
  return some(chance, 20, [
    line('inhibit_on_failure'),
    line('uthreshold', 1000),
    line('lthreshold', 10),
    line('notify_up', '/bin/true'),
    line('notify_down', '"/bin/true down"'),
    line('alpha'),
    line('retry', 2),
    line('delay_loop', 3),
    line('smtp_alert', 'false'),
    line('lvs_method', 'NAT'),
  ]);
}

/** A service that is no pool: HTTP, UDP, one server, every port, a VIP that nobody moves. */
function other(chance: Chance, scene: Scene, vip: string, { family }: Instance, port: number): Node[] {
  const [one = '', two = ''] = scene.servers[family];
  const web = (address: string) =>
    block(
      ['real_server', address, port],
      [
        line('weight', 1),
        block(
          [chance.pick(['HTTP_GET', 'SSL_GET'])],
          [block(['url'], [line('path', '/'), line('status_code', 200)]), line('connect_timeout', 3)],
        ),
      ],
    );
  const plain = (address: string, at: number) => block(['real_server', address, at], [block(['TCP_CHECK'], [])]);
  const keys = [line('lb_algo', 'rr'), line('lb_kind', 'NAT')];
  switch (chance.int(6)) {
    case 0:
      return [block(['virtual_server', vip, port], [...keys, line('protocol', 'TCP'), web(one), web(two)])];
    case 1:
      return [
        block(
          ['virtual_server', vip, 53],
          [
            ...keys,
            line('protocol', 'UDP'),
            line('ops'),
            block(['real_server', one, 53], [block(['DNS_CHECK'], [line('type', 'A'), line('name', 'example.com')])]),
            block(['real_server', two, 53], []),
          ],
        ),
      ];
    case 2:
      return [block(['virtual_server', vip, port], [...keys, line('protocol', 'TCP'), plain(one, port)])];
    case 3:
      return [
        block(
          ['virtual_server', vip, 0],
          [...keys, line('protocol', 'TCP'), line('persistence_timeout', 300), plain(one, 0), plain(two, 0)],
        ),
      ];
    case 4:
      return [
        block(
          ['virtual_server', '203.0.113.9', port],
          [...keys, line('protocol', 'TCP'), plain('192.0.2.11', port), plain('192.0.2.12', port)],
        ),
      ];
    default:
      return [
        block(
          ['virtual_server', vip, 25],
          [
            ...keys,
            line('protocol', 'SCTP'),
            block(['real_server', one, 25], []),
            block(['real_server', two, 2525], []),
          ],
        ),
      ];
  }
}
