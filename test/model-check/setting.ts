/** What is in the model, as those see it who watch it: model.ts sets it in motion. */

import type { BrokerClock } from '../../src/broker/time/clock.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { ClockWatch } from '../../workers/evaluation/clock-watch.ts';
import type { Chance } from './chance.ts';
import type { Broker, Evaluated } from './machines/broker.ts';
import type { Node } from './machines/node.ts';
import type { Parts } from './machines/parts.ts';
import type { Sight } from './machines/sight.ts';
import type { World } from './machines/world.ts';

/** What the invariants have noted (invariants.ts). */
interface WhatWasDone {
  readonly decisions: {
    readonly holds: readonly { readonly at: number; readonly until: number }[];
    readonly spent: ReadonlyMap<string, { readonly decision: Decision; readonly at: number }>;
  };
  readonly acts: { readonly touched: ReadonlySet<string> };
  readonly begunOn: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Since when something is so (liveness.ts). */
interface WhatLasted {
  readonly differedAt: number;
  readonly notAutoAt: number;
  readonly stalledAt: number;
  isOff(setting: Setting): boolean;
  isOutFor(member: string, ms: number, setting: Setting): boolean;
}

export interface Setting {
  readonly world: World;
  readonly sight: Sight;
  readonly broker: Broker;
  readonly nodes: readonly Node[];
  readonly invariants: WhatWasDone;
  readonly liveness: WhatLasted;
  readonly chance: Chance;
  /** What the worker's weir.yaml and rule files say now. */
  parts: Parts;
  readonly firstParts: Parts;
  /** What the weir.yaml of a second worker says, which evaluates by turns with the first; undefined: there is none. */
  otherParts: Parts | undefined;
  turn: number;
  isWorkerCut: boolean;
  /** Of the worker that evaluates, and its watch over it. */
  workerClock: BrokerClock;
  clockWatch: ClockWatch;
  readonly snapshots: ReturnType<Broker['snapshot']>[];
  /** What workers have folded and not committed yet, because they stand still. */
  readonly frozen: Evaluated[];
  /** Jobs that somebody has taken and will bring again, late. */
  readonly strayJobs: ActionJob[];
  readonly verdicts: Record<string, number>;
}
