/** The catalogue at a tenth of its time. What was seen stands in docs/faults.md; `npm run chaos -- <fault>` repeats one. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from 'vitest';
import { startBench } from '../../lab/chaos/bench/bench.ts';
import type { Bench } from '../../lab/chaos/bench/type.ts';
import { LANES } from '../../lab/chaos/catalogue/index.ts';
import { type Fault, runFault } from '../../lab/chaos/fault.ts';

/** All lanes together; a fault that waits for its turn is running for vitest. */
const WITHIN_MS = 1_200_000;

/** poll.timeout of the bench: when the machine stands still for longer, whoever is healthy seems silent. */
const STANDS_STILL_MS = 500;
const TRIES = 3;

/** On a slow machine fewer lanes than all are under way at a time (scripts/test.mjs). */
const LANES_AT_ONCE = Number(process.env.WEIR_FAULT_LANES ?? Number.POSITIVE_INFINITY);

let free = LANES_AT_ONCE;
const waiting: (() => void)[] = [];

/** Waits until one more lane may be under way. */
async function begin(): Promise<void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

function end(): void {
  const next = waiting.shift();
  if (next === undefined) free += 1;
  else next();
}

const benches: Bench[] = [];
const print = (text: string) => void process.stdout.write(text);

afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.stop()));
  expect(benches.flatMap((bench) => bench.programs.leftOvers())).toEqual([]);
});

/** A fault that failed while the machine stood still says nothing of Weir: it is tried again. */
async function runUndisturbed(bench: Bench, fault: Fault): Promise<void> {
  for (let left = TRIES - 1; ; left -= 1) {
    const delay = monitorEventLoopDelay({ resolution: 50 });
    delay.enable();
    try {
      await runFault(bench, fault, print);
      return;
    } catch (error) {
      const stillMs = delay.max / 1e6;
      if (left === 0 || stillMs < STANDS_STILL_MS) throw error;
      print(`${fault.name} failed, and this machine stood still for ${stillMs.toFixed(0)} ms meanwhile: again.\n`);
      await bench.calm();
    } finally {
      delay.disable();
    }
  }
}

/** One after the other, each on the bench that the one before has left as it found it. */
function lane(faults: readonly Fault[]): void {
  let bench: Promise<Bench> | undefined;
  let last: Promise<unknown> | undefined;
  /** Faults of the lane that have begun for vitest: all of them do at once. */
  let pending = 0;
  const run = async (fault: Fault) => {
    bench ??= startBench().then((started) => {
      benches.push(started);
      return started;
    });
    await runUndisturbed(await bench, fault);
  };
  for (const fault of faults) {
    it(
      fault.name,
      () => {
        last ??= begin();
        pending += 1;
        const mine = last.then(() => run(fault));
        last = mine
          .catch(() => undefined)
          .finally(() => {
            pending -= 1;
            if (pending === 0) end();
          });
        return mine;
      },
      WITHIN_MS,
    );
  }
}

for (const [name, faults] of Object.entries(LANES)) describe.concurrent(name, () => lane(faults));
