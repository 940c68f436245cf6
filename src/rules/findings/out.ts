/** Members that are out of service already: a rule need not take them out, and where a person did it nobody is paged. */

import { REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Finding, OutOfService } from '../../model/decisions/decision.ts';
import type { Rule, Step } from '../../model/decisions/rule.ts';
import { personOf } from '../../model/owner.ts';
import type { TargetKind } from '../../model/readings/signals.ts';
import type { Draft } from '../state/draft.ts';
import type { PoolLease } from '../state/state.ts';

/**
 * Whether the step has nothing to do: a lease, whoever took it, holds the member at the step's weight or below, and the
 * MASTER's table shows that. Where the table shows more, somebody undoes the lease, or it has not arrived there.
 */
export function isOutAlready(draft: Draft, step: Step, target: string): boolean {
  const weight = weightOf(step);
  const shown = draft.facts.members[target]?.weight;
  if (weight === undefined || shown === undefined || shown > weight) return false;
  return leasesOn(draft, target).some((lease) => lease.weight <= weight);
}

/**
 * Whether the rule holds the member already, by an episode before or by a step before. A step that comes after another lowers
 * the weight further, or does something else.
 */
export function isHeldBy(draft: Draft, { name }: Rule, { target, nextStep = 0 }: Finding, step: Step): boolean {
  const own = leasesOn(draft, target).filter((lease) => lease.rule === name);
  if (nextStep === 0) return own.length > 0;
  const weight = weightOf(step);
  return weight !== undefined && own.some((lease) => lease.weight <= weight);
}

/**
 * The person who has done already what the finding's rule would do, and until when: the finding tells them nothing new.
 * It ends with the time that they gave, or when somebody gives the member weight. A node is out with its member when its
 * last sweep said that it is kept off the VIP and does not have it (`weir maintain`): its host may be switched off.
 */
export function outBy(draft: Draft, { target, targetKind }: Finding, rule: Rule | undefined): OutOfService | undefined {
  const weight = targetKind === 'member' ? weightWanted(rule) : isOffVip(draft, targetKind, target) ? 0 : undefined;
  if (weight === undefined) return undefined;
  const shown = draft.facts.members[target]?.weight;
  if (shown !== undefined && shown > weight) return undefined;
  const lease = leasesOn(draft, target)
    .filter(({ rule: taker, weight: held, until }) => taker === undefined && held <= weight && until > draft.now)
    .sort((x, y) => y.until - x.until || (x.id < y.id ? -1 : 1))[0];
  return lease && { by: personOf(lease.owner) ?? lease.owner, until: lease.until };
}

function isOffVip({ sweeps }: Draft, kind: TargetKind, node: string): boolean {
  const { kept_off: keptOff, vip, state } = (kind === 'director' && sweeps[node]?.director) || {};
  return keptOff === true && vip === false && state !== 'MASTER';
}

/** The highest weight to which a step of the rule lowers its member; undefined: no step lowers it. */
function weightWanted(rule: Rule | undefined): number | undefined {
  const weights = rule?.steps.map(weightOf).filter((weight) => weight !== undefined) ?? [];
  return weights.length === 0 ? undefined : Math.max(...weights);
}

/** The weight to which a step lowers its member; undefined: it lowers none. */
function weightOf({ action, weight = 0 }: Step): number | undefined {
  return REDUCING_KINDS.has(action) ? (action === 'drain' ? 0 : weight) : undefined;
}

function leasesOn({ leases }: Draft, target: string): PoolLease[] {
  return Object.values(leases).filter(({ member }) => member === target);
}
