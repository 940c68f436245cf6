/** One run of the model: so many moves from a seed, every invariant after each, then calm, in which everything heals. */

import type { RuleSet } from '../../src/model/decisions/rule.ts';
import { entryTime } from '../../src/model/ids.ts';
import { withModel } from './create.ts';
import { FAULTS, ILLNESSES, mend, putBack } from './faults/index.ts';
import { ask, type Fault } from './faults/kinds.ts';
import { Broken } from './invariants/broken.ts';
import { BASE, BY_HAND, MEMBERS, POOL } from './machines/world.ts';
import { evaluate, type Model, pass, tick } from './model.ts';

export interface Report {
  readonly seed: number;
  readonly moves: number;
  readonly entries: number;
  readonly changes: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** What must be done in time, and the longest that it took. */
  readonly bounds: string;
  /** The last moves, newest last. */
  readonly trace: readonly string[];
  readonly broken?: string;
}

/**
 * `WEIR_MODEL_WITHOUT=VIP,weir.yaml` leaves out what has one of these in its name: a fault that is known hides others.
 * `WEIR_MODEL_ONLY=loses` plays the others.
 */
const named = (words = '') => {
  const all = words.split(',').filter((word) => word !== '');
  return ({ name }: Fault) => all.some((word) => name.includes(word));
};
const { WEIR_MODEL_WITHOUT: without, WEIR_MODEL_ONLY: only } = process.env;
const PLAYED = FAULTS.filter((fault) => !named(without)(fault) && (only === undefined || named(only)(fault)));

/** Most of the time time passes, and what is broken is mended: with a fault a second there would be nothing to act on. */
async function move(model: Model, happened: (what: string, fault?: Fault) => void): Promise<void> {
  const { chance, world } = model;
  if (chance.once(15)) {
    happened('mended');
    await mend(model);
    if (chance.once(2)) await putBack(model);
    model.liveness.disturb(world.now);
  } else if (!chance.once(6)) {
    happened('tick');
    await tick(model);
  } else {
    const fault = chance.pick(chance.once(2) ? ILLNESSES : PLAYED);
    happened(fault.name, fault);
    if (!fault.isFair) model.liveness.disturb(world.now);
    await fault.happens(model);
    if (!fault.isFair) model.liveness.disturb(world.now);
  }
  model.invariants.ask();
}

export async function run(seed: number, moves: number, rules: RuleSet): Promise<Report> {
  return withModel(seed, rules, (model) => play(model, { seed, moves }));
}

async function play(model: Model, { seed, moves }: Pick<Report, 'seed' | 'moves'>): Promise<Report> {
  const { world, nodes, broker, invariants, verdicts, liveness } = model;
  const faults: Record<string, number> = {};
  const trace: string[] = [];
  let done = 0;
  let broken: string | undefined;
  try {
    for (const node of nodes) await node.start();
    for (; done < moves; done += 1) {
      await move(model, (what, fault) => {
        if (fault !== undefined) faults[what] = (faults[what] ?? 0) + 1;
        trace.push(`${world.now} ${what}`);
      });
      if (trace.length > 200) trace.shift();
    }
    await calm(model);
    invariants.ask();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = `${error.message} (at ${world.now})`;
    trace.push(...whatWasDecided(model));
  }
  return {
    ...{ seed, moves: done, entries: broker.appended, changes: invariants.acts.changes, verdicts, faults, trace },
    bounds: liveness.inWords(),
    ...(broken !== undefined && { broken }),
  };
}

/** How it stands, the last decisions and what became of them: for who looks for the cause. */
function whatWasDecided({ broker, nodes, world, workerClock }: Model): string[] {
  const weir = entryTime(broker.kept.state?.cursor ?? '0-0');
  const clocks = nodes.map((node) => {
    const { name, now, heardAt, isUp, isCut } = node;
    const table = world.members.map((member) => `${member} ${node.kernel.lvs.weight(member)}`).join(', ');
    const how = `${isUp ? 'up' : 'down'}${isCut ? ', cut off' : ''}, heard ${world.now - heardAt} ms ago`;
    return `${name}: ${how}, clock ${now - weir} ms ahead of the cursor, table ${table}`;
  });
  const members = world.members.map((name) => `${name} ${world.trouble(name)} since ${world.since(name)}`).join(', ');
  const times = `cursor ${weir - world.now} ms, broker ${broker.offMs} ms, worker ${workerClock.now() - world.now} ms`;
  const about = `MASTER ${world.master}; ${members}; ahead of true time: ${times}`;
  const decided = [...broker.kept.decisions.values()].slice(-12).map((decision) => {
    const { at, by, action, target, verdict, state, closing, rails } = decision;
    const why = verdict === 'act' ? `${state} ${closing ?? ''}` : (rails.at(-1)?.sentence ?? '');
    return `${at} ${by}: ${action} ${target}: ${verdict} ${why}`;
  });
  return [about, ...clocks, ...decided];
}

/** Everything heals; so long after that nothing may be left behind. */
async function calm(model: Model): Promise<void> {
  const { world, nodes, broker, liveness } = model;
  for (const name of MEMBERS) world.befall(name, 'none');
  [world.master, model.frozen.length, model.strayJobs.length] = [MEMBERS[0], 0, 0];
  for (const { kernel } of nodes) [kernel.diesIn, kernel.lvs.fail] = [undefined, undefined];
  await mend(model);
  await putBack(model);
  liveness.disturb(world.now);
  await pass(model, 200);
  // What people hold they give back.
  for (const target of MEMBERS) ask(model, { action: 'restore', target });
  await pass(model, 60);
  await evaluate(model);
  const { state } = broker.kept;
  const left = [
    ...Object.keys(state?.open ?? {}).map((id) => `${id} is open`),
    ...Object.keys(state?.leases ?? {}).map((id) => `lease ${id} is wanted`),
    ...nodes.flatMap(({ name, actuator }) =>
      (actuator?.liveLeases(POOL.name) ?? []).map(({ id }) => `${name} holds ${id}`),
    ),
    ...nodes.flatMap(({ name, kernel }) =>
      MEMBERS.filter((member) => ![BASE, BY_HAND].includes(kernel.weight(member))).map(
        (member) => `${member} is at ${kernel.weight(member)} on ${name}`,
      ),
    ),
  ];
  if (left.length > 0) throw new Broken(`I12 left behind: ${left.join('; ')}`);
}
