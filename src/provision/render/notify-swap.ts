/** The loop guard notify-swap: a table on the MASTER only. What keepalived runs when its state changes. Pure text. */

import type { Group } from './groups.ts';
import { type KeepalivedInput, virtualServer } from './keepalived-conf.ts';

/** The text that keepalived.conf includes on the MASTER. */
export function tableOnMaster(groups: readonly Group[]): string {
  return groups
    .flatMap((group) => group.pools)
    .map((pool) => virtualServer(pool))
    .join('\n');
}

export interface NotifyInput extends KeepalivedInput {
  /** The pid file of the keepalived that runs the script. */
  readonly pidFile: string;
}

/**
 * Ordering is not kept between such scripts (acassen/keepalived#1928), so each waits for its turn and then takes the
 * state that it finds: the VIP on the interface makes the MASTER. Names stand in quotes and come from weir.yaml, whose
 * forms allow no quote.
 */
export function notifyScript({ node, groups, layout, pidFile }: NotifyInput): string {
  const { interface: device = '', pools = [] } = groups[0] ?? {};
  const vip = pools[0]?.vip.address ?? '';
  return `#!/bin/sh
# Made by \`weir render --node ${node}\`. Run by keepalived at every change of its state.
set -u
exec 9>"${layout.run.folder}/notify-swap.lock"
flock 9
pid=$(cat "${pidFile}" 2>/dev/null) || exit 0

if ip -o address show dev "${device}" | grep -qF " ${vip}/"; then want="${layout.tableOnMaster}"; else want=/dev/null; fi
cmp -s "$want" "${layout.table}" && exit 0
cat "$want" >"${layout.table}.new" && mv "${layout.table}.new" "${layout.table}"
kill -HUP "$pid"
`;
}
