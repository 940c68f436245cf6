/** The loop guard ingress-mark: only what comes from a client is marked, and only what is marked is balanced. Pure. */

import type { PoolConfig } from '../model/config.ts';
import type { Group } from './groups.ts';

/** Weir's marks have this in their upper half, so that they meet nobody else's. */
const MARKS = 0x77650000;

/** One for each pool: its VRRP id and the lower byte of its port. */
export function fwmarkOf(pool: {
  readonly vip: { readonly port: number };
  readonly vrrp: { readonly virtualRouterId: number };
}): number {
  return MARKS | (pool.vrrp.virtualRouterId << 8) | (pool.vip.port & 0xff);
}

export function ingressRules(node: string, groups: readonly Group[]): string {
  const rules = groups.flatMap((group) => group.pools.map((pool) => rule(group, pool)));
  return `# Made by \`weir render --node ${node}\`. A table of its own: loading it again replaces it and touches no other.
table inet weir
delete table inet weir
table inet weir {
  chain prerouting {
    type filter hook prerouting priority mangle
${rules.join('\n')}
  }
}
`;
}

/** The peers' own traffic to the VIP never leaves them (it is on their lo), so what has their MAC was handed on by them. */
function rule(group: Group, { vip, ...pool }: PoolConfig): string {
  const family = vip.address.includes(':') ? 'ip6' : 'ip';
  const macs = group.peers.map((peer) => peer.mac).join(', ');
  const mark = `0x${fwmarkOf({ vip, ...pool }).toString(16)}`;
  return `    iifname "${group.interface}" ${family} daddr ${vip.address} tcp dport ${vip.port} ether saddr != { ${macs} } meta mark set ${mark} comment "${pool.name}"`;
}
