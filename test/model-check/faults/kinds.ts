/** What a fault of the model is, and whom it hits: the chance decides. */

import type { Node } from '../machines/node.ts';
import { BASE, MEMBERS, POOL } from '../machines/world.ts';
import { evaluate, type Model, pass } from '../model.ts';

type Happens = (model: Model) => Promise<void> | void;

export interface Fault {
  readonly name: string;
  readonly happens: Happens;
  /** It is no reason for Weir to be late: what members do, what keepalived does beside it, what people say. */
  readonly isFair: boolean;
}

/** Something that Weir may need time to get over. */
export function unfair(name: string, happens: Happens): Fault {
  return { name, happens, isFair: false };
}

export function fair(name: string, happens: Happens): Fault {
  return { name, happens, isFair: true };
}

export const someNode = ({ chance, nodes }: Model): Node => chance.pick(nodes);
export const someMember = ({ chance, world }: Model): string => chance.pick(world.members);

/** What a person asks for. */
export interface Wish {
  readonly action: 'drain' | 'restore' | 'set_weight';
  readonly target: string;
  readonly force?: boolean;
  readonly leaseMs?: number;
  readonly weight?: number;
}

export function ask({ broker }: Model, { force = false, ...wish }: Wish): void {
  broker.append({ kind: 'request', pool: POOL.name, by: 'ann', force, ...wish });
}

/** A person holds the pool for so long, and is told that it holds. */
export function holdPool({ broker, world, invariants }: Model, holdMs: number): void {
  const scope = { kind: 'pool' } as const;
  broker.append({ kind: 'hold', pool: POOL.name, scope, by: 'ann', reason: 'no', holdMs });
  // A hold of the same scope takes the place of the one before.
  invariants.decisions.holds = [{ at: world.now, until: world.now + holdMs }];
}

/** So that what comes next is what is seen: nothing else is out of order, and all are well for some seconds. */
export async function setStage(model: Model): Promise<void> {
  await mend(model);
  model.liveness.disturb(model.world.now);
  for (const name of MEMBERS) model.world.befall(name, 'none');
  await pass(model, 6);
}

/** A second in which everybody looks and a worker decides, and no node takes its job yet. */
export async function decide(model: Model): Promise<void> {
  model.world.now += 1_000;
  for (const node of model.nodes) {
    await node.poll();
    model.invariants.polled(node, model);
  }
  await evaluate(model);
}

/** Nodes and the way between them and everything are mended; the members stay as they are, and what people have said. */
export async function mend(model: Model): Promise<void> {
  const { world, nodes, sight } = model;
  [world.second, model.isWorkerCut] = [undefined, false];
  sight.clear();
  for (const node of nodes) {
    const { kernel } = node;
    node.isCut = false;
    node.calendarOffMs = 0;
    node.pause = undefined;
    kernel.lvs.unreadable = false;
    kernel.out.clear();
    if (node.actuator === undefined && world.members.includes(node.name)) await node.start();
    for (const name of MEMBERS) {
      const weight = kernel.lvs.weight(name);
      if (weight === undefined && world.members.includes(name)) kernel.lvs.keepalivedAdds(name, BASE);
    }
  }
}
