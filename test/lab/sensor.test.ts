/** VRRP as a sensor: what keepalived tells is seen at once, and so is a pool with two nodes that have the VIP, or none. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import type { Member } from '../../lab/topology.ts';
import { untilValue } from '../../lab/until.ts';
import { readAfter } from '../../src/broker/stream.ts';
import type { Sweep } from '../../src/model/reading.ts';
import { brokerNow, firing, poolOf, storyteller, untilCalm, untilWeight } from './support.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ producers: 4 });
  await giveFifos();
  await untilCalm(lab);
});
afterAll(async () => {
  await lab?.stop();
});

async function giveFifos(): Promise<void> {
  for (const name of ['a', 'b'] as const) {
    const node = lab.node(name);
    if ((await node.exec(['test', '-p', '/run/weir/vrrp.fifo'])).code === 0) continue;
    await node.exec(['mkfifo', '-m', '600', '/run/weir/vrrp.fifo', '/run/weir/lvs.fifo']);
    const conf = await node.read('/run/keepalived.conf');
    await node.write(
      '/run/keepalived.conf',
      conf.replace('{\n', '{\n  vrrp_notify_fifo /run/weir/vrrp.fifo\n  lvs_notify_fifo /run/weir/lvs.fifo\n'),
    );
    await node.exec(['kill', '-HUP', (await node.read('/run/keepalived.pid')).trim()]);
  }
}

/** The node's sweeps since an entry, oldest first. */
async function sweepsOf(node: Member, since: string): Promise<Sweep[]> {
  const bodies = (await readAfter(lab.broker, 'logs', since, 1_000)).map(({ body }) => body);
  return bodies.filter((body): body is Sweep => body.kind === 'sweep' && body.observer === node);
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
    const since = await brokerNow(lab);
    await handover(from, -254);
    const sweeps = await untilValue(
      () => sweepsOf(to, since),
      (all) => all.some((one) => one.director?.state === 'MASTER'),
      20_000,
      `${to} to be MASTER`,
    );
    const index = sweeps.findIndex((one) => one.director?.state === 'MASTER');
    const sinceLastMs = (sweeps[index]?.at ?? 0) - (sweeps[index - 1]?.at ?? 0);
    tell(`${to} is MASTER: polled ${sinceLastMs} ms after the poll before`);
    expect(lab.logs(`node-${to}`)).toMatch(/"hints":\[\{"about":"instance","name":"[^"]+","state":"MASTER"/);
    await handover(from, 0);
  }
  await untilCalm(lab);
});

it('a server that keepalived adds again is drained again as soon as that is told', async () => {
  const tell = storyteller('RS UP');
  const drained = await lab.weir(['drain', 'logs/b', '--for', '10m', '--reason', 'a test']);
  expect(drained, drained.stderr).toMatchObject({ code: 0 });
  await lab.killRedis('b');
  await untilValue(
    () => lab.table('a'),
    (table) => table.b === undefined,
    30_000,
    'keepalived to remove b',
  );
  const before = lab.logs('node-a').length;
  await lab.startRedis('b');
  const log = await untilValue(
    () => lab.logs('node-a').slice(before),
    (text) => /"result":"reasserted"/.test(text),
    30_000,
    'node a to put the lease back',
  );
  await untilWeight(lab, 'a', 'b', 0, 1_000);
  const hint = timeOf(log, /"about":"real server".*"state":"UP"/);
  const reasserted = timeOf(log, /"result":"reasserted"/);
  tell(`weight 0 again ${reasserted - hint} ms after keepalived told that b is up`);
  expect(reasserted - hint).toBeGreaterThanOrEqual(0);
  const restored = await lab.weir(['restore', 'logs/b']);
  expect(restored, restored.stderr).toMatchObject({ code: 0 });
  await untilCalm(lab);
});

/** When the log says it first, in ms. */
function timeOf(log: string, what: RegExp): number {
  const line = log.split('\n').find((one) => what.test(one));
  expect(line, String(what)).toBeDefined();
  return Date.parse(JSON.parse(line ?? '{}').time);
}

it('keepalived of the MASTER killed: two nodes have the VIP, people are told, and it ends when it is started again', async () => {
  const tell = storyteller('kill -9 of keepalived');
  await lab.killKeepalived('a');
  await untilState('DUAL', { a: 'ORPHAN', b: 'MASTER' });
  tell('DUAL: a ORPHAN, b MASTER');
  await untilFires('dual-master', true);
  await untilFires('orphan-vip', true);
  const { stdout } = await lab.weir(['status']);
  process.stdout.write(`${stdout}\n`);
  expect(stdout).toMatch(/MASTER b · VRRP ▲ DUAL/);
  expect(lab.logs('worker')).toMatch(/Dual master: 2 of 2 nodes hold the VIP/);

  await lab.startKeepalived('a');
  await untilState('OK', { a: 'BACKUP', b: 'MASTER' });
  await untilFires('dual-master', false);
  await untilFires('orphan-vip', false);
  tell('OK again: b MASTER');
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
