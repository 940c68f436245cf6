/** A person says yes or no to a decision that waits for it. */

import type { Redis } from 'ioredis';
import { readDecision } from '../../broker/store.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { ApprovalAnswer } from '../../model/entries/requests.ts';
import { WeirError } from '../../model/error.ts';
import { answerAndWait, awaitDecision, sentence } from './submit.ts';
import type { Person } from './terms.ts';

export type AnswerWish = Pick<ApprovalAnswer, 'answer' | 'decision' | 'reason'>;

export interface Answered {
  /** What was answered; where the last yes was given, the decision that was made of it, at its end. */
  readonly decision: Decision;
  /** The answer was the last yes that was needed. */
  readonly isApproved: boolean;
  /** What came of it, for people. */
  readonly text: string;
}

/**
 * Answers, and waits for what comes of it.
 * @throws WeirError 'usage' where there is no such decision, 'refused' where the answer is not taken, 'unreachable' where no
 * worker reads it.
 */
export async function answer(redis: Redis, config: WeirConfig, wish: AnswerWish, person: Person): Promise<Answered> {
  const { id, pool } = await findDecision(redis, config, wish.decision);
  const { decision: before, record } = await answerAndWait(redis, {
    ...wish,
    ...person,
    kind: 'answer',
    pool,
    decision: id,
  });
  if (!record.accepted) throw new WeirError('refused', `Not taken: ${record.detail}`);
  if (before.state !== 'approved') {
    const text = `${person.by}: ${wish.answer}. ${record.detail}\nMore: weir why ${id}`;
    return { decision: before, isApproved: false, text };
  }
  const decision = await awaitDecision(redis, pool, `${record.id}.${before.rule}.${before.target}`);
  return { decision, isApproved: true, text: `Approved by ${person.by}.\n${sentence(decision)}` };
}

async function findDecision(redis: Redis, config: WeirConfig, id: string): Promise<Decision> {
  for (const pool of Object.keys(config.pools)) {
    const decision = await readDecision(redis, pool, id);
    if (decision !== undefined) return decision;
  }
  throw new WeirError('usage', `There is no decision ${id}; \`weir status\` lists what waits for an answer.`);
}
