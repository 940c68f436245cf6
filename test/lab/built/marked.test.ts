/** Weir where the table goes by a mark: it reads the rows, changes a weight and gives it back, on both directors. */

import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../lab/lab.ts';
import { poolOf, untilCalm } from '../../../lab/pool/steady-state.ts';
import { atEnd, stop } from '../support/shared.ts';
import { untilDone, untilWeight } from '../support/watch.ts';

let lab: Lab;

beforeAll(async () => {
  const logs = { lvs: { loop_guard: 'ingress-mark' } };
  lab = await Lab.start({ producers: 4, config: { pools: { logs } } });
  await untilCalm(lab);
});
atEnd((ended) => stop(lab, ended));

it('a drain under ingress-mark takes b out of both tables, and a restore brings it back', async () => {
  expect((await poolOf(lab)).facts.pool).toMatchObject({ master: 'a', listed_members: 2, serving_members: 2 });

  await untilDone(lab, 'drain', 'logs/b', '--for', '10m', '--reason', 'a test');
  await untilWeight(lab, 'a', 'b', 0, 30_000);
  await untilWeight(lab, 'b', 'b', 0, 30_000);
  expect(await lab.connections(20)).toMatchObject({ a: 20, b: 0, hung: 0, refused: 0 });

  await untilDone(lab, 'restore', 'logs/b');
  await untilWeight(lab, 'a', 'b', 100, 30_000);
  await untilWeight(lab, 'b', 'b', 100, 30_000);
});
