/** A thousand consumers: what is done and kept for them grows as they do, and not as their square. Counted, not timed. */

import { describe, expect, it } from 'vitest';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { judge } from '../../src/rails/index.ts';
import { checkRules, loadRules } from '../../src/rules/files/load.ts';
import { foldEntry } from '../../src/rules/fold-entry.ts';
import { type FoldContext, initialState, type PoolState } from '../../src/rules/state/state.ts';
import { HEALTHY, POLICY, POLL, poolOf, sweepOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const pack = await loadRules(['rules']);

/** A rule of somebody who holds each against all others; as long as it is not answering that need not be looked at. */
const LAGS = `version: 1
rules:
  - name: lags
    for_each: consumer
    when: consumer.answering && peers.exists(p, p.answering && p.events_out_rate > 2.0 * consumer.events_out_rate)
    severity: info
    tell: {title: lags}
`;
const withPeers = checkRules([{ file: 'lags.yaml', text: LAGS }]).ruleSet as RuleSet;

/** Signals that were asked for. */
let asked = 0;

function counted(signals: Signals): Signals {
  return new Proxy(signals, {
    get(target, name, receiver) {
      asked += 1;
      return Reflect.get(target, name, receiver);
    },
  });
}

const SILENT: Signals = { answering: false };
const BUSY: Signals = { answering: true, events_in_rate: 100, events_out_rate: 100, worker_utilization: 12 };

/** What an entry costs once everything is as it is, and what is then in the state, in bytes. */
function cost(
  count: number,
  seenAs: (index: number) => Signals,
  ruleSet = pack,
): { reads: number; bytes: number; state: PoolState } {
  const names = Array.from({ length: count }, (_, index) => `logstash-${index}.example.com:9600`);
  const pool = { ...poolOf(), consumers: Object.fromEntries(names.map((name) => [name, `http://${name}`])) };
  const context: FoldContext = { pool, policy: { ...POLICY, settleMs: 0 }, poll: POLL, ruleSet, judge };
  const members = { a: { ...HEALTHY, queue_growth: 10, queue_depth: 5_000 }, b: HEALTHY };
  let state = initialState({
    cursor: `${START}-0`,
    ...{ now: START, settleMs: 0, reason: '', ruleSet, brokerRunId: '' },
  });
  const entries = 90;
  for (let second = 1; second <= entries; second += 1) {
    if (second === entries) asked = 0;
    for (const observer of ['a', 'b']) {
      const at = START + second * 1_000;
      const consumers = Object.fromEntries(names.map((name, index) => [name, counted(seenAs(index))]));
      const sweep: Sweep = sweepOf(observer, at, { members, consumers });
      state = foldEntry(context, state, { id: `${at}-${observer === 'a' ? 0 : 1}`, body: sweep }).state;
    }
  }
  return { reads: asked, bytes: JSON.stringify(state).length, state };
}

describe('an entry for four times as many consumers', () => {
  it.each([
    ['all of them silent', () => SILENT],
    ['every other one silent', (index: number) => (index % 2 === 0 ? SILENT : BUSY)],
    ['all of them busy while the lists grow', () => BUSY],
  ])(
    'costs about four times as much, with %s',
    (_, seenAs) => {
      const few = cost(20, seenAs);
      const many = cost(80, seenAs);
      expect(many.reads / few.reads).toBeLessThan(4.5);
      expect(many.bytes / few.bytes).toBeLessThan(4.5);
    },
    60_000,
  );

  it('also where a rule holds each against all others, as long as that settles nothing', () => {
    const few = cost(20, () => SILENT, withPeers);
    const many = cost(80, () => SILENT, withPeers);
    expect(many.reads / few.reads).toBeLessThan(4.5);
  });

  it('finds each of them all the same', () => {
    const { state } = cost(20, () => SILENT);
    const found = Object.values(state.findings).filter(({ rule }) => rule === 'consumer-silent');
    expect(found.map(({ phase }) => phase)).toEqual(Array(20).fill('firing'));
  });
});
