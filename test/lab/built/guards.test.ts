/**
 * The loop guards, as Weir renders them, each with 200 connections through the VIP before and after a failover. One
 * kernel for all: the nodes are built anew for each. wrr gives connections to equal weights in turn, and nobody else
 * connects here, so an even split is an exact one.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../lab/lab.ts';
import type { Member } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';
import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import { parseIpVsStats } from '../../../src/observe/director/parse-ip-vs.ts';
import { atEnd, stop } from '../support/shared.ts';
import { handOver, storyteller } from '../support/watch.ts';

type Guard = PoolConfig['lvs']['loopGuard'];

const EVEN = { a: 100, b: 100, others: 0, hung: 0, refused: 0 };

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ weir: false, producers: 0, consumers: false });
});
atEnd((ended) => stop(lab, ended));

const withGuard = (guard: Guard) => ({ config: { pools: { logs: { lvs: { loop_guard: guard } } } } });

/** Packets that the LVS of the node has seen: what the rule loop-suspected goes by on a BACKUP. */
async function packetsIn(node: Member): Promise<number> {
  return parseIpVsStats(await lab.node(node).read('/proc/net/ip_vs_stats'))?.packetsIn ?? Number.NaN;
}

const membersIn = async (node: Member) => Object.keys(await lab.table(node)).sort();

it.each<[Guard, string]>([
  ['backup-only', 'both have a table, only the MASTER uses it'],
  ['ingress-mark', 'both have a table, only what comes from a client is in it'],
  ['notify-swap', 'only the MASTER has a table'],
])('%s: %s', async (guard) => {
  const tell = storyteller(guard);
  await lab.rebuild(withGuard(guard));
  expect(await membersIn('b')).toEqual(guard === 'notify-swap' ? [] : ['a', 'b']);

  const seenByBackup = await packetsIn('b');
  const before = await lab.connections(200);
  tell(`MASTER a: ${JSON.stringify(before)}`);
  expect(before).toMatchObject(EVEN);
  expect((await packetsIn('b')) - seenByBackup).toBe(0);

  await handOver(lab, 'a', 'b');
  await untilValue(
    async () => ({ a: await membersIn('a'), b: await membersIn('b') }),
    (seen) => seen.b.join() === 'a,b' && (guard !== 'notify-swap' || seen.a.length === 0),
    20_000,
    'the tables to be those of a MASTER and a BACKUP',
  );
  const after = await lab.connections(200);
  tell(`MASTER b: ${JSON.stringify(after)}`);
  expect(after).toMatchObject(EVEN);
});

it('without a guard the second director schedules again what the first handed it', async () => {
  const tell = storyteller('no guard');
  await lab.rebuild({ guard: 'none' });

  const seenByBackup = await packetsIn('b');
  const before = await lab.connections(200, 1_500);
  tell(`MASTER a: ${JSON.stringify(before)}`);
  const looped = (await packetsIn('b')) - seenByBackup;
  tell(`in the LVS of b, which is BACKUP: ${looped} packets`);
  expect(looped).toBeGreaterThan(100);
  await handOver(lab, 'a', 'b');
  const after = await lab.connections(200, 1_500);
  tell(`MASTER b: ${JSON.stringify(after)}`);

  for (const seen of [before, after]) {
    expect(seen.hung + seen.refused).toBeGreaterThan(20);
    expect(seen).not.toMatchObject({ a: 100, b: 100 });
  }
});

/**
 * What notify-swap cannot do: nobody runs the script of a keepalived that was killed. The old MASTER keeps VIP and table
 * beside the new one (docs/hazards.md#t2), so that both directors have a table until somebody starts keepalived there, which
 * then finds no VIP of its own and empties it. Clients whose ARP entry still leads to the old one are balanced by it.
 */
it('notify-swap: a keepalived that is killed leaves its table, and the next one takes it away', async () => {
  await lab.rebuild(withGuard('notify-swap'));
  // On a busy machine who starts may hear no advert for the fifth of a second that it waits, and takes the VIP: once more.
  for (let tries = 3; tries > 0 && (await masterAfterRestart()) !== 'b'; tries -= 1);
  await untilValue(
    () => membersIn('a'),
    (a) => a.length === 0,
    20_000,
    'a to have no table',
  );
  expect(await lab.masters()).toEqual(['b']);
  expect(await lab.connections(200)).toMatchObject(EVEN);
});

/** keepalived of a, which is MASTER, is killed and started again. */
async function masterAfterRestart(): Promise<string> {
  await lab.killKeepalived('a');
  await untilValue(
    async () => ({ masters: await lab.masters(), b: await membersIn('b') }),
    ({ masters, b }) => masters.includes('b') && b.join() === 'a,b',
    20_000,
    'b to be MASTER with a table',
  );
  expect(await lab.masters()).toEqual(['a', 'b']);
  expect(await membersIn('a')).toEqual(['a', 'b']);

  await lab.startKeepalived('a');
  // By then it has heard an advert or has waited in vain.
  await sleep(2_000);
  const masters = await untilValue(
    () => lab.masters(),
    (all) => all.length === 1,
    20_000,
    'one of the two to have the VIP',
  );
  return masters.join();
}
