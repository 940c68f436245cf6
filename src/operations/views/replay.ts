/** Rules run over what was recorded: what they would have found, and wanted to do. */

import { join } from 'node:path';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import type { RuleSet } from '../../model/decisions/rule.ts';
import { WeirError } from '../../model/error.ts';
import { entryTime } from '../../model/ids.ts';
import { judge } from '../../rails/index.ts';
import { recordingRoot } from '../../recording/files.ts';
import { readRecording } from '../../recording/read.ts';
import { createReplay, type Episode, type Replay } from '../../rules/replay/replay.ts';

export interface ReplayOptions {
  /** How far back, in ms. */
  readonly sinceMs: number;
  /** The folder of the recording; left out: that of this host. */
  readonly from?: string;
  /** A file that cannot be read is left out: said with its path and why. */
  onTorn(path: string, why: string): void;
}

export interface Replayed {
  readonly pool: PoolConfig;
  /** For each set of rules, in their order: when each rule fired. */
  readonly episodes: readonly (readonly Episode[])[];
  readonly entries: number;
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
  options: ReplayOptions,
  sets: readonly RuleSet[],
): Promise<Replayed[]> {
  const root = options.from ?? recordingRoot(config.stateDir);
  const since = Date.now() - options.sinceMs;
  const replayed: Replayed[] = [];
  for (const pool of Object.values(config.pools)) {
    const { policy, poll } = config;
    const replays = sets.map((ruleSet) => createReplay({ pool, policy, poll, ruleSet, judge }));
    const span = await foldRecording(
      join(root, pool.name),
      { pool: pool.name, since, onTorn: options.onTorn },
      replays,
    );
    if (span !== undefined) replayed.push({ pool, episodes: replays.map((replay) => replay.episodes()), ...span });
  }
  if (replayed.length > 0) return replayed;
  throw new WeirError(
    'usage',
    `Nothing was recorded in ${root} since then: a worker that runs on this host writes there once a minute.`,
  );
}

/** undefined: nothing was recorded. */
async function foldRecording(
  folder: string,
  wanted: Parameters<typeof readRecording>[1],
  replays: readonly Replay[],
): Promise<Omit<Replayed, 'pool' | 'episodes'> | undefined> {
  let span: { readonly from: number; to: number; recordedMs: number; entries: number } | undefined;
  for await (const entry of readRecording(folder, wanted)) {
    for (const replay of replays) replay.fold(entry);
    const time = entryTime(entry.id);
    span ??= { from: time, to: time, recordedMs: 0, entries: 0 };
    if (time - span.to < HOLE_MS) span.recordedMs += time - span.to;
    span.to = time;
    span.entries += 1;
  }
  return span;
}
