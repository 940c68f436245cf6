/**
 * A host that dies and boots again, with the rules as they are shipped, the pool and the hand of the MASTER: keepalived
 * takes the member out before Weir does, and lists it again while its Redis is still loading.
 */

import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { checkRules } from '../../src/rules/files/load.ts';
import { HEALTHY, SILENT, sweepOf } from '../support/pool.ts';
import { START, world } from '../support/world.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';
import { createFakeLvs } from './fake-lvs.ts';

const PRODUCING: Signals = { ...HEALTHY, refusal: '', take_rate: 5, push_rate: 10, active_connections: 4 };
const LOADING: Signals = { answering: true, writable: false, refusal: 'LOADING' };

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

interface Times {
  readonly downS: number;
  readonly loadingS: number;
  /** How long it is well again before it hangs for good; all but the last 5 s of it pass at once. */
  readonly hangsAfterS?: number;
  readonly totalS: number;
  /** keepalived reads Weir's weight file. */
  readonly followed: boolean;
}

const DIES_S = 10;

async function play({ downS, loadingS, hangsAfterS = 1_000_000, totalS, followed }: Times) {
  const text = await readFile(new URL('../../rules/members.yaml', import.meta.url), 'utf8');
  const { ruleSet, problems } = checkRules([{ file: 'members.yaml', text }]);
  if (ruleSet === undefined) throw new Error(JSON.stringify(problems));
  const lvs = createFakeLvs({ a: 100, b: 100 });
  let own = 100;
  const node = await createFixture({
    lvs,
    raise: { steps: [10, 25, 50, 100], everyMs: 10_000 },
    async setOwnWeight(_pool, _member, weight) {
      if (!followed || weight === own) return false;
      own = weight;
      lvs.somebodySets('b', weight);
      return true;
    },
  });
  fixture = node;
  node.master = true;
  node.now = START;
  const pool = world(ruleSet.rules);
  const closed: string[] = [];
  const outcomes: Outcome[] = [];
  const fold = async (body: Parameters<typeof pool.fold>[1]): Promise<void> => {
    const { events, jobs } = pool.fold(node.now - START, body);
    for (const event of events)
      if (event.type === 'closed') closed.push(`${event.decision.target} ${event.decision.state}`);
    for (const job of jobs.filter((one) => one.node === 'a')) {
      const outcome = await node.run(job);
      outcomes.push(outcome);
      await fold(outcome);
    }
  };

  const upS = DIES_S + downS;
  let loadingWithWeight = 0;
  for (let second = 0; second < totalS; second += 1) {
    if (hangsAfterS < 1_000_000 && second === upS + loadingS + 80) {
      node.now += (hangsAfterS - 85) * 1_000;
      second += hangsAfterS - 85;
    }
    const dead = second >= DIES_S && second < upS;
    const loading = second >= upS && second < upS + loadingS;
    const hung = second >= upS + loadingS + hangsAfterS;
    const b = dead || hung ? SILENT : loading ? LOADING : PRODUCING;
    // keepalived's check of a dead host takes 3 to 4 s, Weir 5: until then b's own last sweep is fresh.
    if (second === DIES_S + 3) lvs.keepalivedRemoves('b');
    if (second === upS + 2) lvs.keepalivedAdds('b', own);
    node.writable = { a: true, b: b === PRODUCING };
    await node.poll(1_000);
    for (const outcome of node.said.splice(0)) await fold(outcome);
    if (loading && (lvs.weight('b') ?? 0) > 0) loadingWithWeight += 1;
    const members = { a: PRODUCING, b };
    const sees = { members, table: await lvs.read(node.pool), leases: node.actuator.liveLeases('logs') };
    await fold(sweepOf('a', node.now, sees));
    const { director: _, table: __, ...observer } = sweepOf('worker-w', node.now, { members });
    await fold(observer);
    if (!dead) await fold(sweepOf('b', node.now, { members, table: sees.table }));
  }
  return { pool, lvs, closed, outcomes, loadingWithWeight };
}

describe('keepalived took the member out before Weir decided', () => {
  it('it is taken in advance: where keepalived reads the weight file no producer meets LOADING', async () => {
    const { loadingWithWeight, closed, outcomes, lvs, pool } = await play({
      ...{ downS: 60, loadingS: 20, totalS: 150, followed: true },
    });
    expect(loadingWithWeight).toBe(0);
    expect(closed).toEqual(['b verified']);
    expect(outcomes[0]).toMatchObject({
      result: 'applied',
      detail: expect.stringMatching(/not in this node's table.*comes back at 0/),
    });
    expect(lvs.weight('b')).toBe(100);
    expect(pool.state.strikes.count).toBe(0);
  });

  it('where it does not, b has its old weight for one poll', async () => {
    const { loadingWithWeight, lvs } = await play({ downS: 60, loadingS: 20, totalS: 150, followed: false });
    expect(loadingWithWeight).toBeLessThanOrEqual(1);
    expect(lvs.weight('b')).toBe(100);
  });

  it('and what it does half an hour later is acted on as ever', async () => {
    const { closed, lvs } = await play({
      ...{ downS: 60, loadingS: 0, hangsAfterS: 1_500, totalS: 1_590, followed: false },
    });
    expect(closed).toEqual(['b verified', 'b verified']);
    expect(lvs.weight('b')).toBe(0);
  });
});
