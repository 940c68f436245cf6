/** Writes a person's request or answer to the pool's stream, and waits for what comes of it. */

import type { Redis } from 'ioredis';
import { append } from '../../broker/entries/stream.ts';
import { readDecision } from '../../broker/store.ts';
import type { AnswerRecord, Decision } from '../../model/decisions/decision.ts';
import type { ApprovalAnswer, Request } from '../../model/entries/requests.ts';
import { WeirError } from '../../model/error.ts';
import { decisionId } from '../../model/ids.ts';

/** A worker evaluates within a second; without one there is no decision. In ms. */
const DECISION_WITHIN_MS = 10_000;
const END_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

/**
 * Puts a request on the pool's stream and waits for its decision to end.
 * @throws WeirError 'unreachable' when no worker decides.
 */
export async function askAndWait(redis: Redis, request: Request): Promise<Decision> {
  const id = decisionId(await append(redis, request), request.drill?.rule ?? 'request', request.target);
  return awaitDecision(redis, request.pool, id);
}

/**
 * Waits for a decision to be made and to come to its end, or to wait for somebody's yes.
 * @throws WeirError 'unreachable' when no worker decides.
 */
export async function awaitDecision(redis: Redis, pool: string, id: string): Promise<Decision> {
  const startedAt = performance.now();
  for (;;) {
    const decision = await readDecision(redis, pool, id);
    const waitedMs = performance.now() - startedAt;
    if (decision !== undefined && decision.state !== 'open') return decision;
    if (decision === undefined && waitedMs > DECISION_WITHIN_MS) {
      throw new WeirError(
        'unreachable',
        'No worker has decided on the request: is `weir worker` running? It expires after 30 s.',
      );
    }
    if (decision !== undefined && waitedMs > END_WITHIN_MS) return decision;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Answers a decision that waits for a yes, and says whether the answer was taken. */
export async function answerAndWait(
  redis: Redis,
  answer: ApprovalAnswer,
): Promise<{ decision: Decision; record: AnswerRecord }> {
  const id = await append(redis, answer);
  return until(async () => {
    const decision = await readDecision(redis, answer.pool, answer.decision);
    const record = decision?.approval?.answers.find((record) => record.id === id);
    return decision && record && { decision, record };
  });
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const result = await look();
    if (result !== undefined) return result;
    if (performance.now() - startedAt > DECISION_WITHIN_MS) {
      throw new WeirError(
        'unreachable',
        'No worker has read the answer: is `weir worker` running? The answer still counts if one reads it in time.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** What came of a decision, for people. */
export function sentence(decision: Decision): string {
  const what = `${decision.drill ? 'Drill: ' : ''}${decision.action} ${decision.pool}/${decision.target}${decision.handover === undefined ? '' : ` to ${decision.handover.to}`}`;
  const lines: string[] = [];
  if (decision.verdict === 'refuse') {
    const last = decision.rails.at(-1);
    lines.push(`Refused by the rail ${last?.rail}: ${last?.sentence}`);
  } else if (decision.state === 'waiting') {
    const { needed = 1 } = decision.approval ?? {};
    lines.push(`${what}: waits for approval by ${needed === 1 ? 'another person' : `${needed} people`}.`);
    lines.push(`  weir approve ${decision.id}`);
  } else {
    lines.push(`${what}: ${decision.state}. ${decision.closing ?? 'Its outcome is not known yet.'}`);
    for (const outcome of decision.outcomes) lines.push(`  ${outcome.node}: ${outcome.detail}`);
  }
  lines.push(`More: weir why ${decision.id}`);
  return lines.join('\n');
}
