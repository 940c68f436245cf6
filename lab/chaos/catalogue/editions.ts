/** weir.yaml changes: on some hosts before the others, and while something is held. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseFile } from '../../../src/act/ledger/pool-record.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import type { Tree } from '../../weir/weir-yaml.ts';
import { NODES } from '../bench/nodes.ts';
import { startBenchRedis } from '../bench/redis.ts';
import { listInTable } from '../bench/table.ts';
import type { Bench } from '../bench/type.ts';
import { expectOneDrain, type Fault, lowerings } from '../fault.ts';
import { soon, thawWhenDrained, untilTold, untilVerified, untilWeight } from '../until-seen.ts';

function withMode(mode: string): (tree: Tree) => Tree {
  return (tree) => ({ ...tree, policy: { ...(tree.policy as Tree), mode } });
}

/** A pool has two members at least, so b gets another server. */
const REDIS_C = '127.0.1.4';

function withCForB(tree: Tree): Tree {
  const [[name, pool] = ['', {}]] = Object.entries(tree.pools as Record<string, Tree>);
  const { b: _, ...members } = pool.members as Tree;
  const c = { address: REDIS_C, priority: 250, interface: 'none0' };
  return { ...tree, pools: { [name]: { ...pool, members: { ...members, c } } } };
}

async function startC({ programs, dir, members, directors }: Bench) {
  const { port } = members.a;
  const { program } = await startBenchRedis(programs, { name: 'redis-c', dir, address: REDIS_C, port });
  const list = (listed: boolean) => listInTable(directors.a.folder, `${REDIS_C}:${port}`, listed);
  list(true);
  return {
    async end() {
      list(false);
      await program.kill('SIGKILL');
    },
  };
}

/** A rule has wanted to drain b since `from`, and the rail mode has said no. */
function untilRefusedByMode(bench: Bench, from: number): Promise<void> {
  const look = async () =>
    (await readDecisions(bench.redis, 'logs', 5)).some(
      (one) => one.at >= from && one.verdict === 'refuse' && one.rails.at(-1)?.rail === 'mode',
    );
  return soon(look, 60_000, 'the rail mode to refuse');
}

const twoWorkers: Fault = {
  name: 'workers-of-two-weir-yaml',
  promise:
    'of two workers one was started with mode off: people hear of it, the lower mode holds whoever decides, and when that worker stops b is drained once',
  async inject(bench) {
    const from = Date.now();
    bench.edit('worker-2', withMode('off'));
    await bench.startWorker('worker-2');
    await untilTold(bench, /weir\.yaml of worker-\S+ \(\S+worker-2\.yaml\) is another one than before/, from);
    await bench.freezeRedis();
    await untilRefusedByMode(bench, from);
    await sleep(bench.scaled(60_000));
    assert.deepEqual(
      NODES.map((node) => lowerings(bench.changes(node).filter((one) => one.at >= from))),
      [[], []],
    );
    await bench.worker('worker-2').kill('SIGTERM');
    bench.edit('worker-2', undefined);
    bench.note('the worker with mode off has stopped');
    await thawWhenDrained(bench, from);
  },
  expect(seen) {
    expectOneDrain(seen);
    const refused = seen.decisions.find((one) => one.verdict === 'refuse');
    assert.match(refused?.rails.at(-1)?.sentence ?? '', /policy\.mode is off in weir\.yaml of .*worker-2\.yaml\)/);
  },
};

async function heldByA(bench: Bench): Promise<string[]> {
  const text = await readFile(join(bench.stateDir('a'), 'leases.json'), 'utf8');
  const { pools } = JSON.parse(text) as { pools: LeaseFile };
  return Object.values(pools).flatMap(({ holds }) => Object.keys(holds));
}

const removed: Fault = {
  name: 'member-removed-while-drained',
  promise:
    'b is drained and then taken out of weir.yaml, c takes its place: nothing is found or held of it any more, a says what stands in its table and lets go when keepalived has it no more; put back it is as before',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilWeight(bench, NODES, 0);
    await untilVerified(bench, from);
    const c = await startC(bench);
    for (const name of ['worker', 'a']) bench.edit(name, withCForB);
    await Promise.all([
      bench.node('b').kill('SIGTERM'),
      bench.node('a').kill('SIGTERM'),
      bench.worker().kill('SIGTERM'),
    ]);
    await Promise.all([bench.startNode('a'), bench.startWorker()]);
    bench.note('a and the worker are back with a weir.yaml that has c and no b');
    await untilTold(bench, /weir\.yaml has no member b any more/, from);
    await soon(async () => (await bench.status()).leases.length === 0, 30_000, 'the pool to hold nothing');
    const saysSo = async () =>
      (await bench.status()).observers.some((one) => one.troubles.some((text) => /logs\/b --local/.test(text)));
    await soon(saysSo, 30_000, 'a to say what it holds');
    assert.equal(bench.weights('a').b, 0);
    bench.list('a', false);
    bench.note('keepalived of a has no b any more');
    await soon(async () => (await heldByA(bench)).length === 0, 30_000, 'a to let go of b');
    await bench.thawRedis();
    bench.list('a', true);
    for (const name of ['worker', 'a']) bench.edit(name, undefined);
    await Promise.all([bench.node('a').kill('SIGTERM'), bench.worker().kill('SIGTERM')]);
    await Promise.all([bench.startNode('a'), bench.startNode('b'), bench.startWorker()]);
    bench.note('b is back in weir.yaml, and its node runs');
    await untilWeight(bench, NODES, 100);
    await c.end();
  },
  expect(seen) {
    expectOneDrain(seen);
    assert.ok(seen.told.some((text) => /weir\.yaml has no member b any more/.test(text)));
  },
};

export const EDITION_FAULTS: readonly Fault[] = [twoWorkers, removed];
