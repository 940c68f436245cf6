/** Says on each pool's stream which edition of weir.yaml this worker has: at the start, again and again, and at the end. */

import { resolve } from 'node:path';
import { editionOf } from '../../src/config/edition.ts';
import { every } from '../../src/lib/every.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { type EditionWord, SAY_EDITION_EVERY_MS } from '../../src/model/configuration/edition.ts';

/** Between two looks for pools that are gone, in ms. */
const FAREWELL_EVERY_MS = 60_000;

export interface EditionDependencies {
  readonly config: Pick<WeirConfig, 'pools' | 'policy' | 'poll'>;
  /** The worker's name and file, the same after a restart. */
  readonly worker: string;
  append(word: EditionWord): Promise<unknown>;
  /** Looks for pools that weir.yaml no longer has (farewell.ts). */
  farewell(): Promise<void>;
  onError(error: unknown, doing: string): void;
}

/** A worker's name with its file: the same after a restart, and different for a second worker of the same host. */
export function workerOf(name: string, file: string): string {
  return `${name} (${resolve(file)})`;
}

/** Says it now and goes on saying it; a broker that is away is tried again. The first entry is on its way on return. */
export async function startEditions({ config, worker, append, farewell, onError }: EditionDependencies) {
  const say = async (isOver = false) => {
    for (const pool of Object.values(config.pools)) {
      const edition = editionOf(pool, config.policy, config.poll);
      await append({ kind: 'edition', pool: pool.name, worker, ...(!isOver && { edition }) });
    }
  };
  await say().catch((error: unknown) => onError(error, 'edition'));
  const repeating = [
    every(SAY_EDITION_EVERY_MS, 'edition', () => say(), onError),
    every(FAREWELL_EVERY_MS, 'farewell', farewell, onError),
  ];
  return {
    /** Says that this worker no longer counts. Never throws. */
    async stop(): Promise<void> {
      await Promise.all(repeating.map((task) => task.stop()));
      await say(true).catch((error: unknown) => onError(error, 'edition'));
    },
  };
}
