/** What the lab's tests look at: the pool's state, its decisions, what people were told. */

import { expect } from 'vitest';
import type { Lab } from '../../../lab/lab.ts';
import type { Member } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import type { Decision, Finding } from '../../../src/model/decisions/decision.ts';
import { EXIT } from '../../../src/model/error.ts';
import type { PoolStatus } from '../../../src/model/people/status.ts';
import { brokerNow } from '../../support/clock.ts';

const POOL = 'logs';

async function decisionsOf(lab: Lab): Promise<Decision[]> {
  return readDecisions(lab.broker, POOL, 1_000);
}

/** Decisions since the given one was newest, oldest first. */
export async function decisionsSince(lab: Lab, newest: string | undefined): Promise<Decision[]> {
  const all = await decisionsOf(lab);
  const index = newest === undefined ? all.length : all.findIndex((one) => one.id === newest);
  return all.slice(0, index < 0 ? all.length : index).reverse();
}

export async function newestDecision(lab: Lab): Promise<string | undefined> {
  return (await decisionsOf(lab))[0]?.id;
}

/** An entry's id of this moment: what is on the stream already is older. */
export async function idNow(lab: Lab): Promise<string> {
  return `${await brokerNow(lab.broker)}-0`;
}

export function firing(pool: PoolStatus, rule: string): Finding | undefined {
  return pool.findings.find((one) => one.rule === rule && one.phase === 'firing');
}

/**
 * A command that a person gives, and what it prints when it is done. Given again where a rail refuses: on a busy machine what
 * a node said last is too old for a moment, and the rails wait for it as they should.
 */
export async function untilDone(lab: Lab, ...args: readonly string[]): Promise<string> {
  const ended = await untilValue(
    () => lab.weir(args),
    ({ code }) => code !== EXIT.refused,
    60_000,
    `weir ${args.join(' ')} not to be refused`,
  );
  expect(ended, `${ended.stdout}${ended.stderr}`).toMatchObject({ code: 0 });
  return ended.stdout;
}

/** The weight of a member in a director's kernel, as soon as it is the wanted one. */
export async function untilWeight(
  lab: Lab,
  director: Member,
  member: Member,
  weight: number,
  limitMs: number,
): Promise<void> {
  await untilValue(
    async () => (await lab.table(director))[member]?.weight,
    (seen) => seen === weight,
    limitMs,
    `${member} at weight ${weight} in the table of ${director}`,
  );
}

/** One line of a story on the terminal, with seconds since its beginning. */
export function storyteller(title: string): (text: string) => void {
  const startedAt = performance.now();
  process.stdout.write(`\n== ${title}\n`);
  return (text) =>
    process.stdout.write(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${text}\n`);
}

/** Has the MASTER give the VIP away, as Weir does: its track file says FAULT. Waits for one of the others to have it alone. */
export async function handOver(lab: Lab, from: Member, ...to: readonly Member[]): Promise<void> {
  await lab.node(from).write('/run/weir/handover', '-254');
  await untilValue(
    () => lab.masters(),
    (masters) => to.some((one) => masters.join() === one),
    20_000,
    `the VIP to move from ${from} to ${to.join(' or ')}`,
  );
}
