/** What happens to the broker, its clock and the workers. */

import { createWorkerClock, fold } from '../machines/worker.ts';
import { commit, evaluate, type Model, pass, someWorker } from '../model.ts';
import { type Fault, holdPool, unfair } from './kinds.ts';

function forget({ invariants }: Model): void {
  invariants.decisions.lost();
}

export const BROKER_FAULTS: readonly Fault[] = [
  unfair('a worker dies before its commit', (model) => evaluate(model, 'before commit')),
  unfair('a worker dies before it delivers', (model) => evaluate(model, 'before delivery')),
  unfair('a worker dies while it delivers', (model) => evaluate(model, 'in delivery')),
  unfair(
    'a worker is frozen with what it has folded',
    (model) => void model.frozen.push(fold(model, someWorker(model))),
  ),
  unfair('a frozen worker wakes and commits', (model) => {
    for (const folded of model.frozen.splice(0)) {
      const isSame = (model.broker.kept.state?.cursor ?? '') === folded.readCursor;
      if (isSame) model.invariants.folded(folded, model);
      commit(model, folded);
    }
  }),
  unfair('workers are cut off or back', (model) => {
    model.isWorkerCut = !model.isWorkerCut;
  }),
  unfair('workers are back, as new processes', (model) => {
    model.isWorkerCut = false;
    Object.assign(model, createWorkerClock(model.world, model.broker));
  }),
  unfair('workers are away for longer than a gap, and a person speaks meanwhile', async (model) => {
    model.isWorkerCut = true;
    await pass(model, 20 + model.chance.int(20));
    holdPool(model, 60_000);
    await pass(model, 5 + model.chance.int(20));
    model.isWorkerCut = false;
    await pass(model, 10);
  }),
  unfair(
    'the broker is looked at',
    ({ broker, snapshots }) => void snapshots.splice(0, snapshots.length, broker.snapshot()),
  ),
  unfair('the broker loses its last writes', (model) => {
    const [last] = model.snapshots.splice(0);
    if (last === undefined) return;
    forget(model);
    model.broker.replace(last);
  }),
  unfair('the broker comes back empty', (model) => {
    if (!model.chance.once(3)) return;
    forget(model);
    model.broker.replace(undefined);
  }),
  unfair('the broker is started again', ({ broker }) => {
    broker.runId += 1;
  }),
  unfair('the broker’s clock steps', ({ broker, chance }) =>
    broker.step(chance.pick([-120_000, -20_000, 20_000, 120_000])),
  ),
  unfair('the broker’s clock is a day ahead, and is put right', async (model) => {
    model.broker.step(86_400_000);
    await pass(model, 5 + model.chance.int(10));
    model.broker.step(-86_400_000);
  }),
  unfair('time stands still for nobody', ({ world, chance, liveness }) => {
    const ms = chance.int(20_000);
    world.now += ms;
    liveness.stoodStill(ms);
  }),
];
