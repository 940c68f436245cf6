/** What an evaluation of a pool with many silent consumers costs, beside one with a tenth of them in the same run. */

import { bench, describe } from 'vitest';
import type { Signals } from '../../src/model/readings/signals.ts';
import { judge } from '../../src/rails/index.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { foldEntry } from '../../src/rules/fold-entry.ts';
import { type FoldContext, initialState } from '../../src/rules/state/state.ts';
import { POLICY, POLL, poolOf, sweepOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const ruleSet = await loadRules(['rules']);
const SILENT: Signals = { answering: false };
const BUSY: Signals = { answering: true, events_in_rate: 100, events_out_rate: 100, worker_utilization: 12 };
const OBSERVERS = ['a', 'b', 'worker-w'];

/** Folds one more sweep in which every so many-th consumer is silent; more than a minute is behind it, so all of these fire. */
function silent(count: number, every = 1): () => void {
  const names = Array.from({ length: count }, (_, index) => `logstash-${index}.example.com:9600`);
  const pool = { ...poolOf(), consumers: Object.fromEntries(names.map((name) => [name, `http://${name}`])) };
  const context: FoldContext = { pool, policy: POLICY, poll: POLL, ruleSet, judge };
  let state = initialState({
    cursor: `${START}-0`,
    ...{ now: START, settleMs: 0, reason: '', ruleSet, brokerRunId: '' },
  });
  let at = START;
  let sequence = 0;
  const fold = () => {
    const observer = OBSERVERS[sequence % OBSERVERS.length] as string;
    sequence += 1;
    if (observer === 'a') at += 1_000;
    const consumers = Object.fromEntries(names.map((name, index) => [name, index % every === 0 ? SILENT : BUSY]));
    const body = sweepOf(observer, at, { consumers });
    state = foldEntry(context, state, { id: `${at}-${sequence}`, body }).state;
  };
  for (let i = 0; i < 70 * OBSERVERS.length; i += 1) fold();
  return fold;
}

describe('one evaluation while consumers are silent', () => {
  bench('100 consumers', silent(100));
  bench('1,000 consumers', silent(1_000));
  bench('1,000 consumers, half of them answer', silent(1_000, 2));
});
