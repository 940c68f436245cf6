/**
 * The model check: thousands of interleavings of faults over a simulated pool, the real evaluation, rails and hands, and
 * after every move what Weir must never do. `WEIR_MODEL_SEED=7 WEIR_MODEL_MOVES=100000` plays one run again, or a longer one.
 */

import { expect, it } from 'vitest';
import { pack } from './create.ts';
import { type Report, run } from './run.ts';

const SEED = Number(process.env.WEIR_MODEL_SEED ?? 0);
const MOVES = Number(process.env.WEIR_MODEL_MOVES ?? 1_500);
const SEEDS = SEED > 0 ? [SEED] : [1, 2, 3, 4];

function inWords({ seed, moves, entries, changes, verdicts, faults, bounds }: Report): string {
  const counted = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return `seed ${seed}: ${moves} moves, ${entries} entries, ${changes} table changes; decisions: ${counted(verdicts)}; faults: ${counted(faults)}; bounds: ${bounds}`;
}

it.each(SEEDS)(
  'nothing that must never happen happens, seed %i',
  async (seed) => {
    const report = await run(seed, MOVES, await pack());
    console.log(inWords(report));
    if (report.broken !== undefined) {
      console.log(report.trace.slice(-60).join('\n'));
      expect.fail(`${report.broken} (WEIR_MODEL_SEED=${seed}, after ${report.moves} moves)`);
    }
    // A model in which nothing is done proves nothing.
    expect(report.changes).toBeGreaterThan(MOVES / 50);
    expect(report.verdicts.act).toBeGreaterThan(MOVES / 150);
  },
  24 * 3_600_000,
);

it('the same seed plays the same run', async () => {
  const rules = await pack();
  const [one, other] = [await run(9, 300, rules), await run(9, 300, rules)];
  expect(other).toEqual(one);
}, 300_000);
