/** What happens to a node, its process and its table. */

import { BY_HAND, MEMBERS } from '../machines/world.ts';
import { pass, takeJob } from '../model.ts';
import { ask, decide, type Fault, fair, setStage, someMember, someNode, unfair } from './kinds.ts';

export const NODE_FAULTS: readonly Fault[] = [
  unfair('a node is killed', (model) => someNode(model).kill()),
  unfair('killed nodes are started', async ({ nodes, world }) => {
    for (const node of nodes) if (node.actuator === undefined && world.members.includes(node.name)) await node.start();
  }),
  unfair('a node will die in its next change', (model) => {
    someNode(model).kernel.diesIn = model.chance.pick(['before', 'after'] as const);
  }),
  unfair('a node is cut off from the broker', (model) => {
    someNode(model).isCut = true;
  }),
  unfair('nodes reach the broker again', ({ nodes }) => {
    for (const node of nodes) node.isCut = false;
  }),
  unfair('a machine’s calendar is wrong', (model) => {
    someNode(model).calendarOffMs = (model.chance.int(601) - 300) * 1_000;
  }),
  unfair('a node starts while the broker is away, its calendar wrong', async (model) => {
    const node = someNode(model);
    if (!model.world.members.includes(node.name)) return;
    node.kill();
    node.isCut = true;
    node.calendarOffMs = model.chance.pick([-86_400_000, 86_400_000, 120_000]);
    await node.start();
    await pass(model, 12);
    node.isCut = false;
  }),
  unfair('a machine will stand still at one of its next looks', (model) => {
    const { chance } = model;
    someNode(model).pause = { looks: 1 + chance.int(6), seconds: 5 + chance.int(40) };
  }),
  unfair('a machine stands still with a job in its hand, and the others fail', async (model) => {
    const { chance, world, broker, nodes } = model;
    await setStage(model);
    const target = someMember(model);
    ask(model, { action: 'drain', target, leaseMs: 60_000 });
    await decide(model);
    const busy = nodes.find(({ name, isUp, isCut }) => isUp && !isCut && broker.queue(name).length > 0);
    if (busy === undefined) return;
    busy.pause = { looks: 1 + chance.int(3), seconds: 12 + chance.int(25) };
    if (chance.once(2)) for (const name of MEMBERS) if (name !== target) world.befall(name, 'silent');
    await takeJob(model, busy);
    await pass(model, 2);
  }),
  unfair('ipvsadm fails next time', (model) => {
    someNode(model).kernel.lvs.fail = model.chance.pick(['before', 'after'] as const);
  }),
  unfair('a table cannot be read', (model) => {
    someNode(model).kernel.lvs.unreadable = true;
  }),
  unfair('tables can be read', ({ nodes }) => {
    for (const { kernel } of nodes) kernel.lvs.unreadable = false;
  }),
  fair('keepalived takes a server out', (model) => void someNode(model).kernel.out.add(someMember(model))),
  fair('keepalived adds its servers again', ({ nodes }) => {
    for (const { kernel } of nodes) kernel.out.clear();
  }),
  unfair('somebody sets a weight by hand', (model) => {
    someNode(model).kernel.lvs.somebodySets(someMember(model), BY_HAND);
  }),
  unfair('somebody sets the weight of a member that a person has drained by hand, on a BACKUP', async (model) => {
    const { chance, nodes, world } = model;
    await setStage(model);
    const drained = someMember(model);
    ask(model, { action: 'drain', target: drained, leaseMs: 40_000 });
    await pass(model, 6);
    const { kernel } = chance.pick(nodes.filter(({ name }) => name !== world.master));
    if (kernel.lvs.weight(drained) !== undefined) kernel.lvs.somebodySets(drained, BY_HAND);
    await pass(model, 4);
  }),
  unfair('the VIP moves', (model) => {
    model.world.master = someMember(model);
  }),
  unfair('two have the VIP', (model) => {
    model.world.second = someMember(model);
  }),
  unfair('one has the VIP', ({ world }) => {
    world.second = undefined;
  }),
];
