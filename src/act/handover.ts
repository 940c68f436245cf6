/**
 * The VIP off this node. FAULT lasts only while the VIP moves: afterwards the node is BACKUP, at its own priority or, where
 * it is to be kept off, at the lowest; where nobody took the VIP it takes it back by itself. So a process that dies in
 * between, a broker that is away or a plan that was wrong leave the pool without a VIP for some seconds and not for a night.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HandoverTerms } from '../model/action.ts';
import { formatDuration } from '../model/duration.ts';
import { keepOffValue } from '../model/handover.ts';
import type { Signals } from '../model/reading.ts';
import type { Done } from './actions/action.ts';
import type { PoolRecord } from './lease-file.ts';
import type { PoolDesk } from './producers.ts';

/** A peer takes over after three adverts (RFC 5798 6.1), and a poll or two later it is seen. In ms. */
const SEEN_WITHIN_MS = 5_000;

const LOOK_EVERY_MS = 50;

export interface HandingOver {
  readonly id: string;
  readonly terms: HandoverTerms;
  readonly signal: AbortSignal;
  /** What stands in the way before anything is looked at. */
  readonly refusal: () => Done | undefined;
  /** Right before anything is touched: what it returns goes into the same write. Throws where it must not be. */
  readonly begin: () => Promise<(record: PoolRecord) => PoolRecord>;
}

/** Look, ask the pre-flight, write it down, write the track file, look again until the VIP is gone. */
export async function handOver(desk: PoolDesk, input: HandingOver): Promise<Done> {
  const { id, terms, signal } = input;
  const masterDownMs = 4 * desk.pool.vrrp.advertIntervalMs;
  const moveMs = masterDownMs + SEEN_WITHIN_MS;
  // Long enough for everything below; a process that dies meanwhile is followed by one that lets go then.
  const until = desk.now() + 2 * moveMs + masterDownMs;
  const refused = await desk.lock(() => begin(desk, input, until));
  if (refused !== undefined) return refused;

  const held = () => desk.ledger.pool(desk.pool.name).handover?.id === id;
  if (!(await sees(desk, (own) => own.state !== 'MASTER' && own.vip === false, moveMs, signal, held))) {
    const asked = held();
    await desk.lock(() => letGo(desk, id));
    const state = String(desk.readings.director(desk.now())?.state ?? 'in a state that is not known');
    const detail = asked
      ? `The VIP did not leave within ${formatDuration(moveMs)} (this node is ${state}): nothing is held any more.`
      : 'It was ended before the VIP had left.';
    return { result: 'failed', detail, at: desk.now() };
  }
  const went = `The VIP is off this node, for ${terms.to} to take it (${terms.way}).`;
  await desk.lock(() => (terms.holdMs === undefined ? letGo(desk, id) : keepOff(desk, id, terms.holdMs)));
  // Without adverts of another MASTER it would be MASTER again by then.
  await sleep(masterDownMs + LOOK_EVERY_MS);
  const rest =
    terms.holdMs === undefined
      ? 'Nothing is held.'
      : `For ${formatDuration(terms.holdMs)} it is kept off, unless nobody else has the VIP.`;
  const stays = await sees(desk, (own) => own.state === 'BACKUP' && own.vip === false, moveMs, signal);
  return stays
    ? { result: 'applied', detail: `${went} ${rest}`, at: desk.now() }
    : { result: 'failed', detail: 'The VIP left this node and came back: nobody else took it.', at: desk.now() };
}

async function begin(desk: PoolDesk, input: HandingOver, until: number): Promise<Done | undefined> {
  const { id, terms, signal } = input;
  const refused = input.refusal();
  if (refused !== undefined) return refused;
  const now = desk.now();
  // The poll's number is a second old: what stands in the file now counts.
  const { handover: _, ...polled } = desk.readings.director(now) ?? {};
  const value = await desk.handover.read();
  const director =
    polled.state === undefined ? undefined : { ...polled, ...(value !== undefined && { handover: value }) };
  const writable = desk.readings.writable(now);
  const verdict = desk.rails.preflightVip({ director, handover: terms, writable });
  if (!verdict.pass) return { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: now };
  const { value: written, owner, reason } = terms;
  const handover = { id, value: written, until, owner, reason, hold: false };
  const begun = await input.begin();
  await desk.ledger.write(desk.pool.name, (record) => ({ ...begun(record), handover }));
  if (signal.aborted) {
    await letGo(desk, id);
    return { result: 'failed', detail: 'Cut off before anything was touched.', at: now };
  }
  await desk.handover.write(written);
  return undefined;
}

/** From FAULT to the lowest priority. */
async function keepOff(desk: PoolDesk, id: string, holdMs: number): Promise<void> {
  const held = desk.ledger.pool(desk.pool.name).handover;
  const priority = desk.pool.members[desk.node]?.priority;
  if (held?.id !== id || priority === undefined) return;
  const handover = { ...held, value: keepOffValue(priority), until: desk.now() + holdMs, hold: true };
  await desk.ledger.note(desk.pool.name, (record) => ({ ...record, handover }));
  await desk.handover.write(handover.value);
}

/** Writes 0 and forgets the handover, in this order: what cannot be let go of now stays written down. */
export async function letGo(desk: PoolDesk, id?: string): Promise<void> {
  const held = desk.ledger.pool(desk.pool.name).handover;
  if (held === undefined || (id !== undefined && held.id !== id)) return;
  await desk.handover.write(0);
  await desk.ledger.note(desk.pool.name, ({ handover: _, ...record }) => record);
}

/** Ends the handover among these decisions; left out: whoever did it. Whether there was one. */
export async function endHandover(desk: PoolDesk, ids?: readonly string[]): Promise<boolean> {
  const held = desk.ledger.pool(desk.pool.name).handover;
  if (held === undefined || ids?.includes(held.id) === false) return false;
  await letGo(desk);
  return true;
}

/** Whether a poll that began after now shows it in time. */
async function sees(
  desk: PoolDesk,
  shows: (own: Signals) => boolean,
  withinMs: number,
  signal: AbortSignal,
  wanted = () => true,
): Promise<boolean> {
  const since = desk.now();
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt && !signal.aborted && wanted()) {
    const own = desk.readings.director(desk.now(), since);
    if (own !== undefined && shows(own)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
