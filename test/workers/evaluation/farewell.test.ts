import { expect, it } from 'vitest';
import { readThreads } from '../../../src/broker/incidents.ts';
import { poolNames } from '../../../src/broker/names.ts';
import { commit, type OutboxItem, readState } from '../../../src/broker/store.ts';
import { type IncidentState, newIncidentState } from '../../../src/tell/incidents/state.ts';
import { sayFarewell } from '../../../workers/evaluation/farewell.ts';
import { brokerNow } from '../../support/clock.ts';
import { PLAN } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { DeskOnPaper } from '../../tell/incidents/fixture.ts';

const redis = await redisOfFile();

/** A pool as its worker left it: a page that people were told of. Its last entry is so old. */
async function pool(name: string, silentMs: number, incidentState: IncidentState): Promise<void> {
  const id = `${(await brokerNow(redis)) - silentMs}-0`;
  await redis.xadd(`weir:{${name}}:stream`, id, 'e', JSON.stringify({ kind: 'tick', pool: name }));
  await commit(redis, name, {
    version: 2,
    ...{ readCursor: '', cursor: id, stateJson: '{"findings":{}}', outbox: [], decisions: [], desired: [], audit: [] },
    ...{ holds: { live: [], ended: [] }, forgotten: [] },
    incidentState: { json: JSON.stringify(incidentState), lastNumber: 1, incidents: [], threads: [] },
  });
}

function openDesk(): IncidentState {
  const paper = new DeskOnPaper();
  paper.fire('member-unwritable', 'b').tick(8);
  return paper.desk;
}

async function farewell(...pools: string[]): Promise<OutboxItem[]> {
  const items: OutboxItem[] = [];
  await sayFarewell({ redis, pools, plan: PLAN, deliver: async (item) => void items.push(item) });
  return items;
}

it('closes what people were told of a pool that weir.yaml has no more, once, and says why', async () => {
  await pool('logs', 700_000, openDesk());
  expect(await farewell('logs2')).toMatchObject([{ queue: 'show', data: { pool: 'logs' } }]);
  const [thread] = await readThreads(redis, 'logs', 10);
  expect(thread).toMatchObject({ state: 'resolved', cause: 'member-unwritable' });
  expect(thread?.items.at(-1)).toMatchObject({
    title: 'Nobody looks for it any more: b: member-unwritable',
    lines: ['weir.yaml has no pool logs any more.'],
  });
  expect(await farewell('logs2')).toEqual([]);
  expect((await readState(redis, 'logs'))?.json).toBe('{"findings":{}}');
});

it.each<[string, number, string[], () => IncidentState]>([
  ['another worker or a node still speaks of it', 500_000, ['logs2'], openDesk],
  ['weir.yaml has it', 700_000, ['logs'], openDesk],
  ['nothing of it is open', 700_000, ['logs2'], () => newIncidentState(0)],
])('touches nothing where %s', async (_, silentMs, pools, incidentState) => {
  await pool('logs', silentMs, incidentState());
  const before = await readState(redis, 'logs');
  expect(await farewell(...pools)).toEqual([]);
  expect(await readState(redis, 'logs')).toEqual(before);
});

it('knows pools by their names in the broker', async () => {
  await pool('logs', 0, newIncidentState(0));
  await pool('a-b.c', 0, newIncidentState(0));
  await redis.hset('weir:{x}:decisions', 'a', 'b');
  expect(await poolNames(redis)).toEqual(['a-b.c', 'logs']);
});
