/** Two versions of Weir at once, as in an upgrade and on the way back. Needs a build of another version. */

import type { Bench } from '../bench/type.ts';
import { expectOneDrain, type Fault } from '../fault.ts';
import { drainOnce } from '../until-seen.ts';

type Role = 'worker' | 'worker-2' | 'node-a' | 'node-b';

interface Step {
  /** Which of the bench's processes are of the other version. */
  readonly others: readonly Role[];
  /** Whether a second worker is there, started after the first. */
  readonly two?: true;
}

/** An upgrade and its way back, a process at a time: workers first, nodes first, and with a worker of each version. */
const STEPS: readonly Step[] = [
  { others: ['worker', 'node-a', 'node-b'] },
  { others: ['worker', 'node-a', 'node-b'], two: true },
  { others: ['node-a', 'node-b'] },
  { others: ['node-b'] },
  { others: [] },
  { others: ['node-a'] },
  { others: ['node-a', 'node-b'] },
  { others: ['worker-2', 'node-a', 'node-b'], two: true },
  { others: ['worker', 'node-a', 'node-b'] },
  { others: ['worker', 'node-b'] },
  { others: ['worker'] },
  { others: ['worker'], two: true },
  { others: [] },
  { others: ['worker-2'], two: true },
];

async function change(bench: Bench, { others, two }: Step, program: string): Promise<void> {
  const of = (role: Role) => (others.includes(role) ? program : undefined);
  for (const worker of two ? (['worker', 'worker-2'] as const) : (['worker'] as const)) {
    bench.build(worker, of(worker));
    if (worker === 'worker') await bench.worker().kill('SIGTERM');
    await bench.startWorker(worker);
  }
  for (const node of ['a', 'b'] as const) {
    bench.build(`node-${node}`, of(`node-${node}`));
    await bench.node(node).kill('SIGTERM');
    await bench.startNode(node);
  }
  await bench.calm();
}

/**
 * One fault for each step.
 * @param program the `weir` of the other version, a file for Node
 */
export function versionFaults(program: string): Fault[] {
  return STEPS.map((step, index) => ({
    name: `versions-${index}`,
    promise: `${step.two ? 'two workers, ' : ''}of another version: ${step.others.join(', ') || 'none'}; b is silent and drained once`,
    async inject(bench) {
      await change(bench, step, program);
      await drainOnce(bench);
      if (step.two) await bench.worker('worker-2').kill('SIGTERM');
    },
    expect: expectOneDrain,
  }));
}
