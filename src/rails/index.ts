import type { Judgement, Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { approval, isWaiting } from './approval.ts';
import { blastRadius, ruleLimit, target } from './blast-radius.ts';
import { block } from './block.ts';
import { breaker } from './breaker.ts';
import { budget } from './budget.ts';
import { capacity } from './capacity.ts';
import { commonCause } from './common-cause.ts';
import { evidence } from './evidence.ts';
import { fresh } from './fresh.ts';
import { hold } from './hold.ts';
import { interlock } from './interlock.ts';
import { longest } from './longest.ts';
import { effectiveMode, mode } from './mode.ts';
import { settled } from './settled.ts';
import { passedBy } from './verdict.ts';

/**
 * The rails of the evaluation in their order. Adding one is adding it here. Those of a node are in this folder too (hold file,
 * fence, pre-flight, budget) and are given to its actuator in src/operations/node-actuator.ts.
 */
export const RAILS: readonly Rail[] = [
  target,
  longest,
  hold,
  mode,
  fresh,
  settled,
  evidence,
  commonCause,
  ruleLimit,
  blastRadius,
  interlock,
  capacity,
  budget,
  block,
  breaker,
  approval,
];

/**
 * Asks every rail in order until one refuses, and says what is to be done: act, refuse, ask (mode approve) or shadow. A
 * person's force passes the rails that are passable, and some only warn a person: their refusal stays on the record.
 */
export function judge(proposal: Proposal, facts: RailFacts, rails: readonly Rail[] = RAILS): Judgement {
  const asked: RailVerdict[] = [];
  for (const rail of rails) {
    if (!rail.applies(proposal)) continue;
    const verdict = rail.judge(proposal, facts);
    if (verdict.pass) {
      asked.push(verdict);
    } else if (rail.warnsPeople && proposal.by === 'person') {
      asked.push(passedBy('warning', verdict));
    } else if (rail.passable && proposal.force) {
      asked.push(passedBy('force', verdict));
    } else {
      asked.push(verdict);
      return { verdict: 'refuse', rails: asked };
    }
  }
  if (proposal.action === 'restore') return { verdict: 'act', rails: asked };
  if (effectiveMode(proposal, facts.policy) === 'shadow') return { verdict: 'shadow', rails: asked };
  return { verdict: isWaiting(proposal, facts) ? 'ask' : 'act', rails: asked };
}
