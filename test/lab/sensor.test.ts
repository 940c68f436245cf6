/** VRRP as a sensor: what keepalived tells is seen at once, and so is a pool with two nodes that have the VIP, or none. */

import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import type { Member } from '../../lab/pool/topology.ts';
import { untilValue } from '../../lab/until.ts';
import { readAfter } from '../../src/broker/entries/stream.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { atEnd, stop } from './support/shared.ts';
import { firing, storyteller, untilDone, untilWeight } from './support/watch.ts';

/** That it is fast is shown where nothing else slows it (test/workers/node/node-hint.test.ts); a busy guest takes its time. */
const LATE_MS = 60_000;

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ producers: 4 });
  await untilCalm(lab);
});
atEnd((ended) => stop(lab, ended));

/** When a node's log first matches, from now on: ms of this machine's clock, which is the broker's. */
function whenSaid(node: Member, what: RegExp): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new Error(`node-${node} did not say ${what}. It said last: ${lab.logs(`node-${node}`).slice(-2_000)}`));
    const timer = setTimeout(late, 60_000);
    lab.watch((event) => {
      if (event.name !== `node-${node}` || event.event !== 'line' || !what.test(event.line)) return;
      clearTimeout(timer);
      resolve(Date.now());
    });
  });
}

/** How long after `at` the node's first sweep that begins then stands on the stream, in ms. */
async function untilSweep(node: Member, at: number, shows: (sweep: Sweep) => boolean): Promise<number> {
  const found = await untilValue(
    async () => {
      const entries = await readAfter(lab.broker, 'logs', `${at}-0`, 1_000);
      return entries.find(({ body }) => body.kind === 'sweep' && body.observer === node && shows(body));
    },
    (entry) => entry !== undefined,
    20_000,
    `a sweep of ${node}`,
  );
  return Number(found?.id.split('-')[0]) - at;
}

/** Adds to the priority of a node's VRRP instances; -254 gives the VIP away, 0 is as configured. */
async function handover(node: Member, value: number): Promise<void> {
  await lab.node(node).write('/run/weir/handover', `${value}\n`);
}

async function untilState(vrrp: string, director: Partial<Record<Member, string>> = {}): Promise<void> {
  await untilValue(
    async () => {
      const { pool, directors } = (await poolOf(lab)).facts;
      return { vrrp: pool.vrrp, a: directors.a?.state, b: directors.b?.state };
    },
    (seen) => Object.entries({ vrrp, ...director }).every(([key, value]) => seen[key as keyof typeof seen] === value),
    30_000,
    `VRRP ${vrrp} ${JSON.stringify(director)}`,
  );
}

async function untilFires(rule: string, fires: boolean): Promise<void> {
  await untilValue(
    async () => firing(await poolOf(lab), rule)?.title ?? '',
    (title) => (title !== '') === fires,
    60_000,
    `${rule} ${fires ? 'to fire' : 'to be resolved'}`,
  );
}

it('a change of MASTER is polled when keepalived tells it', async () => {
  const tell = storyteller('handovers');
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const told = whenSaid(to, /"about":"instance"[^}]*"state":"MASTER"/);
    await handover(from, -254);
    const afterMs = await untilSweep(to, await told, ({ director }) => director?.state === 'MASTER');
    tell(`${to} is MASTER: on the stream ${afterMs} ms after keepalived told it`);
    expect(afterMs).toBeLessThan(LATE_MS);
    await handover(from, 0);
  }
  await untilCalm(lab);
});

