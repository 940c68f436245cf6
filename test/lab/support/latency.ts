/** From the poll that saw it to the kernel's table, each stage by the broker's own times. */

import type { Lab } from '../../../lab/lab.ts';
import { readAfter } from '../../../src/broker/entries/stream.ts';
import type { Entry } from '../../../src/model/entries/entry.ts';
import { entryTime } from '../../../src/model/ids.ts';
import { decisionsSince } from './watch.ts';

/** The stages in their order, in ms. */
export interface Trial {
  /** Start of the first poll that saw the silence, until its sweep is on the stream. */
  readonly poll: number;
  /** Until the decision: the rule's `for`, and a second observer's sweep. */
  readonly rule: number;
  /** Until the MASTER's hand takes the job up: commit, outbox, queue. */
  readonly queue: number;
  /** Until the read-back of the kernel's table, and the producers' connections cut. */
  readonly hand: number;
}

/** Takes the drain of b apart that followed its freezing at `frozenAt`, an entry id. */
export async function measure(lab: Lab, newest: string | undefined, frozenAt: string): Promise<Trial> {
  const decision = (await decisionsSince(lab, newest)).find((one) => one.state === 'verified');
  if (decision === undefined) throw new Error('there is no decision to measure');
  const entries = await readAfter(lab.broker, decision.pool, frozenAt, 1_000);
  const seen = entries.find(silentB);
  const outcome = entries.find(
    ({ body }) => body.kind === 'outcome' && body.decision === decision.id && body.node === 'a',
  );
  if (seen?.body.kind !== 'sweep' || outcome?.body.kind !== 'outcome') throw new Error('the stream lacks a stage');
  const startedAt = outcome.body.startedAt ?? outcome.body.at;
  return {
    poll: entryTime(seen.id) - seen.body.at,
    rule: decision.at - entryTime(seen.id),
    queue: startedAt - decision.at,
    hand: outcome.body.at - startedAt,
  };
}

function silentB({ body }: Entry): boolean {
  return body.kind === 'sweep' && body.members.b?.answering === false;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] as number;
}

/** p50 and p99 of the whole, and each stage's share of the median trial. */
export function printShares(trials: readonly Trial[]): void {
  const totals = trials.map((one) => one.poll + one.rule + one.queue + one.hand);
  const p50 = percentile(totals, 0.5);
  const lines = [`poll to kernel table, ${trials.length} trials: p50 ${p50} ms, p99 ${percentile(totals, 0.99)} ms`];
  for (const stage of ['poll', 'rule', 'queue', 'hand'] as const) {
    const values = trials.map((one) => one[stage]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const total = totals.reduce((sum, value) => sum + value, 0) / totals.length;
    const figures = `p50 ${percentile(values, 0.5)} ms, p99 ${percentile(values, 0.99)} ms`;
    lines.push(`  ${stage.padEnd(5)} ${Math.round((mean / total) * 100)} %  ${figures}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
