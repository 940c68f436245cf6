/** What the commands share that let rules run over a recording. */

import { join } from 'node:path';
import type { PoolConfig, WeirConfig } from '../model/config.ts';
import { parseDuration } from '../model/duration.ts';
import { WeirError } from '../model/error.ts';
import type { RuleSet } from '../model/rule.ts';
import type { Replay } from '../rules/replay.ts';

export interface RecordingOptions {
  readonly since: string;
  readonly from?: string;
}

export interface Replayed {
  readonly pool: PoolConfig;
  /** One for each set of rules, in their order. */
  readonly replays: readonly Replay[];
  /** Broker times in ms of the first and the last entry. */
  readonly from: number;
  readonly to: number;
  /** How much of the time between was recorded, in ms: what is further apart than a minute is a hole. */
  readonly recordedMs: number;
}

const HOLE_MS = 60_000;

/**
 * Lets each set of rules run over the recording of every pool.
 * @throws WeirError 'usage' when there is no recording in that time.
 */
export async function replayAll(
  config: WeirConfig,
  options: RecordingOptions,
  sets: readonly RuleSet[],
): Promise<Replayed[]> {
  const sinceMs = parseDuration(options.since);
  if (sinceMs === undefined) {
    throw new WeirError('usage', `--since ${options.since} is no time: something like 7d or 12h is expected.`);
  }
  const [{ createReplay }, { judge }, { readRecording }, { recordingRoot }, { entryTime }] = await Promise.all([
    import('../rules/replay.ts'),
    import('../rails/index.ts'),
    import('../recording/read.ts'),
    import('../recording/files.ts'),
    import('../model/entry.ts'),
  ]);
  const root = options.from ?? recordingRoot(config.stateDir);
  const now = Date.now();
  const onTorn = (path: string, why: string) =>
    process.stderr.write(`${path} cannot be read and is left out: ${why}\n`);
  const replayed: Replayed[] = [];
  for (const pool of Object.values(config.pools)) {
    const { policy, poll } = config;
    const replays = sets.map((ruleSet) => createReplay({ pool, policy, poll, ruleSet, judge }));
    let [from, to, recordedMs] = [Number.NaN, Number.NaN, 0];
    for await (const entry of readRecording(join(root, pool.name), { since: now - sinceMs, onTorn })) {
      for (const replay of replays) replay.fold(entry);
      const time = entryTime(entry.id);
      if (Number.isNaN(from)) from = time;
      else if (time - to < HOLE_MS) recordedMs += time - to;
      to = time;
    }
    if (!Number.isNaN(from)) replayed.push({ pool, replays, from, to, recordedMs });
  }
  if (replayed.length === 0) {
    throw new WeirError(
      'usage',
      `Nothing was recorded in ${root} since then: a worker that runs on this host writes there once a minute.`,
    );
  }
  return replayed;
}
