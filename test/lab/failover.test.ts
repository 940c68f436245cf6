/** The VIP moved on purpose: by command, and for maintenance. */

import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import { MEMBERS, type Member } from '../../lab/pool/topology.ts';
import { untilValue } from '../../lab/until.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { storyteller, untilWeight } from './support/watch.ts';

const HANDOVER = '/run/weir/handover';

let lab: Lab;

beforeAll(async () => {
  lab = await borrow();
  await untilCalm(lab);
});
atEnd(giveBack);

/** a is MASTER again, and everything is as it was. */
afterEach(async () => {
  if ((await lab.master()) !== 'a') await weir('failover', 'logs', '--to', 'a');
  await untilCalm(lab);
});

async function weir(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.weir(args);
  expect(`${stdout}${stderr}`.trim() && code, `weir ${args.join(' ')}: ${stdout}${stderr}`).toBe(0);
  return stdout;
}

async function handovers(): Promise<string[]> {
  return Promise.all(MEMBERS.map(async (node) => (await lab.node(node).read(HANDOVER)).trim()));
}

async function untilPushing(on: readonly Member[]): Promise<void> {
  await untilValue(
    async () => (await lab.producers.stats()).map((one) => [one.id, one.member, Date.now() - one.lastOkAt] as const),
    (all) => all.every(([, member, quietMs]) => member !== undefined && on.includes(member) && quietMs < 2_000),
    40_000,
    `every producer to push, on ${on.join(' or ')}`,
  );
}

it('a failover by command: both nodes confirm it, nothing is held, a drain stays on both directors', async () => {
  const tell = storyteller('the VIP is moved by command while b is drained');
  await weir('drain', 'logs/b', '--for', '10m');
  await untilPushing(['a']);
  const said = await weir('failover', 'logs', '--to', 'b', '--reason', 'to see it');
  tell(said.split('\n')[0] ?? '');
  expect(said).toMatch(/failover logs\/a to b: verified\. Fresh sweeps of both nodes show it\./);
  expect(await lab.masters()).toEqual(['b']);
  expect(await handovers()).toEqual(['0', '0']);
  for (const director of MEMBERS) await untilWeight(lab, director, 'b', 0, 5_000);
  expect(await lab.connections(20)).toMatchObject({ a: 20, b: 0, hung: 0 });
  tell('b is MASTER, drained in both tables; 20 of 20 connections on a');
  await weir('restore', 'logs/b');
  for (const director of MEMBERS) await untilWeight(lab, director, 'b', 100, 5_000);
  expect(await lab.connections(20)).toMatchObject({ a: 10, b: 10, hung: 0 });
});

it('what cannot work is refused with its reason, and touches nothing', async () => {
  const soft = await lab.weir(['failover', 'logs', '--soft']);
  expect(soft).toMatchObject({
    code: 4,
    stdout: expect.stringMatching(/interlock: A soft failover does nothing here/),
  });
  await lab.freezeRedis('b');
  try {
    await untilWeight(lab, 'a', 'b', 0, 60_000);
    const unwritable = await lab.weir(['failover', 'logs', '--force', '--reason', 'anyway']);
    expect(unwritable).toMatchObject({ code: 4, stdout: expect.stringMatching(/interlock: The Redis of b/) });
  } finally {
    await lab.thawRedis('b');
  }
  expect(await lab.masters()).toEqual(['a']);
  expect(await handovers()).toEqual(['0', '0']);
});

it('maintenance: drained, emptied, off the VIP, and back in the right order', async () => {
  const tell = storyteller('a is taken out of service for maintenance, and put back');
  const begun = await weir('maintain', 'a', '--for', '10m', '--reason', 'a new kernel');
  for (const line of begun.trim().split('\n')) tell(line);
  expect(begun).toMatch(/drain logs\/a: verified[\s\S]*The lists of a are empty[\s\S]*failover logs\/a to b: verified/);
  expect(await lab.masters()).toEqual(['b']);
  expect(await handovers()).toEqual(['-253', '0']);
  await untilPushing(['b']);
  expect((await poolOf(lab)).facts.members.a).toMatchObject({ queue_depth: 0, weight: 0 });

  tell(await weir('maintain', 'a', '--end'));
  expect(await handovers()).toEqual(['0', '0']);
  for (const director of MEMBERS) await untilWeight(lab, director, 'a', 100, 10_000);
  expect(await lab.masters()).toEqual(['b']);
});
