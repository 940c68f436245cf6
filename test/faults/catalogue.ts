import { afterAll, beforeAll, it } from 'vitest';
import { type Bench, type BenchOptions, startBench } from '../../lab/chaos/bench.ts';
import { type Fault, runFault } from '../../lab/chaos/fault.ts';

const print = (text: string) => void process.stdout.write(text);

/** The faults one after the other on one bench, at a tenth of the time. */
export function sharing(faults: readonly Fault[], options: BenchOptions = {}): void {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(options);
  });
  afterAll(async () => {
    await bench?.stop();
  });
  it.each(faults.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
    await runFault(bench, fault, print);
  });
}
