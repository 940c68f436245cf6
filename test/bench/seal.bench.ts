/**
 * What a seal costs beside the evaluation of the entry that it is on: a pool of five members, as 200 of them would be one
 * worker's. `npm run bench` then has the whole worker.
 */

import { createHmac } from 'node:crypto';
import { bench, describe } from 'vitest';
import { readEntry } from '../../src/broker/entries/entries.ts';
import { newKeyPair, privateKeyOf } from '../../src/broker/seal/keys.ts';
import { createSeal } from '../../src/broker/seal/seal.ts';
import { judge } from '../../src/rails/index.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { foldEntry } from '../../src/rules/fold-entry.ts';
import { type FoldContext, initialState } from '../../src/rules/state/state.ts';
import { HEALTHY_MEMBER, healthyDirector } from '../../src/rules/testing/healthy.ts';
import { POLICY, POLL, poolOf, sweepOf, tableOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const { privateText, publicText } = newKeyPair();
const seal = createSeal({
  mode: 'require',
  role: 'node',
  key: privateKeyOf(privateText),
  public: { node: { '*': [publicText] }, worker: [], terminal: [] },
  members: { logs: new Set(NAMES) },
});
const sweep = sweepOf('a', START, {
  members: Object.fromEntries(NAMES.map((name) => [name, { ...HEALTHY_MEMBER }])),
  table: tableOf(Object.fromEntries(NAMES.map((name) => [name, 100]))),
  director: healthyDirector(true, NAMES.length),
});
const text = seal.sealed(sweep, { pool: 'logs', kind: 'sweep', until: START + 60_000 });
const id = `${START}-0`;
const ruleSet = { ...(await loadRules(['rules'])), hash: 'bench' };
const context: FoldContext = { pool: poolOf(NAMES), policy: POLICY, poll: POLL, ruleSet, judge };

describe(`an entry of a pool of ${NAMES.length} members, ${text.length} bytes`, () => {
  let state = initialState({ cursor: id, ...{ now: START, settleMs: 0, reason: '', ruleSet, brokerRunId: '' } });
  let at = START;
  bench('folded, and its state as JSON', () => {
    at += 200;
    state = foldEntry(context, state, { id: `${at}-0`, body: { ...sweep, at } }).state;
    JSON.stringify(state);
  });
  bench('read, without asking for a seal', () => void readEntry('logs', id, text));
  bench('read, with its seal', () => void readEntry('logs', id, text, seal));
  bench('sealed', () => void seal.sealed(sweep, { pool: 'logs', kind: 'sweep', until: START + 60_000 }));
  bench('an HMAC of it', () => void createHmac('sha256', privateText).update(text).digest());
});
