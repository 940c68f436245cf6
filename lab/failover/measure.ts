/** What producers felt of something, for a minute. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { MEMBERS, REDIS_PORT, VIP } from '../pool/topology.ts';

export interface Figures {
  /** Until another node said that it is MASTER, in ms; absent where none did. */
  readonly masterMs?: number;
  /** The longest time that any producer could not push, in ms. */
  readonly gapMs: number;
  /** How many of them still could not when the minute was over. */
  readonly stuck: number;
  /** Pushes that Redis refused, and pushes that the client gave up. */
  readonly refused: number;
  readonly failed: number;
}

const WATCHED_MS = 60_000;

/** A producer without a push for so long at the end is stuck. */
const STUCK_AFTER_MS = 3_000;

/** Does it, and looks on. `act` may take its time: the clock of the new MASTER begins with it. */
export async function measure(lab: Lab, act: () => Promise<unknown>): Promise<Figures> {
  const before = await lab.master();
  let masterAt: number | undefined;
  lab.watch((event) => {
    if (event.event !== 'line' || !/Entering MASTER STATE/.test(event.line)) return;
    if (MEMBERS.some((node) => node !== before && event.name === `keepalived-${node}`)) masterAt ??= performance.now();
  });
  await lab.producers.reset();
  const startedAt = performance.now();
  const acting = act();
  await Promise.all([acting, sleep(WATCHED_MS)]);
  const stats = await lab.producers.stats();
  const sum = (of: (one: (typeof stats)[number]) => number) => stats.reduce((all, one) => all + of(one), 0);
  return {
    ...(masterAt !== undefined && { masterMs: Math.round(masterAt - startedAt) }),
    gapMs: Math.max(...stats.map((one) => one.longestGapMs)),
    stuck: stats.filter((one) => Date.now() - one.lastOkAt > STUCK_AFTER_MS).length,
    refused: sum((one) => one.refused),
    failed: sum((one) => one.errors),
  };
}

/** redis-benchmark through the VIP while something happens: whether it came to its end, without a restart. */
export async function benchmark(lab: Lab, act: () => Promise<unknown>): Promise<string> {
  const target = ['-h', VIP, '-p', String(REDIS_PORT), '-c', '4', '-n', '8000', '-q'];
  const argv = ['redis-benchmark', ...target, 'RPUSH', 'lab:bench', 'x'];
  const running = lab.host('c').exec(argv, { timeoutMs: 90_000 });
  await sleep(2_000);
  await act();
  const { code, stderr } = await running;
  if (code === 0) return 'goes on';
  return `ends${stderr.trim() === '' ? '' : `: ${stderr.trim().split('\n').at(-1)}`}`;
}
