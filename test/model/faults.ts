/** What goes wrong in the model, one move each. The chance decides whom it hits. */

import { commit, evaluate, type Model, takeJob, tick } from './model.ts';
import type { Node } from './node.ts';
import { fold } from './worker.ts';
import { BASE, BY_HAND, MEMBERS, POOL, type Trouble } from './world.ts';

type Fault = (model: Model) => Promise<void> | void;

const someNode = ({ chance, nodes }: Model): Node => chance.pick(nodes);
const someMember = ({ chance }: Model): string => chance.pick(MEMBERS);

/** Members fall ill one by one, and get well: most of the time most of them are. */
function trouble(kind: Trouble): Fault {
  return (model) => {
    const { world, chance } = model;
    if (!chance.once(6)) for (const name of MEMBERS) world.trouble.set(name, 'none');
    world.trouble.set(someMember(model), kind);
  };
}

/** Everything around the members is mended; the members stay as they are. */
export async function mend(model: Model): Promise<void> {
  const { world, nodes } = model;
  [world.second, model.isWorkerCut] = [undefined, false];
  for (const node of nodes) {
    node.isCut = false;
    node.clockOffMs = 0;
    node.lvs.unreadable = false;
    if (node.hand === undefined) await node.start();
    for (const name of MEMBERS) if (node.lvs.weight(name) === undefined) node.lvs.keepalivedAdds(name, BASE);
  }
}

export const ILLNESSES: readonly (readonly [string, Fault])[] = [
  ['a Redis falls silent', trouble('silent')],
  ['a Redis is full', trouble('full')],
  ['a consumer stops', trouble('filling')],
  ['a member is well again', (model) => void model.world.trouble.set(someMember(model), 'none')],
];

const ASKED = { by: 'ann', force: false, leaseMs: 10_000 } as const;

