/** One run of the model: so many moves from a seed, every invariant after each, then calm, in which everything heals. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_POLICY } from '../../src/model/policy.ts';
import type { RuleSet } from '../../src/model/rule.ts';
import { Broker } from './broker.ts';
import { createChance } from './chance.ts';
import { FAULTS, ILLNESSES, mend } from './faults.ts';
import { Broken, Invariants } from './invariants.ts';
import { evaluate, type Model, tick } from './model.ts';
import { Node } from './node.ts';
import { BASE, BY_HAND, MEMBERS, POOL, World } from './world.ts';

/** Tight enough that budgets are reached, loose enough that something happens; a minute counts as an hour. */
const MINUTE = 60_000;
const POLICY = {
  ...{ ...DEFAULT_POLICY, mode: 'auto' as const, settleMs: 5_000, minSecondsToFull: 60, blockMs: 5_000 },
  budgets: {
    target: { max: 3, perMs: MINUTE },
    rule: { max: 6, perMs: MINUTE },
    kind: { max: 6, perMs: MINUTE },
    pool: { max: 7, perMs: MINUTE },
  },
  breaker: { unverified: 3, rearmMs: MINUTE },
};
const POLL = { intervalMs: 1_000, timeoutMs: 500, windowMs: 15_000, staleAfterMs: 3_000 };

/** In memory where there is such a folder: processes die in the model, not machines, and thousands of fsync wait for a disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface Report {
  readonly seed: number;
  readonly moves: number;
  readonly entries: number;
  readonly changes: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** The last moves, newest last. */
  readonly trace: readonly string[];
  readonly broken?: string;
}

export async function run(seed: number, moves: number, rules: RuleSet): Promise<Report> {
  const root = await mkdtemp(join(FOLDER, 'weir-model-'));
  const world = new World();
  const broker = new Broker(() => world.now);
  const nodes = MEMBERS.map((name) => new Node(name, root, world, broker));
  const invariants = new Invariants();
  const model: Model = {
    ...{ world, broker, nodes, invariants, chance: createChance(seed) },
    parts: { pool: POOL, policy: POLICY, poll: POLL, ruleSet: rules },
    ...{ isWorkerCut: false, snapshots: [], frozen: [], strayJobs: [], entries: 0, verdicts: {} },
  };
  const faults: Record<string, number> = {};
  const trace: string[] = [];
  let done = 0;
  let broken: string | undefined;
  try {
    for (const node of nodes) {
      // What is thrown in there the hand would take for a failure of ipvsadm.
      node.onOutcome = (job, outcome) => invariants.ran(node.name, job, outcome);
      node.onChange = (change) => invariants.noteChange(change);
      await node.start();
    }
    for (; done < moves; done += 1) {
      // Most of the time time passes, and what is broken is mended: with a fault a second there would be nothing to act on.
      if (model.chance.once(15)) {
        trace.push(`${world.now} mended`);
        await mend(model);
      } else if (!model.chance.once(6)) {
        trace.push('tick');
        await tick(model);
      } else {
        const [name, fault] = model.chance.pick(model.chance.once(2) ? ILLNESSES : FAULTS);
        faults[name] = (faults[name] ?? 0) + 1;
        trace.push(`${world.now} ${name}`);
        await fault(model);
      }
      invariants.ask();
      if (trace.length > 200) trace.shift();
    }
    await calm(model);
    invariants.ask();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error.message;
  } finally {
    for (const { hand } of nodes) await hand?.close();
    await rm(root, { recursive: true, force: true });
  }
  const { entries, verdicts } = model;
  return {
    seed,
    moves: done,
    entries,
    changes: invariants.changes,
    verdicts,
    faults,
    trace,
    ...(broken !== undefined && { broken }),
  };
}

/** Everything heals; so long after that nothing may be left behind. */
async function calm(model: Model): Promise<void> {
  const { world, nodes, broker } = model;
  for (const name of MEMBERS) world.trouble.set(name, 'none');
  [world.master, world.second, model.isWorkerCut] = [MEMBERS[0], undefined, false];
  for (const node of nodes) {
    [node.isCut, node.clockOffMs, node.diesIn, node.lvs.fail, node.lvs.unreadable] = [
      false,
      0,
      undefined,
      undefined,
      false,
    ];
    if (node.hand === undefined) await node.start();
    for (const name of MEMBERS) if (node.lvs.weight(name) === undefined) node.lvs.keepalivedAdds(name, BASE);
  }
  for (let second = 0; second < 200; second += 1) await tick(model);
  // What people hold they give back.
  for (const member of MEMBERS) {
    broker.append({ kind: 'request', pool: POOL.name, action: 'restore', target: member, by: 'ann', force: false });
  }
  for (let second = 0; second < 60; second += 1) await tick(model);
  await evaluate(model);
  const { state } = broker.kept;
  const left = [
    ...Object.keys(state?.open ?? {}).map((id) => `${id} is open`),
    ...Object.keys(state?.leases ?? {}).map((id) => `lease ${id} is wanted`),
    ...nodes.flatMap(({ name, hand }) => (hand?.liveLeases(POOL.name) ?? []).map(({ id }) => `${name} holds ${id}`)),
    ...nodes.flatMap(({ name, lvs }) =>
      MEMBERS.filter((member) => ![BASE, BY_HAND].includes(lvs.weight(member) ?? -1)).map(
        (member) => `${member} is at ${lvs.weight(member)} on ${name}`,
      ),
    ),
  ];
  if (left.length > 0) throw new Broken(`I12 left behind: ${left.join('; ')}`);
}
