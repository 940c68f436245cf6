/** Members fall ill one by one, and get well: most of the time most of them are. */

import { MEMBERS, type Trouble } from '../machines/world.ts';
import { pass } from '../model.ts';
import { ask, type Fault, fair, setStage, someMember, unfair } from './kinds.ts';

function trouble(name: string, kind: Trouble): Fault {
  return fair(name, (model) => {
    const { world, chance } = model;
    const member = someMember(model);
    if (!chance.once(6)) for (const one of MEMBERS) if (one !== member) world.befall(one, 'none');
    world.befall(member, kind);
  });
}

export const ILLNESSES: readonly Fault[] = [
  trouble('a Redis falls silent', 'silent'),
  trouble('a Redis is full', 'full'),
  trouble('a consumer stops', 'filling'),
  trouble('a Redis is killed', 'killed'),
  trouble('a host dies', 'dead'),
  fair('a member is well again', (model) => model.world.befall(someMember(model), 'none')),
  fair('what was dead is loading', ({ world }) => {
    for (const name of MEMBERS) if (['dead', 'killed'].includes(world.trouble(name))) world.befall(name, 'loading');
  }),
];

export const MEMBER_FAULTS: readonly Fault[] = [
  fair('all are well again', ({ world }) => {
    for (const name of MEMBERS) world.befall(name, 'none');
  }),
  fair('every consumer stalls', ({ world }) => {
    for (const name of MEMBERS) world.befall(name, 'filling');
  }),
  fair('a host dies for a minute, and its Redis loads for half of one', async (model) => {
    const { world } = model;
    const member = someMember(model);
    await setStage(model);
    world.befall(member, 'dead');
    await pass(model, 60);
    world.befall(member, 'loading');
    await pass(model, 30);
    world.befall(member, 'none');
    await pass(model, 10);
  }),
  fair('a Redis is killed twice', async (model) => {
    const { world } = model;
    const member = someMember(model);
    for (const name of MEMBERS) world.befall(name, 'none');
    for (let time = 0; time < 2; time += 1) {
      await pass(model, 12);
      world.befall(member, 'killed');
      await pass(model, 12);
      world.befall(member, 'none');
    }
  }),
  unfair('a person forces away the last one that takes writes', (model) => {
    const last = someMember(model);
    for (const name of MEMBERS) model.world.befall(name, name === last ? 'none' : 'full');
    ask(model, { action: 'drain', target: last, force: true, leaseMs: 20_000 });
  }),
  unfair('all fail but the one that a person has drained', async (model) => {
    const drained = someMember(model);
    for (const name of MEMBERS) model.world.befall(name, 'none');
    ask(model, { action: 'drain', target: drained, leaseMs: 60_000 });
    await pass(model, 5);
    for (const name of MEMBERS) if (name !== drained) model.world.befall(name, 'full');
  }),
];
