/** The catalogue at a tenth of its time. What was seen stands in docs/faults.md; `npm run chaos -- <fault>` repeats one. */

import { afterAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from '../../lab/chaos/bench.ts';
import { LANES } from '../../lab/chaos/catalogue/index.ts';
import { type Fault, runFault } from '../../lab/chaos/fault.ts';

/** All lanes together; a fault that waits for its turn is running for vitest. */
const WITHIN_MS = 1_200_000;

const benches: Bench[] = [];
const print = (text: string) => void process.stdout.write(text);

afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.stop()));
  expect(benches.flatMap((bench) => bench.programs.leftOvers())).toEqual([]);
});

/** One after the other, each on the bench that the one before has left as it found it. */
function lane(faults: readonly Fault[]): void {
  let bench: Promise<Bench> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const run = async (fault: Fault) => {
    bench ??= startBench().then((started) => {
      benches.push(started);
      return started;
    });
    await runFault(await bench, fault, print);
  };
  for (const fault of faults) {
    it(
      fault.name,
      () => {
        const mine = last.then(() => run(fault));
        last = mine.catch(() => undefined);
        return mine;
      },
      WITHIN_MS,
    );
  }
}

for (const [name, faults] of Object.entries(LANES)) describe.concurrent(name, () => lane(faults));
