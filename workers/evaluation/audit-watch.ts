/**
 * Watches the audit's copy in the broker: a page of it a second at most, each pool every ten minutes, by one of the workers.
 * Its chains are looked through, and compared with what the pool's state and the sweeps of nodes say of how far they had come.
 */

import type { Redis } from 'ioredis';
import { readAuditCounts, readAuditPage } from '../../src/broker/audit.ts';
import { giveTurnBack, isFirst } from '../../src/broker/pace.ts';
import { type AuditLink, type ChainFault, hashOf, toLink } from '../../src/lib/audit/chain.ts';
import { byWriter, type SeenHead } from '../../src/lib/audit/compare.ts';
import { every, type Repeating } from '../../src/lib/every.ts';
import { destinationKey } from '../../src/model/configuration/route.ts';
import type { Message } from '../../src/model/people/message.ts';
import { ownDestinations } from '../../src/operations/destinations.ts';
import { readPoolState } from '../../src/operations/stored.ts';
import { brokerPlace, compareAudit, seenHeads } from '../../src/operations/views/audit.ts';
import { messageOfNotice } from '../../src/tell/wording/messages.ts';
import { queueMessage } from '../notifications/messages.ts';
import type { WorkerParts } from '../worker-parts.ts';

/** Between two pages, in ms: five hundred records take some 10 ms of a core. */
const PAGE_EVERY_MS = 1_000;

/** Between two looks at one pool, by whichever worker, in ms. */
const ROUND_MS = 600_000;

/** The same is told again after so long, in ms. */
const AGAIN_MS = 30 * 86_400_000;

/** So many faults are told; `weir audit verify` has all. */
const TOLD = 5;

export interface AuditWatch {
  /** One page, or nothing where nothing is due. @throws what ioredis throws. */
  look(): Promise<void>;
}

export interface AuditWatchInput {
  readonly redis: Redis;
  readonly pools: readonly string[];
  /** Tells people. */
  tell(message: Message): Promise<void>;
  /** The worker's name. */
  readonly from: string;
  /** In ms. */
  readonly monotonic?: () => number;
}

/** A look at one pool that is under way. */
interface Round {
  readonly pool: string;
  readonly heads: readonly SeenHead[];
  readonly counted: Readonly<Record<string, number>>;
  readonly links: AuditLink[];
  next: string | undefined;
}

export function createAuditWatch(input: AuditWatchInput): AuditWatch {
  const { redis, pools, monotonic = () => performance.now() } = input;
  const lookedAt = new Map<string, number>();
  let round: Round | undefined;
  return {
    async look() {
      const pool = pools.find((one) => monotonic() - (lookedAt.get(one) ?? Number.NEGATIVE_INFINITY) >= ROUND_MS);
      if (round === undefined) {
        if (pool === undefined) return;
        lookedAt.set(pool, monotonic());
        if (!(await isFirst(redis, `audit-look.${pool}`, ROUND_MS / 2))) return;
      }
      const now: Round = round ?? (await begin(redis, pool as string));
      // Where a page fails, the pool's next turn begins anew.
      round = undefined;
      const { records, next } = await readAuditPage(redis, now.pool, now.next);
      now.links.push(...records.map(toLink));
      now.next = next;
      if (next === undefined) await tellFaults(input, now);
      else round = now;
    },
  };
}

/** What is remembered is read before the records: what is written meanwhile is not missing. */
async function begin(redis: Redis, pool: string): Promise<Round> {
  const heads = seenHeads((await readPoolState(redis, pool))?.state);
  return { pool, heads, counted: await readAuditCounts(redis, pool), links: [], next: undefined };
}

/** The same faults once, whichever worker finds them. */
async function tellFaults(
  { redis, tell, from }: AuditWatchInput,
  { pool, heads, counted, links }: Round,
): Promise<void> {
  const places = [brokerPlace(byWriter(links), counted)];
  const faults = [...compareAudit({ pool, places, heads }).values()].flat();
  if (faults.length === 0) return;
  const kinds = faults.map(({ writer, sentence }) => `${writer} ${sentence.replaceAll(/\d+/g, 'n')}`);
  const once = `audit-told.${pool}.${hashOf([...new Set(kinds)].sort())}`;
  if (!(await isFirst(redis, once, AGAIN_MS))) return;
  try {
    await tell(messageOf(pool, faults, from));
  } catch (error) {
    await giveTurnBack(redis, once);
    throw error;
  }
}

function messageOf(pool: string, faults: readonly ChainFault[], from: string): Message {
  const at = Date.now();
  const more = faults.length > TOLD ? [`And ${faults.length - TOLD} more.`] : [];
  return messageOfNotice({
    ...{ pool, key: `audit.${at}`, severity: 'warn', at, from },
    title: `The audit of ${pool} is not as it was written`,
    lines: [
      ...faults.slice(0, TOLD).map(({ writer, seq, sentence }) => `${writer}, record ${seq}: ${sentence}`),
      ...more,
      `Next: \`weir audit verify --pool ${pool}\` on each node, and who has the broker's password, or root there (docs/audit.md).`,
    ],
  });
}

/** The watch of a worker, which logs what it tells. */
export function startAuditWatch({ redis, pools, name, log, config, messageQueue, onError }: WorkerParts): Repeating {
  const places = ownDestinations(config.tell).map(destinationKey);
  const tell = async (message: Message) => {
    log.warning({ pool: message.pool, faults: message.lines }, 'the audit is not as it was written');
    await queueMessage(messageQueue, message, places);
  };
  const watch = createAuditWatch({ redis, pools, from: name, tell });
  return every(PAGE_EVERY_MS, 'audit', () => watch.look(), onError);
}
