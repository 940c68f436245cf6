import { describe, expect, it } from 'vitest';
import { append } from '../../../src/broker/entries/stream.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import type { EditionWord } from '../../../src/model/configuration/edition.ts';
import { readStatus } from '../../../src/operations/views/status.ts';
import type { FoldEvent } from '../../../src/rules/state/draft.ts';
import { startEditions } from '../../../workers/evaluation/editions.ts';
import { type EvaluateDependencies, evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../../support/clock.ts';
import { HEALTHY, PLAN, POLICY, POLL, poolOf, SILENT, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { harnessOn, stateOf } from '../evaluate-fixture.ts';

const redis = await redisOfFile();

function workerOf(mode: 'off' | 'auto', events: string[]): EvaluateDependencies {
  const told = (event: FoldEvent) => `${mode}: ${event.type === 'settling' ? event.reason : event.type}`;
  return harnessOn(redis, {
    worker: `${mode} (weir.yaml)`,
    policy: { ...POLICY, mode, settleMs: 0 },
    plan: PLAN,
    onEvents: (all) => events.push(...all.map(told)),
  });
}

async function sweeps(parts: Parameters<typeof sweepOf>[2]): Promise<void> {
  const now = await brokerNow(redis);
  for (const node of ['a', 'b']) await append(redis, sweepOf(node, now, parts));
}

describe('two workers whose weir.yaml differ in policy.mode, by turns', () => {
  it('people hear of it once, and neither acts', async () => {
    const events: string[] = [];
    const workers = [workerOf('auto', events), workerOf('off', events)];
    for (let turn = 0; turn < 6; turn += 1) {
      await sweeps(turn < 2 ? {} : { members: { a: HEALTHY, b: SILENT } });
      await evaluatePool(poolOf(), workers[turn % 2] as EvaluateDependencies);
    }
    expect(events.filter((one) => one.includes('weir.yaml of'))).toEqual([
      'off: weir.yaml of off (weir.yaml) is another one than before',
    ]);
    const decisions = await readDecisions(redis, 'logs', 10);
    expect(decisions.map(({ verdict, rails }) => [verdict, rails.at(-1)?.rail])).toEqual([['refuse', 'mode']]);
  });

  it('stands in the status: who has which, the mode that holds, and that a third file is none of them', async () => {
    const events: string[] = [];
    for (const mode of ['auto', 'off'] as const) {
      await sweeps({});
      await evaluatePool(poolOf(), workerOf(mode, events));
    }
    const read = async (mode: 'auto' | 'shadow') => {
      const rest = {
        file: 'weir.yaml',
        pools: { logs: poolOf() },
        policy: { ...POLICY, mode, settleMs: 0 },
        poll: POLL,
      };
      return readStatus(redis, rest as unknown as WeirConfig);
    };
    const { pools, troubles } = await read('auto');
    expect(pools[0]?.mode).toBe('off');
    const said = troubles.filter((one) => one.includes('weir.yaml'));
    expect(said).toEqual([
      'weir.yaml is not the same everywhere for pool logs: auto (weir.yaml) has one; off (weir.yaml) has another; of a, b nobody knows (an older Weir). Until it is, the mode is off, the lowest.',
    ]);
    expect((await read('shadow')).troubles.join()).toContain('What weir.yaml says here of pool logs is something else');
  });

  it('goes on with the state of a version that knew of no editions', async () => {
    const events: string[] = [];
    await sweeps({});
    await evaluatePool(poolOf(), workerOf('auto', events));
    const { editions: _, ...old } = await stateOf(redis);
    await redis.hset('weir:{logs}:state', 'json', JSON.stringify(old));
    await sweeps({});
    await evaluatePool(poolOf(), workerOf('auto', events));
    expect(Object.keys((await stateOf(redis)).editions)).toEqual(['auto (weir.yaml)']);
    expect(events.filter((one) => one.includes('weir.yaml of'))).toEqual([]);
  });
});

describe("a worker's word of its weir.yaml", () => {
  it('is said of each pool before anything else, and taken back when it stops', async () => {
    const words: EditionWord[] = [];
    const pools = { logs: poolOf(), other: { ...poolOf(), name: 'other' } };
    const editions = await startEditions({
      config: { pools, policy: POLICY, poll: POLL },
      worker: 'w1 (weir.yaml)',
      farewell: async () => {},
      append: async (word) => words.push(word),
      onError: (error) => expect.fail(String(error)),
    });
    expect(words.map(({ pool, edition }) => [pool, edition?.mode])).toEqual([
      ['logs', 'auto'],
      ['other', 'auto'],
    ]);
    await editions.stop();
    expect(words.slice(-2).map(({ pool, edition }) => [pool, edition])).toEqual([
      ['logs', undefined],
      ['other', undefined],
    ]);
  });
});
