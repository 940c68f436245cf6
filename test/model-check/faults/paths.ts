/** Who sees whom: lost polls, paths that work one way, observers that see something else than the others. */

import { OBSERVER } from '../machines/worker.ts';
import { MEMBERS } from '../machines/world.ts';
import { type Model, pass } from '../model.ts';
import { ask, type Fault, setStage, someMember, unfair } from './kinds.ts';

const someObserver = ({ chance }: Model) => chance.pick([...MEMBERS, OBSERVER]);

export const PATH_FAULTS: readonly Fault[] = [
  unfair('a poll is lost', (model) => model.sight.lose(someObserver(model), someMember(model))),
  unfair('one observer sees nobody for a poll', (model) => {
    const observer = someObserver(model);
    for (const name of MEMBERS) model.sight.lose(observer, name);
  }),
  unfair('one observer does not see a member', (model) => model.sight.cut(someObserver(model), someMember(model))),
  unfair('nobody but its own node sees a member', (model) => {
    const member = someMember(model);
    for (const name of [...MEMBERS, OBSERVER]) if (name !== member) model.sight.cut(name, member);
  }),
  unfair('paths work again', ({ sight }) => sight.clear()),
  unfair('the MASTER does not see the others for a poll, as its own member is drained', async (model) => {
    const { world, sight } = model;
    await setStage(model);
    ask(model, { action: 'drain', target: world.master, leaseMs: 60_000 });
    // The poll before it has its job: what its pre-flight goes by. Of each other member its own node's word counts elsewhere.
    for (const name of MEMBERS) if (name !== world.master) sight.lose(world.master, name);
    await pass(model, 4);
  }),
  unfair('every node loses a poll of who serves, under a person’s drain', async (model) => {
    const { sight } = model;
    await setStage(model);
    const drained = someMember(model);
    ask(model, { action: 'drain', target: drained, leaseMs: 40_000 });
    await pass(model, 8);
    for (const node of MEMBERS) for (const name of MEMBERS) if (name !== drained) sight.lose(node, name);
    await pass(model, 4);
  }),
];
