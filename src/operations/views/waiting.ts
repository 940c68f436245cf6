/** Decisions that wait for a person's approval, of all pools. */

import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { waitingTexts } from '../../tell/wording/holds-and-approvals.ts';
import { readStatus } from './status.ts';

interface Waiting {
  readonly pool: string;
  readonly waiting: readonly Decision[];
  /** Broker time in ms. */
  readonly at: number;
}

export async function readWaiting(redis: Redis, config: WeirConfig): Promise<Waiting[]> {
  const { at, pools } = await readStatus(redis, config);
  return pools.map(({ name, waiting = [] }) => ({ pool: name, waiting, at }));
}

/** A line for each, for people. Pure. */
export function waitingText(all: readonly Waiting[]): string {
  const lines = all.flatMap(({ pool, waiting, at }) => waitingTexts({ waiting }, at).map((text) => `${pool}: ${text}`));
  return lines.length === 0 ? 'Nothing waits for approval.' : lines.join('\n');
}