it('a server that keepalived adds again is as drained as it left, from the first moment', async () => {
  const tell = storyteller('RS UP');
  await untilDone(lab, 'drain', 'logs/b', '--for', '10m', '--reason', 'a test');
  await lab.killRedis('b');
  await untilValue(
    () => lab.table('a'),
    (table) => table.b === undefined,
    30_000,
    'keepalived to remove b',
  );
  const told = whenSaid('a', /"about":"real server"[^}]*"state":"UP"/);
  await lab.startRedis('b');
  const seen = new Set<number>();
  const watchUntil = performance.now() + 60_000;
  for (let listedAt = 0; performance.now() < watchUntil; ) {
    const weight = (await lab.table('a')).b?.weight;
    if (weight !== undefined) {
      seen.add(weight);
      listedAt ||= performance.now();
    }
    if (listedAt > 0 && performance.now() - listedAt > 3_000) break;
  }
  expect([...seen]).toEqual([0]);
  const polledMs = await untilSweep('a', await told, ({ table }) => table?.b?.listed === true);
  tell(`keepalived lists b again: at 0 whenever it was looked at, on the stream ${polledMs} ms after it was told`);
  expect(polledMs).toBeLessThan(LATE_MS);
  await untilDone(lab, 'restore', 'logs/b');
  await untilWeight(lab, 'a', 'b', 100, 5_000);
  await untilCalm(lab);
});

it('keepalived of the MASTER killed: the VIP that it left is taken off, no connection hangs, and a start makes it BACKUP', async () => {
  const tell = storyteller('kill -9 of keepalived');
  await lab.killKeepalived('a');
  const killedAt = performance.now();
  await untilState('DUAL', { a: 'ORPHAN', b: 'MASTER' });
  tell('DUAL: a ORPHAN, b MASTER');
  await untilFires('orphan-vip', true);
  await untilState('OK', { a: 'DOWN', b: 'MASTER' });
  expect(await lab.masters()).toEqual(['b']);
  tell(`only b has the VIP ${((performance.now() - killedAt) / 1_000).toFixed(1)} s after it was killed`);
  expect(await lab.connections(20)).toMatchObject({ a: 10, b: 10, hung: 0 });
  tell('20 of 20 connections answered, half by each');
  await untilFires('keepalived-down', true);

  await lab.startKeepalived('a');
  await untilState('OK', { a: 'BACKUP', b: 'MASTER' });
  for (const rule of ['dual-master', 'orphan-vip', 'keepalived-down']) await untilFires(rule, false);
  expect(await lab.connections(20)).toMatchObject({ a: 10, b: 10, hung: 0 });
  await handover('b', -254);
  await untilState('OK', { a: 'MASTER', b: 'FAULT' });
  await handover('b', 0);
  await untilCalm(lab);
});

it('the VRRP child of the MASTER hangs: two nodes have the VIP, until it goes on', async () => {
  const tell = storyteller('SIGSTOP of the VRRP child');
  const pid = (await lab.node('a').read('/run/keepalived-vrrp.pid')).trim();
  await lab.node('a').exec(['kill', '-STOP', pid]);
  await untilState('DUAL', { a: 'HUNG', b: 'MASTER' });
  tell('DUAL: a HUNG, b MASTER');
  await untilFires('dual-master', true);
  const { stdout } = await lab.weir(['status']);
  process.stdout.write(`${stdout}\n`);
  expect(stdout).toMatch(/MASTER b · VRRP ▲ DUAL/);
  expect(lab.logs('worker')).toMatch(/Dual master: 2 of 2 nodes hold the VIP/);
  await lab.node('a').exec(['kill', '-CONT', pid]);
  await untilState('OK');
  await untilFires('dual-master', false);
  tell('OK again');
  await untilCalm(lab);
});

it('the VIP given away by both: no node has it, people are told, and it ends when one takes it', async () => {
  const tell = storyteller('nobody has the VIP');
  await Promise.all([handover('a', -254), handover('b', -254)]);
  await untilState('NO_MASTER', { a: 'FAULT', b: 'FAULT' });
  tell('NO_MASTER');
  await untilFires('no-master', true);
  expect(lab.logs('worker')).toMatch(/No master: none of 2 nodes holds the VIP/);
  await handover('a', 0);
  await untilState('OK', { a: 'MASTER' });
  await handover('b', 0);
  await untilFires('no-master', false);
  tell('OK again: a MASTER');
  await untilCalm(lab);
});
