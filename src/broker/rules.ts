/**
 * The rules in force, as texts in the broker. Every evaluation looks here, so that workers never run different rules on
 * one pool, whatever stands in the folder of each.
 */

import type { Redis } from 'ioredis';
import { areTexts, parseWritten } from './entries/written.ts';
import { RULE_FOLDERS_KEY, RULES_KEY } from './keys.ts';
import { sealOf } from './seal/sealed.ts';
import { rulesSealFault, sealedRules } from './seal/things.ts';

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
  /** Its name, the same after a restart. */
  readonly worker: string;
  /** Absent in reports of a version whose workers had the folder in their name. */
  readonly folder?: string;
  /** RuleSet.hash of what it last could use; absent when it never could. */
  readonly hash?: string;
  /** Why what stands there now is not used. */
  readonly fault?: string;
  /** Broker time in ms. */
  readonly at: number;
}

/** How long a report counts: a worker that runs reports more often. In ms. */
const REPORT_FRESH_MS = 60_000;

const REPORT_KEPT_MS = 30 * 86_400_000;

const AGREE = `
local function now(field) return redis.call('HGET', KEYS[1], field) end
if ARGV[1] == 'if-same' and (now('hash') ~= ARGV[2] or now('at') ~= ARGV[5]) then return 0 end
if ARGV[1] == 'if-none' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'hash', ARGV[2], 'texts', ARGV[3], 'by', ARGV[4], 'at', ARGV[5], 'seal', ARGV[6])
return 1
`;

/** Puts rules in force: `always`; `if-none`, where none are; or `if-same`, where these are, to seal them again. */
export async function agreeOn(
  redis: Redis,
  { hash, texts, by, at }: AgreedRules,
  when: 'always' | 'if-none' | 'if-same',
): Promise<void> {
  const { seal } = sealedRules<AgreedRules & { seal?: unknown }>(redis, { hash, texts, by, at });
  const sealText = seal === undefined ? '' : JSON.stringify({ of: placeOf({ hash, at }), seal });
  await redis.eval(AGREE, 1, RULES_KEY, when, hash, JSON.stringify(texts), by, at, sealText);
}

/** The hash of the rules in force; undefined when there are none. */
export async function readAgreedHash(redis: Redis): Promise<string | undefined> {
  return (await redis.hget(RULES_KEY, 'hash')) ?? undefined;
}

/** undefined where there are none, they cannot be read, or they are not sealed as they must be. */
export async function readAgreed(redis: Redis): Promise<AgreedRules | undefined> {
  const { hash, texts, by = '', at = '0', seal = '' } = await redis.hgetall(RULES_KEY);
  if (hash === undefined || texts === undefined) return undefined;
  const read = parseWritten<AgreedRules['texts']>(texts, areTexts);
  const rules = read && { hash, texts: read, by, at: Number(at) };
  return rules && rulesSealFault(sealOf(redis), withSeal(rules, seal)) === undefined ? rules : undefined;
}

/** A version without seals writes its rules beside the seal of those before. Then the seal does not fit, and the rules are unsealed. */
function withSeal({ hash, texts, by, at }: AgreedRules, json: string): object {
  const written = parseWritten<{ readonly of?: string; readonly seal?: unknown }>(json);
  return { hash, texts, by, at, ...(written?.of === placeOf({ hash, at }) && { seal: written.seal }) };
}

function placeOf({ hash, at }: Pick<AgreedRules, 'hash' | 'at'>): string {
  return `${hash} ${at}`;
}

export async function reportFolder(redis: Redis, report: FolderReport): Promise<void> {
  await redis.hset(RULE_FOLDERS_KEY, report.worker, JSON.stringify(report));
}

/** Workers come and go under new names: the report of one that is long gone is deleted. `now` is broker time in ms. */
export async function forgetReports(redis: Redis, now: number): Promise<void> {
  const all = await redis.hgetall(RULE_FOLDERS_KEY);
  const old = Object.entries(all).filter(
    ([, json]) => (parseWritten<FolderReport>(json)?.at ?? 0) < now - REPORT_KEPT_MS,
  );
  if (old.length > 0) await redis.hdel(RULE_FOLDERS_KEY, ...old.map(([worker]) => worker));
}

/** What this worker reported last, also when it has been started again since. */
export async function readReport(redis: Redis, worker: string): Promise<FolderReport | undefined> {
  const json = await redis.hget(RULE_FOLDERS_KEY, worker);
  return json === null ? undefined : parseWritten<FolderReport>(json);
}

/** The reports of workers that run; `now` is broker time in ms. */
export async function readReports(redis: Redis, now: number): Promise<FolderReport[]> {
  const written = Object.values(await redis.hgetall(RULE_FOLDERS_KEY));
  const all = written.flatMap((json) => parseWritten<FolderReport>(json) ?? []);
  return all.filter(({ at }) => now - at <= REPORT_FRESH_MS);
}
