/** A role that cannot start ends, and its supervisor sees it: what it had begun, as its connections, keeps no process. */

import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { ownFolder, startWeir } from '../fixture.ts';

// Processes on a busy machine: a limit, not an expectation.
vi.setConfig({ testTimeout: 120_000 });

const folder = ownFolder();
let broker: TestRedis;
let taken: Server;
let http: number;

beforeAll(async () => {
  broker = await startRedis({ tcp: true });
  http = await freePort();
  taken = createServer().listen(http, '127.0.0.1');
});
afterAll(async () => {
  taken.close();
  await broker.stop();
});

/** What it said until it ended, and its exit code. */
async function endOf(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const role = startWeir(args);
  const [code] = await role.ended;
  return { code, said: role.said() };
}

async function configOf(name: string): Promise<string> {
  return await folder.file(`${name}.yaml`, folder.config({ port: await freePort(), http, broker: broker.url }));
}

it.concurrent.each([
  { role: 'worker', args: ['worker', '--no-observe'] },
  { role: 'up', args: ['up', '--no-observe'] },
])('weir $role, where another program has its address', async ({ role, args }) => {
  const { code, said } = await endOf([...args, '-c', await configOf(role)]);

  expect(said).toContain(`Weir cannot listen on 127.0.0.1:${http}`);
  // Not once for each time that it has tried.
  expect(said.match(/EADDRINUSE/g)).toHaveLength(1);
  expect(code).toBe(1);
});

it('weir node, where another node has its state_dir', async () => {
  const config = await configOf('node');
  const first = startWeir(['node', '--name', 'a', '-c', config]);
  try {
    await expect.poll(first.said, { timeout: 60_000 }).toContain('node is up');
    const { code, said } = await endOf(['node', '--name', 'a', '-c', config]);
    expect(said).toContain('already runs on');
    expect(code).toBe(4);
  } finally {
    await first.kill();
  }
});
