/** Which statements of a configuration `weir init` has no word for, and says nothing of. Pure. */

import type { PoolConfig } from '../../../../src/model/configuration/config.ts';
import type { Node } from '../written/statement.ts';
import { names, short } from './words.ts';

/** Its value is in weir.yaml, or `weir render` writes the same by itself. Everything else must be named. */
const CARRIED: Readonly<Record<string, ReadonlySet<string>>> = {
  global_defs: set(
    'router_id script_user enable_script_security default_interface vrrp_version lvs_sync_daemon vrrp_notify_fifo lvs_notify_fifo',
  ),
  vrrp_instance: set(
    'state interface virtual_router_id version priority advert_int preempt nopreempt authentication virtual_ipaddress',
  ),
  virtual_server: set(
    'lb_algo lvs_sched lb_kind lvs_method protocol ip_family weight sh-fallback mh-fallback real_server',
  ),
  real_server: set('weight lvs_method TCP_CHECK'),
  TCP_CHECK: set('connect_port'),
};

function set(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Of what is no pool's, its name is enough. */
export function untold(nodes: readonly Node[], pools: readonly PoolConfig[], words: string): string[] {
  const mine = new Set(pools.map(({ vip }) => vip.address));
  return nodes.flatMap((node) => {
    const [keyword = '', name = ''] = node.words;
    switch (keyword) {
      case 'global_defs':
        return untoldIn(node, words);
      case 'vrrp_instance':
        return hasVip(node, mine) ? untoldIn(node, words) : [];
      case 'virtual_server':
        return headsOf(node, nodes).every((head) => isLeftOut(head, words)) ? [] : untoldIn(node, words);
      case 'virtual_server_group':
        return [];
      default:
        return names(words, keyword) || (name !== '' && names(words, name)) ? [] : [keyword];
    }
  });
}

function untoldIn({ words: [keyword = ''], block = [] }: Node, words: string): string[] {
  return block.flatMap((node) => {
    const [inner = ''] = node.words;
    if (!/^[A-Za-z][\w-]+$/.test(inner)) return [];
    if (CARRIED[keyword]?.has(inner)) return CARRIED[inner] === undefined ? [] : untoldIn(node, words);
    return names(words, inner) ? [] : [inner];
  });
}

function hasVip({ block = [] }: Node, mine: ReadonlySet<string>): boolean {
  const inside = block
    .filter(({ words: [keyword] }) => keyword === 'virtual_ipaddress')
    .flatMap((one) => one.block ?? []);
  return inside.some(({ words: [vip = ''] }) => mine.has(short(vip.replace(/\/\d+$/, ''))));
}

/** As sentences name it: by each entry of its group. */
function headsOf({ words: [, ...head] }: Node, nodes: readonly Node[]): string[] {
  const group = nodes.find(({ words: [keyword, name] }) => keyword === 'virtual_server_group' && name === head[1]);
  if (head[0] !== 'group') return [head.join(' ')];
  return group?.block?.map(({ words }) => words.join(' ')) ?? [head.join(' ')];
}

function isLeftOut(head: string, words: string): boolean {
  return words.split('\n').some((text) => text.includes('left out') && names(text, head));
}
