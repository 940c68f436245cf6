/** What a person asks for is checked before a broker is needed, in the words of where it was written; then it is done. */

import { beforeEach, describe, expect, it } from 'vitest';
import { append } from '../../../src/broker/entries/stream.ts';
import { readDecision, readDecisions } from '../../../src/broker/store.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import { decisionId } from '../../../src/model/ids.ts';
import { act } from '../../../src/operations/requests/act.ts';
import { answer } from '../../../src/operations/requests/answer.ts';
import { drill } from '../../../src/operations/requests/drill.ts';
import { failover } from '../../../src/operations/requests/failover.ts';
import { pause, resume } from '../../../src/operations/requests/hold.ts';
import { maintain } from '../../../src/operations/requests/maintenance.ts';
import { checkLimited, type Person } from '../../../src/operations/requests/terms.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../../support/clock.ts';
import { HEALTHY, POLICY, POLL, poolOf, tableOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { harnessOn, sweepNow } from '../../workers/evaluate-fixture.ts';

const redis = await redisOfFile();

const HOUR_MS = 3_600_000;
const ANN: Person = { by: 'ann@bastion', via: 'terminal' };
const EVE: Person = { by: 'eve@bastion', via: 'terminal' };
const BOB: Person = { by: 'U0BOB', via: 'slack', groups: [] };
const TERMS = { force: false, ask: false };
const FAR_TOO_LONG = { ...TERMS, forMs: POLICY.longestMs + 1_000 };
const CONFIG = {
  file: 'weir.yaml',
  stateDir: '/nowhere',
  broker: {},
  pools: { logs: poolOf() },
  policy: POLICY,
  poll: POLL,
} as unknown as WeirConfig;

const ignore = () => undefined;

describe('what is wrong is said without a broker, in the words of', () => {
  it.each([
    [
      'a weight',
      'x is no weight',
      () => act(CONFIG, { ...TERMS, action: 'set_weight', member: 'b', weight: 'x' }, ANN),
    ],
    ['no weight', ' is no weight', () => act(CONFIG, { ...TERMS, action: 'set_weight', member: 'b', weight: '' }, ANN)],
    [
      'a large one',
      '65536 is',
      () => act(CONFIG, { ...TERMS, action: 'set_weight', member: 'b', weight: 65_536 }, ANN),
    ],
    ['a member', 'There is no member z', () => act(CONFIG, { ...TERMS, action: 'drain', member: 'z' }, ANN)],
    ['one gone', '--local', () => act(CONFIG, { ...TERMS, action: 'restore', member: 'z' }, ANN)],
    ['a node', 'There is no member logs/z', () => failover(CONFIG, { ...TERMS, pool: 'logs', to: 'z' }, ANN)],
    ['a pool', 'There is no pool z', () => failover(CONFIG, { ...TERMS, pool: 'z' }, ANN)],
    ['a time', '--for: ', () => failover(CONFIG, { ...FAR_TOO_LONG, pool: 'logs' }, ANN)],
    ['a rule', 'There is no member z', () => drill(CONFIG, { rule: 'x', target: 'z' }, ANN)],
    ['no end', 'or --end', () => maintain(CONFIG, { ...TERMS, node: 'a', end: false }, ANN, ignore)],
    ['two ends', 'or --end', () => maintain(CONFIG, { ...TERMS, forMs: 1, node: 'a', end: true }, ANN, ignore)],
    ['nobody', 'has a member z', () => maintain(CONFIG, { ...TERMS, node: 'z', end: true }, ANN, ignore)],
    ['a scope', 'There is no member z', () => pause(CONFIG, { scope: 'z', forMs: HOUR_MS, reason: 'x' }, ANN)],
    ['a long hold', '24 h at most', () => pause(CONFIG, { scope: 'all', forMs: 25 * HOUR_MS, reason: 'x' }, ANN)],
    ['another scope', 'There is no member z', () => resume(CONFIG, 'z', ANN)],
  ])('%s', (_, sentence, ask) => {
    expect(ask).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) }));
  });

  it.each([
    ['a terminal', ANN, '--force needs --reason: it passes rails and pages people.', /^--for: 7 d is not possible/],
    ['Slack', BOB, 'force needs a reason: it passes rails and pages people (because ...).', /^7 d is not possible/],
  ])('%s', (_, person, forced, tooLong) => {
    const drain = { action: 'drain', member: 'b' } as const;

    expect(() => act(CONFIG, { ...TERMS, ...drain, force: true }, person)).toThrow(forced);
    expect(() => act(CONFIG, { ...FAR_TOO_LONG, ...drain }, person)).toThrow(tooLong);
  });

  it.each([
    [ANN, 'silence needs --reason: the next one on call reads it.'],
    [BOB, 'silence needs a reason: the next one on call reads it (because ...).'],
  ])('a silence without a reason', (person, sentence) => {
    const limits = { command: 'silence', maxMs: HOUR_MS };

    expect(() => checkLimited({ forMs: 1, reason: '' }, limits, person)).toThrow(sentence);
    expect(() => checkLimited({ forMs: 0, reason: 'x' }, limits, person)).toThrow('0 ms is not possible');
    expect(() => checkLimited({ forMs: Number.NaN, reason: 'x' }, limits, person)).toThrow('is not possible');
  });
});

