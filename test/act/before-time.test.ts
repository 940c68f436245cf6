/** A node that starts while the broker is away, on a machine whose clock is a day ahead: what it writes down by then. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createNodeAudit } from '../../src/act/audit/audit.ts';
import { readAuditFiles } from '../../src/act/audit/audit-file.ts';
import { type BrokerClock, createBrokerClock } from '../../src/broker/time/clock.ts';
import type { DesiredLease } from '../../src/model/decisions/action.ts';
import { latestKnown } from '../../src/operations/node-actuator.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

const DAY = 86_400_000;
const RAISE = { steps: [25, 100], everyMs: 5_000 };

let node: Fixture;
/** Broker time, which runs on however long the node has not heard it. */
let truth: number;
let isBrokerAway: boolean;
let clock: BrokerClock;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  node = await createFixture({ raise: RAISE });
  truth = node.now;
  vi.setSystemTime(truth + DAY);
  node.writable.b = false;
  await node.poll(1_000);
});
afterEach(async () => {
  await node.end();
  vi.useRealTimers();
});

/** A second of the broker's, of the machine's, and a poll by the clock that the node has. */
async function second(count = 1): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    truth += 1_000;
    vi.setSystemTime(truth + DAY);
    await clock.sync().catch(() => undefined);
    node.isTimeKnown = clock.synced;
    node.now = clock.now();
    await node.poll(0);
  }
}

/** Drains b, then the process dies and another one starts without the broker, an hour later. */
async function startAlone(change: () => Promise<void> = async () => undefined): Promise<DesiredLease> {
  const lease = { weight: 0, until: node.now + DAY, owner: 'rule:member-unwritable', reason: 'b is not writable' };
  const job = node.job({ lease });
  await node.run(job);
  node.writable.b = true;
  await node.poll(1_000);
  await change();
  truth = node.now + 3_600_000;
  vi.setSystemTime(truth + DAY);
  isBrokerAway = true;
  clock = createBrokerClock(
    async () => {
      if (isBrokerAway) throw new Error('away');
      return { clock: truth, lead: 0 };
    },
    { monotonic: () => truth, startsFrom: await latestKnown(node.stateDir) },
  );
  node.isTimeKnown = false;
  node.now = clock.now();
  await node.restart();
  return { ...lease, id: job.decision, pool: 'logs', member: 'b', entryId: job.entryId };
}

it('goes by no time that is later than it is', async () => {
  await startAlone();
  expect(node.now).toBeLessThanOrEqual(truth);
  await second(10);
  expect(node.now).toBeLessThanOrEqual(truth);
  isBrokerAway = false;
  await second();
  expect(node.now).toBe(truth);
});

it('goes on to give weight back when broker time is known, where keepalived has listed the member again before', async () => {
  await startAlone(async () => {
    const [lease] = node.actuator.liveLeases('logs');
    const { lease: _, ...end } = node.job({ action: 'restore', leaseIds: [lease?.id ?? ''] });
    await node.run(end as never);
    expect(node.lvs.weight('b')).toBe(25);
  });
  node.lvs.keepalivedRemoves('b');
  await second(2);
  node.lvs.keepalivedAdds('b', 100);
  await second(2);
  expect(node.lvs.weight('b')).toBe(25);
  isBrokerAway = false;
  await second(8);
  expect(node.lvs.weight('b')).toBe(100);
});

it('puts a lease back as often as ever, when broker time is known', async () => {
  await startAlone();
  for (let time = 0; time < 3; time += 1) {
    node.lvs.keepalivedRemoves('b');
    await second();
    node.lvs.keepalivedAdds('b', 100);
    await second();
  }
  isBrokerAway = false;
  await second(61);
  node.lvs.keepalivedRemoves('b');
  await second();
  node.lvs.keepalivedAdds('b', 100);
  await second();
  expect(node.lvs.weight('b')).toBe(0);
  expect(node.said.map(({ result }) => result)).not.toContain('contested');
});

it('tells the pool of an end by a person at once, when it reads that the lease is still desired', async () => {
  const desired = await startAlone();
  await second();
  await node.actuator.restore('logs', 'b', 'ann');
  // A process that has told nobody.
  await node.restart();
  node.said.length = 0;
  isBrokerAway = false;
  await second(31);
  await node.actuator.takeDesired([desired]);
  expect(node.said).toMatchObject([{ result: 'ended', decision: desired.id }]);
  expect(node.lvs.weight('b')).toBe(100);
});

it('remembers other ends as long as ever: what is over by its machine’s clock alone is not forgotten', async () => {
  const desired = await startAlone();
  await node.actuator.restore('logs', 'b', 'ann');
  vi.setSystemTime(truth + 3 * DAY);
  await node.restart();
  isBrokerAway = false;
  await second();
  await node.actuator.takeDesired([desired]);
  expect(node.lvs.weight('b')).toBe(100);
  const text = await readFile(join(node.stateDir, 'leases.json'), 'utf8');
  const { pools } = JSON.parse(text) as { pools: { logs: { ended: Record<string, { at: number }> } } };
  expect(pools.logs.ended[desired.id]?.at).toBeLessThanOrEqual(truth);
});

it('writes into its audit what its machine’s clock says as such, beside a time that it knows', async () => {
  await startAlone();
  await second();
  await node.actuator.restore('logs', 'b', 'ann');
  await expect
    .poll(async () => (await readAuditFiles(node.stateDir, 'logs')).at(-1), { timeout: 50_000 })
    .toMatchObject({ body: { kind: 'lease', result: 'ended', machineAt: truth + DAY } });
  const records = await readAuditFiles(node.stateDir, 'logs');
  expect(records.at(-1)?.at).toBeLessThanOrEqual(truth);
  expect(records[0]?.body).not.toHaveProperty('machineAt');
});

it('calls a chain that begins anew by another name each time, though no time is known', async () => {
  const names = new Set<string>();
  for (let time = 0; time < 2; time += 1) {
    vi.setSystemTime(truth + DAY + time);
    const audit = createNodeAudit({
      ...{ stateDir: node.stateDir, node: 'a', pool: `new-${time}` },
      isTimeKnown: () => false,
    });
    await audit.start(5_000);
    names.add(audit.writer);
  }
  expect(names.size).toBe(2);
});
