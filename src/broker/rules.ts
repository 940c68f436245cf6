/**
 * The rules in force, as texts in the broker. Every evaluation looks here, so that workers never run different rules on
 * one pool, whatever stands in the folder of each.
 */

import type { Redis } from 'ioredis';
import { RULE_FOLDERS_KEY, RULES_KEY } from './keys.ts';

export interface AgreedRules {
  /** RuleSet.hash. */
  readonly hash: string;
  readonly texts: readonly { readonly file: string; readonly text: string }[];
  /** The worker whose folder they come from. */
  readonly by: string;
  /** When they were put in force: broker time in ms. */
  readonly at: number;
}

/** What stands in a worker's own folder. */
export interface FolderReport {
  readonly worker: string;
  /** RuleSet.hash of what it last could use; absent when it never could. */
  readonly hash?: string;
  /** Why what stands there now is not used. */
  readonly fault?: string;
  /** Broker time in ms. */
  readonly at: number;
}

/** A worker reports more often than this; one that is gone is not spoken of any longer. In ms. */
const REPORT_FRESH_MS = 60_000;

const REPORT_KEPT_MS = 30 * 86_400_000;

const AGREE = `
if ARGV[1] == 'if-none' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
local at = time[1] .. string.sub(string.format('%06d', time[2]), 1, 3)
redis.call('HSET', KEYS[1], 'hash', ARGV[2], 'texts', ARGV[3], 'by', ARGV[4], 'at', at)
return 1
`;

/** Puts rules in force: `always`, or only where none are. */
export async function agreeOn(
  redis: Redis,
  { hash, texts, by }: Omit<AgreedRules, 'at'>,
  when: 'always' | 'if-none',
): Promise<void> {
  await redis.eval(AGREE, 1, RULES_KEY, when, hash, JSON.stringify(texts), by);
}

/** The hash of the rules in force; undefined when there are none. */
export async function readAgreedHash(redis: Redis): Promise<string | undefined> {
  return (await redis.hget(RULES_KEY, 'hash')) ?? undefined;
}

export async function readAgreed(redis: Redis): Promise<AgreedRules | undefined> {
  const { hash, texts, by = '', at = '0' } = await redis.hgetall(RULES_KEY);
  if (hash === undefined || texts === undefined) return undefined;
  return { hash, texts: JSON.parse(texts) as AgreedRules['texts'], by, at: Number(at) };
}

export async function reportFolder(redis: Redis, report: Omit<FolderReport, 'at'>): Promise<void> {
  const [seconds] = await redis.time();
  await redis.hset(RULE_FOLDERS_KEY, report.worker, JSON.stringify({ ...report, at: Number(seconds) * 1_000 }));
}

/** Workers come and go under new names: what one that is long gone has said is forgotten. */
export async function forgetReports(redis: Redis): Promise<void> {
  const [seconds] = await redis.time();
  const all = await redis.hgetall(RULE_FOLDERS_KEY);
  const old = Object.entries(all).filter(
    ([, json]) => (JSON.parse(json) as FolderReport).at < Number(seconds) * 1_000 - REPORT_KEPT_MS,
  );
  if (old.length > 0) await redis.hdel(RULE_FOLDERS_KEY, ...old.map(([worker]) => worker));
}

/** What this worker reported last, also when it has been started again since. */
export async function readReport(redis: Redis, worker: string): Promise<FolderReport | undefined> {
  const json = await redis.hget(RULE_FOLDERS_KEY, worker);
  return json === null ? undefined : (JSON.parse(json) as FolderReport);
}

/** The reports of workers that run; `now` is broker time in ms. */
export async function readReports(redis: Redis, now: number): Promise<FolderReport[]> {
  const all = Object.values(await redis.hgetall(RULE_FOLDERS_KEY)).map((json) => JSON.parse(json) as FolderReport);
  return all.filter(({ at }) => now - at <= REPORT_FRESH_MS);
}
