/** The signals that a reading of a side could have and does not have. Pure. */

import { SIGNALS, type Signals } from '../../model/readings/signals.ts';

/** Sources that no file of answers has: several readings together, Weir's own files, weir.yaml, clocks. */
const ELSEWHERE = /^(readings|leases|the MASTER's table|the handover file|the LVS table|the node's clock)$/;
const OF_LVS = /^\/proc\/net\/ip_vs/;

export function unknownOf(side: 'member' | 'lvs' | 'vrrp', signals: Signals): string[] {
  return expectedOf(side).filter((name) => signals[name] === undefined);
}

function expectedOf(side: 'member' | 'lvs' | 'vrrp'): string[] {
  const all = Object.entries(SIGNALS[side === 'member' ? 'member' : 'director']);
  const here = all.filter(([, { source }]) => !ELSEWHERE.test(source));
  if (side === 'member') return here.map(([name]) => name);
  return here.filter(([, { source }]) => OF_LVS.test(source) === (side === 'lvs')).map(([name]) => name);
}
