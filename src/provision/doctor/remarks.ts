/** What the doctor says though nothing is wrong: how this node will behave. Pure. */

import { weightFile } from '../../model/configuration/run-files.ts';
import { formatDuration } from '../../model/duration.ts';
import type { NodeFacts } from './facts.ts';
import type { Wanted } from './wanted.ts';

export function remarksOn(facts: NodeFacts, wanted: Wanted): string[] {
  return [...weightRemarks(facts, wanted), ...aclRemarks(facts, wanted)];
}

/** Tells what a pool does without, because Weir's user may not do it. */
function aclRemarks(facts: NodeFacts, { pools }: Wanted): string[] {
  return pools.flatMap(({ name }) => {
    const lacking = (facts.pools[name]?.redis.lacking ?? []).filter(({ optional }) => optional);
    return lacking.map(({ rule, without }) => `Pool ${name}: Weir's user lacks ${rule}. ${without}`);
  });
}

/**
 * Tells with which weight a member comes back that Weir holds and keepalived had taken out: with Weir's where keepalived
 * reads Weir's weight file, else with that of keepalived.conf until the next poll.
 */
function weightRemarks({ configuration: { says } }: NodeFacts, { pools, layout, config, node }: Wanted): string[] {
  if (says === undefined) return [];
  return pools.map((pool) => {
    // With notify-swap keepalived has read no table as BACKUP, and so no check in it.
    const read = says.trackFiles.filter(({ checked }) => checked || pool.lvs.loopGuard === 'notify-swap');
    const paths = new Set(read.map(({ path }) => path));
    const without = Object.keys(pool.members).filter(
      (name) => !paths.has(weightFile(layout.run.folder, pool.name, name)),
    );
    const who = `Pool ${pool.name}: a member that Weir holds and keepalived takes out and lists again`;
    if (without.length === 0)
      return `${who} comes back at Weir's weight at once: keepalived reads Weir's weight files.`;
    const most = formatDuration(config.poll.intervalMs);
    return `${who} comes back at the weight of keepalived.conf for a poll, up to ${most}: keepalived reads no weight file of Weir for ${without.join(', ')}. A keepalived.conf by \`weir render --node ${node}\` has them.`;
  });
}
