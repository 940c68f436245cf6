/**
 * What `weir init` understands against what keepalived itself understands, on configurations that nobody wrote:
 * `WEIR_DIFFERENTIAL_SEED=4711 WEIR_DIFFERENTIAL_COUNT=2000` makes others, or more.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from './judged/compare.ts';
import { excused } from './judged/excuses.ts';
import { CAN_JUDGE, type Judge, startJudge } from './judged/judge.ts';
import { understand, writeFiles } from './judged/understood.ts';
import { generate } from './written/generate.ts';
import { MAIN } from './written/layout.ts';

const SEED = Number(process.env.WEIR_DIFFERENTIAL_SEED ?? 1);
const COUNT = Number(process.env.WEIR_DIFFERENTIAL_COUNT ?? 300);
/** A started keepalived mostly waits: for its children, and a second before it ends. */
const SIDE_BY_SIDE = 6;

describe.runIf(CAN_JUDGE)('weir init and keepalived', () => {
  let judges: Judge[] = [];
  beforeAll(async () => {
    judges = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, startJudge));
  }, 300_000);
  afterAll(() => Promise.all(judges.map((judge) => judge.stop())));

  it(`read the same in ${COUNT} configurations, seed ${SEED}`, async () => {
    const wrong: string[] = [];
    const seen = { 'taken without a word': 0, 'complained about': 0, 'pools written': 0, refused: 0 };
    let next = SEED;
    const work = async (judge: Judge) => {
      while (next < SEED + COUNT) {
        const generated = generate(next++);
        const dir = await writeFiles(generated.files);
        const file = join(dir, MAIN);
        try {
          const verdict = await judge.judge(file, generated.configId);
          const understood = understand(file, { ...generated, verdict });
          seen[verdict.code === 0 ? 'taken without a word' : 'complained about'] += 1;
          seen['pools written'] += understood.pools.length;
          if (understood.isRefused) seen.refused += 1;
          for (const one of differences(generated, verdict, understood)) {
            if (excused(generated, one) !== undefined) continue;
            wrong.push(
              `${generated.seed} ${one.kind}: keepalived ${one.keepalived}, init ${one.init} (${generated.faults.join(', ')})`,
            );
          }
        } finally {
          await rm(dir, { recursive: true });
        }
      }
    };
    await Promise.all(judges.map(work));
    console.log(
      `seed ${SEED}: ${Object.entries(seen)
        .map(([what, number]) => `${what} ${number}`)
        .join(', ')}`,
    );
    expect(wrong).toEqual([]);
    // Configurations that nobody takes show nothing.
    expect(seen['taken without a word']).toBeGreaterThan(COUNT / 3);
    expect(seen['pools written']).toBeGreaterThan(COUNT / 3);
  }, 900_000);
});
