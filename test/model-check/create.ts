/** A model in its first second: nothing has happened, and no node is started. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PLAN } from '../../src/model/configuration/default-plan.ts';
import { DEFAULT_POLICY } from '../../src/model/configuration/default-policy.ts';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { createChance } from './chance.ts';
import { Invariants } from './invariants/invariants.ts';
import { Liveness } from './invariants/liveness.ts';
import { Broker } from './machines/broker.ts';
import { Node } from './machines/node.ts';
import type { Parts } from './machines/parts.ts';
import { Sight } from './machines/sight.ts';
import { createWorkerClock } from './machines/worker.ts';
import { MEMBERS, POOL, World } from './machines/world.ts';
import { type Model, pass } from './model.ts';

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

/** What needs keepalived, and waits for it in real time, is not in the model. */
const NOT_MODELLED = ['silent-master', 'orphan-vip'];

/** The shipped rules. */
export async function pack(): Promise<RuleSet> {
  const set = await loadRules(['rules']);
  return { ...set, rules: set.rules.filter(({ name }) => !NOT_MODELLED.includes(name)) };
}

/** Plays with a model whose nodes have their state_dirs in a folder of its own, which is gone afterwards. */
export async function withModel<T>(seed: number, rules: RuleSet, play: (model: Model) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(FOLDER, 'weir-model-'));
  const model = createModel(seed, root, rules);
  try {
    return await play(model);
  } finally {
    for (const { actuator } of model.nodes) await actuator?.close();
    await rm(root, { recursive: true, force: true });
  }
}

function createModel(seed: number, root: string, rules: RuleSet): Model {
  const world = new World();
  const sight = new Sight();
  const broker = new Broker(() => world.now);
  // One of them has weight files (FILE_CHECK), as where Weir has built keepalived.conf.
  const parts: Parts = { pool: POOL, policy: POLICY, poll: POLL, plan: DEFAULT_PLAN, ruleSet: rules };
  const nodes = MEMBERS.map((name) => new Node(name, parts, { world, sight, broker, root }, name === 'c'));
  const model: Model = {
    ...{ world, sight, broker, nodes, chance: createChance(seed) },
    ...{ invariants: new Invariants(), liveness: new Liveness() },
    ...createWorkerClock(world, broker),
    ...{
      otherParts: undefined,
      turn: 0,
      parts,
      firstParts: parts,
      isWorkerCut: false,
      snapshots: [],
      frozen: [],
      strayJobs: [],
      verdicts: {},
    },
  };
  const { invariants } = model;
  for (const node of nodes) {
    node.onJob = (job) => invariants.came(node, job);
    node.onOutcome = (job, outcome) => invariants.ran(node, job, outcome);
    node.onLook = () => invariants.looked(node, model);
    node.onNews = (outcome) => invariants.said(node, outcome, model);
    node.kernel.onChange = (change) => invariants.changing(node, change, model);
    node.onPause = (seconds) => pass(model, seconds);
  }
  return model;
}
