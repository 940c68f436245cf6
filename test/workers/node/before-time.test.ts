/** Processes that start while the broker is away: what they say, and by what time they go, until broker time is known. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { type BrokerClock, createBrokerClock } from '../../../src/broker/time/clock.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import { openKnownHolds } from '../../../workers/node/known-holds.ts';
import { openNodeBroker } from '../../../workers/node/node-broker.ts';
import { startNodePolls } from '../../../workers/node/node-polls.ts';
import { startObserver } from '../../../workers/node/observer.ts';
import { createFixture } from '../../act/actuator-fixture.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/waiting.ts';

const DAY = 86_400_000;

let dir: string;
const ends: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  dir = await tempDir();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Nobody answers in it: neither members nor the broker. */
async function lonely(): Promise<WeirConfig> {
  const [broker, port] = [await freePort(), await freePort()];
  const text = [
    `state_dir: ${dir}`,
    `broker: {url: redis://127.0.0.1:${broker}}`,
    'poll: {interval: 1s, timeout: 100ms, window: 15s, stale_after: 3s}',
    `keepalived: {pid_file: ${dir}/none.pid, dump_file: ${dir}/none.data, run_dir: ${dir}}`,
    'pools:',
    '  logs:',
    `    vip: {address: 127.0.0.9, port: ${port}}`,
    '    vrrp: {interface: lo, virtual_router_id: 51}',
    '    members:',
    '      a: {address: 127.0.0.1, priority: 254}',
    '      b: {address: 127.0.0.2, priority: 250}',
  ].join('\n');
  return parseConfig({ file: 'weir.yaml', text, env: {}, cwd: dir, root: true });
}

/** A broker that is away at first; its time is a day behind the machine's. */
function lateClock() {
  let isThere = false;
  let asked = 0;
  const clock = createBrokerClock(async () => {
    if (!isThere) throw new Error('no answer');
    return { clock: Date.now() - DAY, lead: 0 };
  });
  const now = () => {
    asked += 1;
    return clock.now();
  };
  return {
    clock: Object.create(clock, { now: { value: now } }) as BrokerClock,
    /** Polls have gone by the machine's clock. */
    hasBeenAsked: () => until(() => asked > 4),
    hear() {
      isThere = true;
      return clock.sync();
    },
  };
}

/** Polls before and after broker time is heard: each sweep says that. */
async function sweepsAround(start: (clock: BrokerClock, append: (sweep: Sweep) => Promise<string>) => Promise<void>) {
  const { clock, hasBeenAsked, hear } = lateClock();
  const sweeps: Sweep[] = [];
  await start(clock, async (sweep) => `${sweeps.push(sweep)}-0`);
  await hasBeenAsked();
  await hear();
  await until(() => sweeps.length > 2);
  for (const { at } of sweeps) expect(Math.abs(at - (Date.now() - DAY))).toBeLessThan(DAY / 2);
}

const said = { wake: async () => undefined, onError: () => undefined };

it('a node sends no sweep that has its machine’s time', async () => {
  const config = await lonely();
  const fixture = await createFixture();
  ends.push(() => fixture.end());
  const knownHolds = await openKnownHolds(dir);
  await sweepsAround(async (clock, append) => {
    const polls = await startNodePolls({
      ...{ config, name: 'a', pools: Object.values(config.pools), clock, actuator: fixture.actuator, knownHolds },
      ...{ knownHeads: { of: () => ({}) }, append, ...said, unreadable: () => [], onHints: () => undefined },
    });
    ends.push(async () => {
      await polls.stop();
      polls.close();
    });
  });
});

it('nor does a worker that looks at members', async () => {
  const config = await lonely();
  await sweepsAround(async (clock, append) => {
    const observer = startObserver({ config, name: 'worker-w', clock, append, ...said });
    ends.push(() => observer.stop());
  });
});

it('a node goes on from the latest time in its lease file, where the broker does not say what time it is', async () => {
  const known = Date.now() + 3 * DAY;
  const pools = { logs: { holds: {}, removed: {}, ended: {}, acted: [], fence: `${known}-3` } };
  await writeFile(join(dir, 'leases.json'), JSON.stringify({ version: 1, pools }));
  const broker = await openNodeBroker(await lonely(), 'logs', pino({ enabled: false }));
  ends.push(() => broker.disconnect());
  ends.push(() => broker.evaluateQueue.close());
  expect(broker.clock.synced).toBe(false);
  expect(broker.clock.now() - known).toBeGreaterThanOrEqual(0);
  expect(broker.clock.now() - known).toBeLessThan(DAY);
});
