/** The fold of a worker without its look-ups: what was said in a time that nobody evaluated, and what was seen then. */

import { expect, it } from 'vitest';
import type { Entry } from '../../../src/model/entries/entry.ts';
import { judge } from '../../../src/rails/index.ts';
import { newIncidentState } from '../../../src/tell/incidents/state.ts';
import { foldEntries } from '../../../workers/evaluation/fold.ts';
import { HEALTHY, PLAN, POLICY, POLL, poolOf, SILENT } from '../../support/pool.ts';
import { ruleSet, START, unwritable, world } from '../../support/world.ts';

const RULES = [unwritable()];

it('no rule acts on a word of a gap, though the sweeps before it are a second old and would have it fire', () => {
  const seen = world(RULES);
  const frozen = { members: { a: HEALTHY, b: SILENT } };
  seen.sweeps(0);
  for (const at of [1_000, 1_500]) seen.sweeps(at, frozen);
  const word: Entry = { id: `${START + 2_200}-0`, body: { kind: 'ack', pool: 'logs', by: 'ann' } };
  const context = { pool: poolOf(), policy: POLICY, poll: POLL, ruleSet: ruleSet(RULES), judge };
  const input = { context, plan: PLAN, state: seen.state, incidentState: newIncidentState(START), events: [] };

  const gap = { after: seen.state.cursor, upTo: `${START + 60_000}-0`, words: [word] };
  const folded = foldEntries({ ...input, entries: [], gap }, []);
  expect(folded.jobs).toEqual([]);
  expect([...folded.decisions.values()]).toEqual([]);
  expect(folded.state).toMatchObject({ cursor: gap.upTo, ackedAt: START + 2_200 });
  // Read in time it would have been acted on.
  expect(foldEntries({ ...input, entries: [word] }, []).jobs).toHaveLength(2);
});

it('what is counted of a member stays while the worker that folds does not know it and another one does', () => {
  const pool = poolOf(['a', 'b']);
  const edition = { worker: 'w2 (weir.yaml)', hash: 'ab', mode: 'auto' as const };
  const context = { pool, policy: POLICY, poll: POLL, ruleSet: ruleSet(RULES), judge, edition };
  const { state } = world(RULES, { pool, edition });
  const counted = { ...newIncidentState(START), fired: { 'member-unwritable/c': [START] } };
  const fold = (atMs: number, body: Entry['body'], from = state) => {
    const entries: Entry[] = [{ id: `${START + atMs}-0`, body }];
    return foldEntries({ context, plan: PLAN, state: from, incidentState: counted, events: [], entries }, []);
  };
  const tick = { kind: 'tick', pool: 'logs' } as const;
  const other = { kind: 'edition', pool: 'logs', worker: 'w1 (weir.yaml)' } as const;
  const differ = fold(50_000, { ...other, edition: { hash: 'abc', mode: 'auto' } }).state;
  expect(fold(51_000, tick, differ).incidentState.fired).toEqual(counted.fired);
  const agree = fold(50_000, { ...other, edition: { hash: 'ab', mode: 'auto' } }).state;
  expect(fold(51_000, tick, agree).incidentState.fired).toEqual({});
});
