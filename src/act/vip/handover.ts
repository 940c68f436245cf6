/**
 * Takes the VIP off this node. FAULT lasts only while the VIP moves. Afterwards the node is BACKUP, at its own priority or, where
 * it is to be kept off, at the lowest. Where nobody took the VIP, the node takes it back by itself. So a process that dies in
 * between, a broker that is away or a plan that was wrong leave the pool without a VIP for some seconds and not for a night.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HandoverTerms } from '../../model/decisions/action.ts';
import { keepOffValue } from '../../model/decisions/handover.ts';
import { formatDuration } from '../../model/duration.ts';
import type { DirectorSignals } from '../../model/readings/signals.ts';
import type { CutOff } from '../admission.ts';
import type { Done } from '../done.ts';
import type { PoolRecord } from '../ledger/pool-record.ts';
import type { NodePool } from '../node-pool.ts';

/** A peer takes over after three adverts (RFC 5798 6.1), and a poll or two later it is seen. In ms. */
const SEEN_WITHIN_MS = 5_000;

const LOOK_EVERY_MS = 50;

export interface HandingOver {
  readonly id: string;
  readonly terms: HandoverTerms;
  readonly signal: AbortSignal;
  /** What stands in the way before anything is looked at. */
  readonly refusal: () => Promise<Done | undefined>;
  /** What stands in the way right before anything is touched. */
  readonly cutOff: () => Promise<CutOff | undefined>;
  /** Called right before anything is touched. What it returns goes into the same write. Throws where it must not be done. */
  readonly begin: () => Promise<(record: PoolRecord) => PoolRecord>;
}

/** Look, ask the pre-flight, write it down, write the track file, look again until the VIP is gone. */
export async function handOver(nodePool: NodePool, input: HandingOver): Promise<Done> {
  const { id, terms, signal } = input;
  const masterDownMs = 4 * nodePool.pool.vrrp.advertIntervalMs;
  const moveMs = masterDownMs + SEEN_WITHIN_MS;
  // Long enough for everything below; a process that dies meanwhile is followed by one that lets go then.
  const until = nodePool.now() + 2 * moveMs + masterDownMs;
  const refused = await nodePool.lock(() => begin(nodePool, input, until));
  if (refused !== undefined) return refused;

  const held = () => nodePool.ledger.pool(nodePool.pool.name).handover?.id === id;
  if (!(await sees(nodePool, (own) => own.state !== 'MASTER' && own.vip === false, moveMs, signal, held))) {
    const asked = held();
    await nodePool.lock(() => letGo(nodePool, id));
    const state = String(nodePool.readings.director(nodePool.now())?.state ?? 'in a state that is not known');
    const detail = asked
      ? `The VIP did not leave within ${formatDuration(moveMs)} (this node is ${state}): nothing is held any more.`
      : 'It was ended before the VIP had left.';
    return { result: 'failed', detail, at: nodePool.now() };
  }
  const went = `The VIP is off this node, for ${terms.to} to take it (${terms.way}).`;
  await nodePool.lock(() => (terms.holdMs === undefined ? letGo(nodePool, id) : keepOff(nodePool, id, terms.holdMs)));
  // Without adverts of another MASTER it would be MASTER again by then.
  await sleep(masterDownMs + LOOK_EVERY_MS);
  const rest =
    terms.holdMs === undefined
      ? 'Nothing is held.'
      : `For ${formatDuration(terms.holdMs)} it is kept off, unless nobody else has the VIP.`;
  const stays = await sees(nodePool, (own) => own.state === 'BACKUP' && own.vip === false, moveMs, signal);
  return stays
    ? { result: 'applied', detail: `${went} ${rest}`, at: nodePool.now() }
    : { result: 'failed', detail: 'The VIP left this node and came back: nobody else took it.', at: nodePool.now() };
}

async function begin(nodePool: NodePool, input: HandingOver, until: number): Promise<Done | undefined> {
  const { id, terms } = input;
  const refused = await input.refusal();
  if (refused !== undefined) return refused;
  const now = nodePool.now();
  // The poll's value is a second old, so the file itself is read.
  const { handover: _, ...polled } = nodePool.readings.director(now) ?? {};
  const value = await nodePool.handover.read();
  const director =
    polled.state === undefined ? undefined : { ...polled, ...(value !== undefined && { handover: value }) };
  // VRRP was faster: the VIP is gone already. Where the node is to be kept off it, something is left to do.
  if (terms.holdMs === undefined && polled.state === 'BACKUP' && polled.vip === false) {
    const detail = 'The VIP had left this node already: nothing was touched.';
    return { result: 'applied', detail, at: now };
  }
  const writable = nodePool.readings.writable(now);
  const verdict = nodePool.rails.preflightVip({ director, handover: terms, writable });
  if (!verdict.pass) return { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: now };
  const { value: written, owner, reason } = terms;
  const handover = { id, value: written, until, owner, reason, hold: false };
  const begun = await input.begin();
  await nodePool.ledger.write(nodePool.pool.name, (record) => ({ ...begun(record), handover }));
  const cut = await input.cutOff();
  if (cut !== undefined) {
    await letGo(nodePool, id);
    return { ...cut, at: nodePool.now() };
  }
  await nodePool.handover.write(written);
  return undefined;
}

/** From FAULT to the lowest priority. */
async function keepOff(nodePool: NodePool, id: string, holdMs: number): Promise<void> {
  const held = nodePool.ledger.pool(nodePool.pool.name).handover;
  const priority = nodePool.pool.members[nodePool.node]?.priority;
  if (held?.id !== id || priority === undefined) return;
  const handover = { ...held, value: keepOffValue(priority), until: nodePool.now() + holdMs, hold: true };
  await nodePool.ledger.note(nodePool.pool.name, (record) => ({ ...record, handover }));
  await nodePool.handover.write(handover.value);
}

/** Writes 0 and then forgets the handover. In this order a handover that cannot be ended now stays written down. */
export async function letGo(nodePool: NodePool, id?: string): Promise<void> {
  const held = nodePool.ledger.pool(nodePool.pool.name).handover;
  if (held === undefined || (id !== undefined && held.id !== id)) return;
  await nodePool.handover.write(0);
  await nodePool.ledger.note(nodePool.pool.name, ({ handover: _, ...record }) => record);
}

/** Ends the handover of one of these decisions, or any when left out. Returns whether there was one. */
export async function endHandover(nodePool: NodePool, ids?: readonly string[]): Promise<boolean> {
  const held = nodePool.ledger.pool(nodePool.pool.name).handover;
  if (held === undefined || ids?.includes(held.id) === false) return false;
  await letGo(nodePool);
  return true;
}

/** Waits for a poll that begins after now and shows it. @returns whether one came in time. */
async function sees(
  nodePool: NodePool,
  shows: (own: DirectorSignals) => boolean,
  withinMs: number,
  signal: AbortSignal,
  wanted = () => true,
): Promise<boolean> {
  const since = nodePool.now();
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt && !signal.aborted && wanted()) {
    const own = nodePool.readings.director(nodePool.now(), since);
    if (own !== undefined && shows(own)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
