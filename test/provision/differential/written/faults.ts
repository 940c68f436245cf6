/** What people get wrong, and keepalived refuses or takes as something else. Pure. */

import type { Chance } from '../../../model-check/chance.ts';
import { asWritten, type Files, MAIN } from './layout.ts';
import type { Scene } from './scene.ts';
import { block, line, type Node } from './statement.ts';

/** Changes one of the statements with this keyword; others stay. */
type Change = (node: Node, chance: Chance, scene: Scene) => readonly Node[];

const value =
  (...values: readonly string[]): Change =>
  ({ words: [keyword = ''] }, chance) => [
    line(
      keyword,
      ...chance
        .pick(values)
        .split(' ')
        .filter((word) => word !== ''),
    ),
  ];
const inside =
  (...more: readonly Node[]): Change =>
  ({ words, block: all = [] }, chance) => {
    const at = chance.int(all.length + 1);
    return [block(words, [...all.slice(0, at), ...more, ...all.slice(at)])];
  };
const without =
  (...keywords: readonly string[]): Change =>
  ({ words, block: all = [] }) => [
    block(
      words,
      all.filter((one) => !keywords.includes(one.words[0] as string)),
    ),
  ];

const TREE: Readonly<Record<string, readonly [keywords: readonly string[], change: Change]>> = {
  'method of no such name': [['lb_kind', 'lvs_method'], value('dr', 'FNAT', 'tun', '')],
  'scheduler of no such name': [['lb_algo', 'lvs_sched'], value('WRR', 'loadbalance', '')],
  'protocol of no such name': [['protocol'], value('tcp', 'HTTP', '')],
  'no protocol': [['virtual_server'], without('protocol')],
  'no method': [['virtual_server'], without('lb_kind', 'lvs_method')],
  'no scheduler': [['virtual_server'], without('lb_algo', 'lvs_sched')],
  'fallback before the scheduler': [
    ['virtual_server'],
    ({ words, block: all = [] }) => [block(words, [line('sh-fallback'), line('lb_algo', 'sh'), ...all])],
  ],
  'weight of no number': [['weight'], value('x', '70000', '-1', '10x', '')],
  'priority of no number': [['priority'], value('0', '256', '300', 'high', '100,', '')],
  'router id of no number': [['virtual_router_id'], value('0', '256', 'x', '')],
  'no router id': [['vrrp_instance'], without('virtual_router_id')],
  'interval out of range': [['advert_int'], value('0', '0.005', '0.5', '300', 'x', '')],
  'fraction of a second': [['advert_int'], value('0.3', '1.5', '2.7')],
  'MASTER and nopreempt': [
    ['vrrp_instance'],
    (node, ...rest) =>
      inside(line('state', 'MASTER'), line('nopreempt'))(
        without('state', 'nopreempt')(node, ...rest)[0] as Node,
        ...rest,
      ),
  ],
  strict: [['global_defs'], inside(line('vrrp_strict'))],
  'no password': [['authentication'], without('auth_pass')],
  'password too long': [['auth_pass'], value('a-long-password', 'ninechars')],
  'no interface': [['vrrp_instance'], without('interface')],
  'hashed without sh': [['virtual_server'], inside(line('hashed'))],
  'no type': [['authentication'], without('auth_type')],
  'password with version 3': [
    ['vrrp_instance'],
    inside(line('version', 3), block(['authentication'], [line('auth_type', 'PASS'), line('auth_pass', 'secret')])),
  ],
  'VIPs of both families': [
    ['virtual_ipaddress'],
    ({ words, block: all = [] }) => [block(words, [...all, line('2001:db8::99'), line('192.0.2.99')])],
  ],
  'VIP of no address': [['virtual_ipaddress'], inside(line('192.0.2.300'))],
  'no VIP': [['vrrp_instance'], without('virtual_ipaddress')],
  'version of no number': [['vrrp_instance'], inside(line('version', 4))],
  'state of no name': [['state'], value('EQUAL', 'master', '')],
  'instance twice': [['vrrp_instance'], (node) => [node, node]],
  'router id twice': [
    ['vrrp_instance'],
    (node) => [
      node,
      block(
        ['vrrp_instance', 'TWIN'],
        (node.block ?? []).filter(({ words: [word] }) => word !== 'virtual_ipaddress'),
      ),
    ],
  ],
  'virtual server twice': [['virtual_server'], (node) => [node, node]],
  'server twice': [['real_server'], (node) => [node, block(node.words, [line('weight', 3)])]],
  'server of no address': [
    ['real_server'],
    ({ words: [keyword = '', , port = '6379'], block: all = [] }) => [block([keyword, '192.0.2.256', port], all)],
  ],
  'server with another port': [
    ['real_server'],
    ({ words: [keyword = '', address = ''], block: all = [] }) => [block([keyword, address, 16_379], all)],
  ],
  'server with a port of no number': [
    ['real_server'],
    ({ words: [keyword = '', address = ''], block: all = [] }) => [block([keyword, address, 'redis'], all)],
  ],
  'server of the other family': [
    ['real_server'],
    ({ words: [keyword = '', address = '', ...port], block: all = [] }) => [
      block([keyword, address.includes(':') ? '192.0.2.11' : '2001:db8::11', ...port], all),
    ],
  ],
  'VIP with a port of no number': [
    ['virtual_server'],
    ({ words: [keyword = '', first = ''], block: all = [] }) => [block([keyword, first, 'redis'], all)],
  ],
  'group that is not there': [
    ['virtual_server'],
    ({ words: [keyword = ''], block: all = [] }) => [block([keyword, 'group', 'nobody'], all)],
  ],
  'keyword of no such name': [
    ['virtual_server', 'real_server', 'vrrp_instance', 'global_defs', 'TCP_CHECK'],
    inside(line('nat_mask', '255.255.255.0')),
  ],
  'block of no such name': [
    ['virtual_server', 'real_server', 'vrrp_instance', 'global_defs'],
    inside(block(['REDIS_CHECK'], [line('connect_port', 6379)])),
  ],
  'block of no such name at the top': [
    ['vrrp_script'],
    (node) => [node, block(['redis_pool', 'logs'], [line('weight', 5)])],
  ],
  'sync daemon twice': [
    ['global_defs'],
    ({ words, block: all = [] }) => [
      block(words, [...all, line('lvs_sync_daemon', 'eth0', 'VI_1'), line('lvs_sync_daemon', 'eth1', 'VI_2')]),
    ],
  ],
  'sync daemon of nobody': [['global_defs'], inside(line('lvs_sync_daemon', 'eth0', 'NOBODY'))],
  'definition of nobody': [['priority', 'weight', 'virtual_router_id'], value('$NOBODY', '${NOBODY}')],
  'definition with a blank': [['weight'], () => [asWritten('$BLANK = 77'), asWritten('weight $BLANK')]],
  'condition that does not hold': [
    ['priority', 'virtual_router_id', 'interface'],
    ({ words }) => [asWritten(`@nobody ${words.join(' ')}`)],
  ],
  'statements on one line': [
    ['real_server'],
    ({ words, block: all = [] }) => [block(words, [asWritten('weight 10 inhibit_on_failure'), ...all])],
  ],
  'no-break space': [['weight', 'priority'], ({ words }) => [asWritten(`\u00a0${words.join(' ')}`)]],
  'wide space': [['weight', 'priority'], ({ words }) => [asWritten(words.join('\u3000'))]],
};