export const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'all are well again',
    ({ world }) => {
      for (const name of MEMBERS) {
        world.trouble.set(name, 'none');
      }
    },
  ],
  [
    'every consumer stalls',
    ({ world }) => {
      for (const name of MEMBERS) {
        world.trouble.set(name, 'filling');
      }
    },
  ],
  [
    'a person forces away the last one that takes writes',
    (model) => {
      const last = someMember(model);
      for (const name of MEMBERS) model.world.trouble.set(name, name === last ? 'none' : 'full');
      const wish = { action: 'drain', target: last, by: 'ann', force: true, leaseMs: 20_000 } as const;
      model.broker.append({ kind: 'request', pool: POOL.name, ...wish });
    },
  ],
  [
    'all fail but the one that a person has drained',
    async (model) => {
      const drained = someMember(model);
      for (const name of MEMBERS) model.world.trouble.set(name, 'none');
      const wish = { action: 'drain', target: drained, by: 'ann', force: false, leaseMs: 60_000 } as const;
      model.broker.append({ kind: 'request', pool: POOL.name, ...wish });
      for (let second = 0; second < 5; second += 1) await tick(model);
      for (const name of MEMBERS) if (name !== drained) model.world.trouble.set(name, 'full');
    },
  ],
  ['a worker dies before its commit', (model) => evaluate(model, 'before commit')],
  ['a worker dies before it delivers', (model) => evaluate(model, 'before delivery')],
  ['a worker dies while it delivers', (model) => evaluate(model, 'in delivery')],
  [
    'a worker is frozen with what it has folded',
    ({ broker, parts, world, frozen }) => void frozen.push(fold(broker, parts, world.now)),
  ],
  [
    'a frozen worker wakes and commits',
    (model) => {
      for (const folded of model.frozen.splice(0)) {
        const isSame = (model.broker.kept.state?.cursor ?? '') === folded.readCursor;
        if (isSame) model.invariants.folded(folded, model.parts);
        commit(model, folded);
      }
    },
  ],
  [
    'workers are cut off or back',
    (model) => {
      model.isWorkerCut = !model.isWorkerCut;
    },
  ],
  [
    'workers are back',
    (model) => {
      model.isWorkerCut = false;
    },
  ],
  ['a node is killed', (model) => someNode(model).kill()],
  [
    'killed nodes are started',
    async ({ nodes }) => {
      for (const node of nodes) if (node.hand === undefined) await node.start();
    },
  ],
  [
    'a node will die in its next change',
    (model) => {
      someNode(model).diesIn = model.chance.pick(['before', 'after'] as const);
    },
  ],
  [
    'a node is cut off from the broker',
    (model) => {
      someNode(model).isCut = true;
    },
  ],
  [
    'nodes reach the broker again',
    ({ nodes }) => {
      for (const node of nodes) {
        node.isCut = false;
      }
    },
  ],
  [
    'a clock is wrong',
    (model) => {
      someNode(model).clockOffMs = (model.chance.int(601) - 300) * 1_000;
    },
  ],
  [
    'clocks are right',
    ({ nodes }) => {
      for (const node of nodes) {
        node.clockOffMs = 0;
      }
    },
  ],
  [
    'ipvsadm fails next time',
    (model) => {
      someNode(model).lvs.fail = model.chance.pick(['before', 'after'] as const);
    },
  ],
  [
    'a table cannot be read',
    (model) => {
      someNode(model).lvs.unreadable = true;
    },
  ],
  [
    'tables can be read',
    ({ nodes }) => {
      for (const { lvs } of nodes) {
        lvs.unreadable = false;
      }
    },
  ],
  ['keepalived takes a server out', (model) => someNode(model).lvs.keepalivedRemoves(someMember(model))],
  [
    'keepalived adds its servers again',
    ({ nodes }) => {
      for (const { lvs } of nodes) {
        for (const name of MEMBERS) if (lvs.weight(name) === undefined) lvs.keepalivedAdds(name, BASE);
      }
    },
  ],
  ['somebody sets a weight by hand', (model) => someNode(model).lvs.somebodySets(someMember(model), BY_HAND)],
  [
    'the VIP moves',
    (model) => {
      model.world.master = someMember(model);
    },
  ],
  [
    'two have the VIP',
    (model) => {
      model.world.second = someMember(model);
    },
  ],
  [
    'one has the VIP',
    ({ world }) => {
      world.second = undefined;
    },
  ],
  ['the broker is looked at', ({ broker, snapshots }) => void snapshots.splice(0, snapshots.length, broker.snapshot())],
  [
    'the broker loses its last writes',
    ({ broker, snapshots, invariants }) => {
      const [last] = snapshots.splice(0);
      if (last === undefined) return;
      invariants.losses += 1;
      broker.replace(last);
    },
  ],
  [
    'the broker comes back empty',
    ({ broker, invariants, chance }) => {
      if (!chance.once(3)) return;
      invariants.losses += 1;
      broker.replace(undefined);
    },
  ],
  [
    'the broker is started again',
    ({ broker }) => {
      broker.runId += 1;
    },
  ],
  [
    'a job is done twice',
    async (model) => {
      const node = someNode(model);
      const [job] = model.broker.queue(node.name);
      await takeJob(model, node);
      if (job !== undefined) await node.run(job);
    },
  ],
  [
    'a job strays',
    (model) => {
      const job = model.broker.queue(someNode(model).name).pop();
      if (job !== undefined) model.strayJobs.push(job);
    },
  ],
  [
    'a job is overtaken by a later one',
    async (model) => {
      const { broker, nodes } = model;
      const node = someNode(model);
      const { 0: one, 1: other } = MEMBERS;
      broker.append({ kind: 'request', pool: POOL.name, action: 'set_weight', target: one, weight: 60, ...ASKED });
      model.world.now += 1_000;
      for (const each of nodes) await each.poll();
      await evaluate(model);
      const early = broker.queue(node.name).pop();
      broker.append({ kind: 'request', pool: POOL.name, action: 'restore', target: other, ...ASKED });
      await tick(model);
      if (early !== undefined) await node.run(early);
    },
  ],
  [
    'stray jobs arrive',
    async ({ strayJobs, nodes }) => {
      for (const job of strayJobs.splice(0)) await nodes.find(({ name }) => name === job.node)?.run(job);
    },
  ],
  [
    'a job is cut off',
    async (model) => {
      const node = someNode(model);
      const job = model.broker.queue(node.name).shift();
      if (job !== undefined) await node.run(job, true);
    },
  ],
  [
    'a person asks',
    (model) => {
      const { chance, broker } = model;
      const action = chance.pick(['drain', 'restore', 'set_weight'] as const);
      const more = { by: 'ann', force: chance.once(4), leaseMs: 1_000 * (5 + chance.int(40)) };
      const weight = action === 'set_weight' ? { weight: chance.int(120) } : {};
      broker.append({ kind: 'request', pool: POOL.name, action, target: someMember(model), ...more, ...weight });
    },
  ],
  [
    'a person holds the pool',
    ({ broker }) =>
      void broker.append({
        kind: 'hold',
        pool: POOL.name,
        scope: { kind: 'pool' },
        by: 'ann',
        reason: 'no',
        holdMs: 10_000,
      }),
  ],
  ['a person has looked', ({ broker }) => void broker.append({ kind: 'ack', pool: POOL.name, by: 'ann' })],
  [
    'time stands still for nobody',
    ({ world, chance }) => {
      world.now += chance.int(20_000);
    },
  ],
];
