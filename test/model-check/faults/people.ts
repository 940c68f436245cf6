/** What people say and write: requests, holds, weir.yaml, rule files, a node's hold file. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poolOf } from '../../support/pool.ts';
import type { Node } from '../machines/node.ts';
import type { Parts } from '../machines/parts.ts';
import { MEMBERS, POOL } from '../machines/world.ts';
import { type Model, pass } from '../model.ts';
import { ask, type Fault, fair, holdPool, setStage, someMember, someNode, unfair } from './kinds.ts';

/** weir.yaml and keepalived.conf of all get these members; programs that have it are started again. */
async function setMembers(model: Model, members: readonly string[]): Promise<void> {
  const { world, nodes } = model;
  const all = poolOf(MEMBERS);
  const kept = Object.fromEntries(Object.entries(all.members).filter(([name]) => members.includes(name)));
  const pool = { ...all, members: kept };
  model.parts = { ...model.parts, pool };
  if (model.otherParts !== undefined) model.otherParts = { ...model.otherParts, pool };
  world.members = members;
  if (!members.includes(world.master)) world.master = members[0] as string;
  if (world.second !== undefined && !members.includes(world.second)) world.second = undefined;
  for (const node of nodes) {
    node.kernel.check();
    await restart(node, { ...node.parts, pool }, members.includes(node.name));
  }
}

/** The same process with another weir.yaml, where it may run. */
async function restart(node: Node, parts: Parts, mayRun = true): Promise<void> {
  const wasUp = node.actuator !== undefined;
  await node.actuator?.close();
  node.kill();
  node.parts = parts;
  if (wasUp && mayRun) await node.start();
}

async function setHoldFile(node: Node, reason: string | undefined): Promise<void> {
  node.holdFile = reason;
  const path = join(node.stateDir, 'hold');
  if (reason === undefined) await rm(path, { force: true });
  else await writeFile(path, reason);
}

/** What people have written is as it was in the beginning. */
export async function putBack(model: Model): Promise<void> {
  model.parts = { ...model.firstParts, pool: model.parts.pool };
  model.otherParts = undefined;
  for (const node of model.nodes) {
    await setHoldFile(node, undefined);
    if (node.parts.policy !== model.firstParts.policy) await restart(node, model.parts);
  }
  if (model.world.members.length < MEMBERS.length) {
    await setMembers(model, MEMBERS);
    for (const node of model.nodes) if (node.actuator === undefined) await node.start();
  }
}

export const PEOPLE_FAULTS: readonly Fault[] = [
  unfair('a person asks', (model) => {
    const { chance } = model;
    const action = chance.pick(['drain', 'restore', 'set_weight'] as const);
    const more = { force: chance.once(4), leaseMs: 1_000 * (5 + chance.int(40)) };
    const weight = action === 'set_weight' ? { weight: chance.int(120) } : {};
    ask(model, { action, target: someMember(model), ...more, ...weight });
  }),
  fair('a person holds the pool', (model) => holdPool(model, 10_000)),
  fair('a person has looked', ({ broker }) => void broker.append({ kind: 'ack', pool: POOL.name, by: 'ann' })),
  unfair('a member that is ill or held is taken out of weir.yaml', async (model) => {
    const { world, chance } = model;
    if (world.members.length < MEMBERS.length) return;
    const member = someMember(model);
    if (chance.once(2)) {
      for (const name of MEMBERS) world.befall(name, name === member ? 'silent' : 'none');
      await pass(model, 8);
    }
    await setMembers(
      model,
      MEMBERS.filter((name) => name !== member),
    );
  }),
  unfair('what weir.yaml and the files said first they say again', putBack),
  unfair('the mode is off', (model) => {
    model.parts = { ...model.parts, policy: { ...model.parts.policy, mode: 'off' } };
  }),
  unfair('a second worker has a weir.yaml whose mode is off', (model) => {
    model.otherParts = { ...model.parts, policy: { ...model.parts.policy, mode: 'off' } };
  }),
  unfair('a second worker has a weir.yaml with other budgets', (model) => {
    const { policy } = model.parts;
    model.otherParts = { ...model.parts, policy: { ...policy, blockMs: policy.blockMs + 1_000 } };
  }),
  unfair('a second worker is gone, or has the same weir.yaml', (model) => {
    model.otherParts = model.chance.once(2) ? model.parts : undefined;
  }),
  unfair('a node gets the weir.yaml of the worker', (model) => restart(someNode(model), model.parts)),
  unfair('budgets are halved', (model) => {
    const { budgets } = model.firstParts.policy;
    const halved = { ...budgets, target: { ...budgets.target, max: 1 }, pool: { ...budgets.pool, max: 4 } };
    model.parts = { ...model.parts, policy: { ...model.parts.policy, budgets: halved } };
  }),
  unfair('a rule is gone, or another one', (model) => {
    const { ruleSet } = model.firstParts;
    const name = model.chance.pick(['member-unwritable', 'member-filling']);
    const isGone = model.chance.once(2);
    const rules = ruleSet.rules.flatMap((rule) => {
      if (rule.name !== name) return [rule];
      return isGone ? [] : [{ ...rule, hash: `${rule.hash} edited`, forMs: rule.forMs + 1_000 }];
    });
    const inForce = { ...ruleSet, hash: `${ruleSet.hash} ${name} ${isGone}`, rules };
    model.parts = { ...model.parts, ruleSet: inForce };
    // Rules are in force for all workers: each looks at every evaluation what the broker has (workers/rules/rules.ts).
    if (model.otherParts !== undefined) model.otherParts = { ...model.otherParts, ruleSet: inForce };
  }),
  unfair('a node was away while a person drained, and comes back with a hold file', async (model) => {
    const { chance, nodes, world } = model;
    await setStage(model);
    const away = chance.pick(nodes.filter(({ name, isUp }) => isUp && name !== world.master));
    away.isCut = true;
    await setHoldFile(away, 'cables');
    // Where it is heard its file holds the pool.
    await pass(model, 5);
    ask(model, { action: 'drain', target: someMember(model), leaseMs: 30_000 });
    await pass(model, 4);
    away.isCut = false;
    await pass(model, 4);
    await setHoldFile(away, undefined);
  }),
  fair('somebody makes a hold file on a node', (model) => setHoldFile(someNode(model), 'cables')),
  fair('hold files are gone', async ({ nodes }) => {
    for (const node of nodes) await setHoldFile(node, undefined);
  }),
];
