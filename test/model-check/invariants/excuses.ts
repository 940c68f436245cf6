/** What may hold Weir back, asked of the world and of the model's own books. */

import type { Setting } from '../setting.ts';

/** After an act on another member rules wait for policy.block, and a poll. In ms. */
const POLL_MS = 2_000;

/** Most have filled: downstream-stalled brakes for two minutes after none does any more (rules/pool.yaml). In ms. */
export const STALLED_MS = 130_000;

/** What a file says counts for a minute after whoever has it was last heard. In ms. */
export const UNEQUAL_MS = 62_000;

/** Something around the members is out of order: what is owed is owed when it is over. */
export function isDisturbed(setting: Setting): boolean {
  const { world, sight, nodes, broker } = setting;
  const isNodeOff = nodes.some((node) => {
    const { kernel, isUp, isCut, pause } = node;
    // With its host it is gone for a reason that Weir is there for.
    const isMember = world.members.includes(node.name) && !node.isHostDead;
    const isBroken = !isUp || isCut || pause !== undefined || kernel.diesIn !== undefined;
    return isMember && (isBroken || kernel.lvs.unreadable || kernel.lvs.fail !== undefined);
  });
  const isLate = setting.frozen.length > 0 || setting.strayJobs.length > 0;
  return (
    isNodeOff || isLate || setting.isWorkerCut || !sight.isClear || world.second !== undefined || broker.isStepping
  );
}

/** Nobody and nothing forbids rules to take a member out now. */
export function mayAct({ world, nodes, broker, invariants, liveness, parts }: Setting, member: string): boolean {
  const { policy, ruleSet } = parts;
  const { state } = broker.kept;
  const { decisions, acts } = invariants;
  if (
    world.now - Math.max(liveness.differedAt, liveness.notAutoAt) < UNEQUAL_MS ||
    !ruleSet.rules.some(({ name }) => name === 'member-unwritable')
  )
    return false;
  if (Object.keys(state?.holds ?? {}).length > 0) return false;
  if (decisions.holds.some(({ until }) => until > world.now) || nodes.some(({ holdFile }) => holdFile)) return false;
  if (world.now - liveness.stalledAt < STALLED_MS) return false;
  // Most are in trouble together, or another one is out.
  const inTrouble = world.members.filter((name) => world.trouble(name) !== 'none');
  const hasBeen = world.members.filter((name) => name !== member && world.now - world.since(name) < 5_000);
  if (inTrouble.length * 2 > world.members.length || hasBeen.length > 0) return false;
  const isOther = (name: string) => name !== member && world.members.includes(name);
  if (Object.values(state?.leases ?? {}).some((lease) => isOther(lease.member))) return false;
  if (Object.values(state?.open ?? {}).some(({ decision }) => isOther(decision.target))) return false;
  const { unverified, rearmMs } = policy.breaker;
  const strikes = state?.strikes ?? { count: 0, at: 0 };
  if (strikes.count >= unverified && strikes.at + rearmMs > broker.time() - POLL_MS) return false;
  const spent = [...decisions.spent.values()].filter(({ decision }) => {
    return acts.touched.has(decision.id) || invariants.begunOn.has(decision.id);
  });
  const isBlocked = spent.some(
    ({ decision, at }) => decision.target !== member && at > world.now - policy.blockMs - POLL_MS,
  );
  const since = (perMs: number) => spent.filter(({ at }) => at > world.now - perMs - POLL_MS);
  const { target, rule, kind, pool } = policy.budgets;
  const ofTarget = since(target.perMs).filter(({ decision }) => decision.target === member);
  const isSpent =
    ofTarget.length >= target.max ||
    since(rule.perMs).filter(({ decision }) => decision.rule === 'member-unwritable').length >= rule.max ||
    since(kind.perMs).filter(({ decision }) => decision.action === 'drain').length >= kind.max ||
    since(pool.perMs).length >= pool.max;
  return !isBlocked && !isSpent;
}