describe('on a broker with an evaluation', () => {
  beforeEach(async () => {
    await sweepNow(redis);
    await evaluate();
  });

  const worker = () => harnessOn(redis, { policy: { ...POLICY, settleMs: 0 } });
  const evaluate = () => evaluatePool(poolOf(), worker());

  /** Evaluates until it is done. */
  async function done<Result>(asked: Promise<Result>): Promise<Result> {
    let isOver = false;
    const result = asked.finally(() => {
      isOver = true;
    });
    result.catch(ignore);
    await expect
      .poll(
        async () => {
          await sweepNow(redis);
          await evaluate();
          return isOver;
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(true);
    return result;
  }

  it('a hold is set, refuses a drain, and is removed', async () => {
    const held = await done(pause(CONFIG, { scope: 'logs/b', forMs: HOUR_MS, reason: 'cables' }, ANN)(redis));
    const refused = await done(act(CONFIG, { ...TERMS, action: 'drain', member: 'b' }, BOB)(redis));
    const removed = await done(resume(CONFIG, 'logs/b', BOB)(redis));

    expect(held).toBe(
      'Held for 1 h by ann@bastion: logs/b. Actions under way go on to their end. To end it sooner: weir resume logs/b',
    );
    expect(refused).toMatchObject({ verdict: 'refuse', target: 'b', by: 'person:U0BOB' });
    expect(removed).toEqual(['Hold removed by U0BOB, if there was one: logs/b.']);
  });

  it('a hold on a rule that is not in force is refused where rules are', async () => {
    await expect(done(drill(CONFIG, { rule: 'x', target: 'b' }, ANN)(redis))).rejects.toThrow(
      'There is no rule x in force; with actions there are none.',
    );
  });

  it('a failover leaves the node that has the VIP', async () => {
    const asked = await done(failover(CONFIG, { ...TERMS, pool: 'logs', ask: true }, ANN)(redis));

    expect(asked).toMatchObject({ action: 'failover', target: 'a' });
  });

  it('what the pool holds of a member that only the worker’s weir.yaml has is given back; of nothing else one is', async () => {
    const three = poolOf(['a', 'b', 'c']);
    const restore = (member: string) => act(CONFIG, { ...TERMS, action: 'restore', member }, ANN)(redis);
    await redis.flushall();
    const seen = { members: { a: HEALTHY, b: HEALTHY, c: HEALTHY }, table: tableOf({ a: 100, b: 100, c: 100 }) };
    const look = async () => {
      await sweepNow(redis, seen);
      await evaluatePool(three, worker());
    };
    await look();
    await expect(restore('logs/c')).rejects.toThrow(
      /^There is no member logs\/c.* The pool holds nothing.* `weir restore logs\/c --local` there\.$/,
    );
    const drain = await append(redis, {
      ...{ kind: 'request', pool: 'logs', action: 'drain', target: 'c', by: 'eve@bastion', force: true },
      reason: 'disks',
    });
    await look();
    expect(await readDecision(redis, 'logs', decisionId(drain, 'request', 'c'))).toMatchObject({ state: 'open' });

    const asked = restore('logs/c');
    await expect
      .poll(async () => {
        await look();
        return (await readDecisions(redis, 'logs', 5)).map(({ action, target, state }) => [action, target, state]);
      })
      .toContainEqual(['restore', 'c', 'open']);
    const [{ id = '' } = {}] = (await readDecisions(redis, 'logs', 5)).filter(({ action }) => action === 'restore');
    const about = { kind: 'outcome', pool: 'logs', decision: id, node: 'a', member: 'c' } as const;
    await append(redis, { ...about, at: await brokerNow(redis), result: 'applied', detail: 'c is at 100.' });
    await look();
    await look();

    expect(await asked).toMatchObject({ action: 'restore', target: 'c', state: 'verified' });
    await expect(restore('logs/z')).rejects.toThrow('There is no member logs/z');
    expect(() => restore('other/c')).toThrow('There is no member other/c');
  });

  it('an answer to nothing is refused; one to what waits is noted, with who gave it', async () => {
    await expect(answer(redis, CONFIG, { answer: 'approve', decision: '1-1.x.b' }, BOB)).rejects.toThrow(
      'There is no decision 1-1.x.b',
    );
    const waits = await done(act(CONFIG, { ...TERMS, action: 'drain', member: 'b', ask: true }, ANN)(redis));
    const denied = await done(answer(redis, CONFIG, { answer: 'deny', decision: waits.id }, EVE));

    expect(waits).toMatchObject({ state: 'waiting' });
    expect(denied).toMatchObject({ isApproved: false, decision: { id: waits.id, state: 'denied' } });
    expect(denied.text).toBe(`eve@bastion: deny. Denied.\nMore: weir why ${waits.id}`);
    expect(await readDecisions(redis, 'logs', 5)).toHaveLength(1);
  });
});
