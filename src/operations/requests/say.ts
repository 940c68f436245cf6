/** Writes what a person says to the pools' streams, and waits until it counts. */

import type { Redis } from 'ioredis';
import { append } from '../../broker/entries/stream.ts';
import { readThread } from '../../broker/incidents.ts';
import { readCursor } from '../../broker/store.ts';
import type {
  HoldRequest,
  IncidentAck,
  ResumeRequest,
  SilenceRequest,
  Trust,
  UnsilenceRequest,
} from '../../model/entries/requests.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { compareEntryIds, type EntryId, entryTime } from '../../model/ids.ts';
import { MAX_HOLD_MS, scopeKey } from '../../model/people/hold.ts';
import type { PoolState } from '../../rules/state/state.ts';
import type { IncidentState } from '../../tell/incidents/state.ts';
import { readPoolState } from '../stored.ts';

/** A worker evaluates within a second. In ms. */
const READ_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

export type Word = HoldRequest | ResumeRequest | IncidentAck | Trust | SilenceRequest | UnsilenceRequest;

export interface SayOptions {
  /** How long each may take to count, in ms; left out: 10 s. */
  readonly withinMs?: number;
}

/**
 * Says each word to its pool, and waits until it stands in the pool's state: that a worker has read it is not enough. A pool
 * that is not evaluated does not keep the word from the others.
 * @throws WeirError that names each pool where it does not count, and why: 'unreachable' where no worker has read it yet,
 * 'refused' where one has.
 */
export async function sayAndWait(redis: Redis, words: readonly Word[], options: SayOptions = {}): Promise<void> {
  const results = await Promise.allSettled(
    words.map(async (word) => waitFor(redis, word, await append(redis, word), options)),
  );
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const [first] = failed;
  if (first === undefined) return;
  const counts = words.filter((_, index) => results[index]?.status === 'fulfilled').map(({ pool }) => pool);
  const rest = counts.length === 0 ? '' : ` It counts in ${counts.join(', ')}.`;
  const code = first instanceof WeirError ? first.code : 'unreachable';
  throw new WeirError(code, `${failed.map(messageOf).join(' ')}${rest}`, { cause: first });
}

async function waitFor(
  redis: Redis,
  word: Word,
  id: EntryId,
  { withinMs = READ_WITHIN_MS }: SayOptions,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const cursor = await readCursor(redis, word.pool);
    if (cursor !== undefined && compareEntryIds(cursor, id) >= 0) {
      if (await stands(redis, word, id)) return;
      throw new WeirError(
        'refused',
        `${NOT_YET[word.kind]} in ${word.pool}, though a worker has read it: ${WHY[word.kind]}; or that worker runs an older version, or takes sealed entries only (seal.mode in its weir.yaml).`,
      );
    }
    if (performance.now() - startedAt > withinMs) {
      const next = 'is `weir worker` running? It counts as soon as one reads it.';
      throw new WeirError('unreachable', `${NOT_YET[word.kind]} yet in ${word.pool}: no worker has read it; ${next}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const NOT_YET: Readonly<Record<Word['kind'], string>> = {
  hold: 'Not held',
  resume: 'Hold not removed',
  ack: 'Not acknowledged',
  silence: 'Not silenced',
  unsilence: 'Silence not ended',
};

const WHY: Readonly<Record<Word['kind'], string>> = {
  hold: 'somebody has removed it at once, or set a shorter one',
  resume: 'somebody has set it anew',
  ack: 'the incident is over',
  silence: 'there are 100 silences already',
  unsilence: 'the silence is over already',
};

/** Whether the pool's state has the word. It was committed with a cursor at or after the word. */
async function stands(redis: Redis, word: Word, id: EntryId): Promise<boolean> {
  const { state, incidentState } = (await readPoolState(redis, word.pool)) ?? {};
  if (word.kind === 'ack' && word.incident !== undefined)
    return isTaken(redis, word.pool, word.incident, incidentState);
  return state !== undefined && isIn(state, incidentState, word, id);
}

function isIn(
  { holds, ackedAt }: PoolState,
  incidentState: IncidentState | undefined,
  word: Word,
  id: EntryId,
): boolean {
  const at = entryTime(id);
  switch (word.kind) {
    case 'hold': {
      const until = holds[scopeKey(word.scope)]?.until;
      return until !== undefined && until >= at + Math.min(Math.max(0, word.holdMs), MAX_HOLD_MS);
    }
    case 'resume':
      return holds[scopeKey(word.scope)] === undefined;
    case 'ack':
      return ackedAt >= at;
    case 'silence':
      return incidentState?.silences[id] !== undefined;
    default:
      return incidentState?.silences[word.id] === undefined;
  }
}

/** Whether the incident is somebody's: this person's or another one's. */
async function isTaken(
  redis: Redis,
  pool: string,
  incident: string,
  incidentState: IncidentState | undefined,
): Promise<boolean> {
  const id =
    incidentState?.threads[incident] === undefined
      ? (incidentState?.incidents[incident]?.thread ?? incident)
      : incident;
  return (incidentState?.threads[id] ?? (await readThread(redis, pool, id)))?.acked !== undefined;
}
