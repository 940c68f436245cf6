/** What holds the faults' promises can fail; and the bench's table is one that the kernel could have written. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startLink } from '../../lab/chaos/bench/link.ts';
import { renderKernel } from '../../lab/chaos/bench/table.ts';
import { FAULTS } from '../../lab/chaos/catalogue/index.ts';
import { holdAlways, type Seen } from '../../lab/chaos/fault.ts';
import { printTimeline } from '../../lab/chaos/timeline.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import { parseIpVs } from '../../src/observe/director/parse-ip-vs.ts';
import { startRedis } from '../support/redis.ts';

const AT = 1_000_000;
const DRAIN = {
  ...{ id: `${AT}-1.member-unwritable.b`, at: AT, verdict: 'act', action: 'drain', target: 'b', leaseMs: 1_800_000 },
  ...{ nodes: ['a', 'b'], history: [] },
} as unknown as Decision;
const lowered = (at: number) => ({ at, destination: '127.0.1.2:6379', before: 100, after: 0 });

function seen(parts: Partial<Seen>): Seen {
  return { decisions: [DRAIN], changes: { a: [], b: [] }, told: [], seconds: 1, ...parts };
}

describe('what is held after every fault', () => {
  it('holds when each node lowered a weight once, soon after the decision', () => {
    holdAlways(seen({ changes: { a: [lowered(AT + 100)], b: [lowered(AT + 200)] } }));
  });

  it('does not when a node lowered it twice by one decision', () => {
    const twice = seen({ changes: { a: [lowered(AT + 100), lowered(AT + 5_000)], b: [] } });
    expect(() => holdAlways(twice)).toThrow('2 weights taken away by 1 decisions');
  });

  it('does not when a node acted long after the lease was over', () => {
    const ended = { node: 'b', at: AT + 20_000, result: 'ended', detail: '' } as const;
    const late = seen({
      decisions: [{ ...DRAIN, history: [ended] }],
      changes: { a: [lowered(AT + 60_000)], b: [] },
    });
    expect(() => holdAlways(late)).toThrow('a acted 60000 ms late');
  });
});

it('docs/faults.md has every fault, and no other', () => {
  const rows = readFileSync(join(import.meta.dirname, '../../docs/faults.md'), 'utf8').split('\n');
  const cells = rows.filter((row) => /^\| `/.test(row)).map((row) => row.split('|')[1] ?? '');
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? ''));
  const faults = FAULTS.map(({ name }) => name).filter((name) => name !== 'nothing');
  expect(named.sort()).toEqual([...faults].sort());
});

it('the table of the bench reads as one of the kernel', () => {
  const rows = {
    '127.0.1.1:6400': { weight: 100, upper: 0, lower: 0 },
    '127.0.1.2:6400': { weight: 0, upper: 0, lower: 0 },
  };
  expect(parseIpVs(renderKernel({ service: '127.0.0.1:6400', rows }))).toEqual([
    {
      ...{ protocol: 'TCP', address: '127.0.0.1', port: 6400, scheduler: 'wrr' },
      destinations: [
        { address: '127.0.1.1', port: 6400, forwarding: 'Route', weight: 100, active: 0, inactive: 0 },
        { address: '127.0.1.2', port: 6400, forwarding: 'Route', weight: 0, active: 0, inactive: 0 },
      ],
    },
  ]);
});

it('a timeline says once what is said ten thousand times', () => {
  const many = Array.from({ length: 50 }, (_, index) => ({
    at: AT + index,
    who: 'node',
    what: `job ${index} dropped`,
  }));
  const text = printTimeline('many', AT, [...many, { at: AT + 100, who: 'node', what: 'done' }]);
  expect(text.trim().split('\n')).toHaveLength(1 + 3 + 1 + 1);
  expect(text).toContain('... and 47 more like these');
});

it('a link that is cut delivers what was sent when it is back', async () => {
  const server = await startRedis({ tcp: true });
  const link = await startLink({ host: '127.0.0.1', target: { host: '127.0.0.1', port: server.port } });
  const redis = new Redis(link.port, '127.0.0.1');
  await redis.ping();
  link.set('silent');
  const answer = redis.ping();
  expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing');
  link.set('pass');
  expect(await answer).toBe('PONG');
  redis.disconnect();
  await link.stop();
  await server.stop();
});

it('a link that breaks answers off lets half of each through', async () => {
  const server = createServer((socket) => socket.end('12345678')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = { host: '127.0.0.1', port: (server.address() as { port: number }).port };
  const link = await startLink({ host: '127.0.0.1', target });
  link.set('half');
  const socket = connect(link.port, '127.0.0.1');
  const [data] = (await once(socket, 'data')) as [Buffer];
  expect(data.toString()).toBe('1234');
  socket.destroy();
  await link.stop();
  server.close();
});