export function breakTree(
  chance: Chance,
  nodes: readonly Node[],
  scene: Scene,
): { nodes: readonly Node[]; faults: string[] } {
  const name = chance.pick(Object.keys(TREE));
  const [keywords, change] = TREE[name] as (typeof TREE)[string];
  const places = count(nodes, keywords);
  if (places === 0) return { nodes, faults: [] };
  let left = chance.int(places);
  const walk = (all: readonly Node[]): Node[] =>
    all.flatMap((node) => {
      if (keywords.includes(node.words[0] as string) && left-- === 0) return change(node, chance, scene);
      return [node.block === undefined ? node : block(node.words, walk(node.block))];
    });
  return { nodes: walk(nodes), faults: [name] };
}

function count(nodes: readonly Node[], keywords: readonly string[]): number {
  return nodes.reduce(
    (sum, { words, block: all = [] }) => sum + (keywords.includes(words[0] as string) ? 1 : 0) + count(all, keywords),
    0,
  );
}

/** Line by line, as people lose them or copy them from somewhere. */
const TEXT: Readonly<Record<string, (lines: string[], chance: Chance) => string[]>> = {
  'a } too many': (lines, chance) => lines.toSpliced(chance.int(lines.length), 0, '}'),
  'a } too few': (lines, chance) => lines.toSpliced(indexOf(lines, /^\s*\}\s*$/, chance), 1),
  'a { too few': (lines, chance) => replaced(lines, indexOf(lines, /\{\s*$/, chance), (text) => text.replace('{', '')),
  'a { too many': (lines, chance) => lines.toSpliced(chance.int(lines.length), 0, '{'),
  'a quote too many': (lines, chance) => replaced(lines, chance.int(lines.length), (text) => `${text} "`),
  'a byte order mark': (lines) => replaced(lines, 0, (text) => `\ufeff${text}`),
  'a line too long': (lines, chance) => lines.toSpliced(chance.int(lines.length), 0, `# ${'long '.repeat(300)}`),
  'a line cut off': (lines, chance) =>
    replaced(lines, chance.int(lines.length), (text) => text.slice(0, chance.int(text.length + 1))),
  'a line lost': (lines, chance) => lines.toSpliced(chance.int(lines.length), 1),
  'a line twice': (lines, chance) => {
    const at = chance.int(lines.length);
    return lines.toSpliced(at, 0, lines[at] as string);
  },
};

export function breakText(chance: Chance, files: Files): { files: Files; faults: string[] } {
  const parts = Object.keys(files).filter((path) => path !== MAIN);
  const part = parts[0];
  if (part !== undefined && chance.once(2)) {
    const file = files[part] as Files[string];
    if (chance.once(2))
      return { files: { ...files, [part]: { ...file, isExecutable: true } }, faults: ['a part that may be executed'] };
    const main = files[MAIN] as Files[string];
    return {
      files: { ...files, [MAIN]: { text: main.text.replace(/^(include\w?) (.*?)(\r?)$/m, '$1 "$2"$3') } },
      faults: ['an include in quotes'],
    };
  }
  const name = chance.pick(Object.keys(TEXT));
  const { text } = files[MAIN] as Files[string];
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const change = TEXT[name] as (typeof TEXT)[string];
  return { files: { ...files, [MAIN]: { text: change(text.split(end), chance).join(end) } }, faults: [name] };
}

function indexOf(lines: readonly string[], form: RegExp, chance: Chance): number {
  const all = lines.flatMap((text, index) => (form.test(text) ? [index] : []));
  return all.length === 0 ? 0 : chance.pick(all);
}

function replaced(lines: readonly string[], at: number, change: (text: string) => string): string[] {
  return lines.map((text, index) => (index === at ? change(text) : text));
}
