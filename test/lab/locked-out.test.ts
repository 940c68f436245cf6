/** A member's password is changed and Weir is not told: its own trouble, and no fact about the member. */

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import { MEMBERS, type Member } from '../../lab/pool/topology.ts';
import { untilValue } from '../../lab/until.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { decisionsSince, firing, newestDecision, storyteller } from './support/watch.ts';

/** Weir has a user of its own: producers and consumers come in as they do in every other file. */
const USER = 'weir-in-the-lab';
const TOLD_WITHIN_MS = 30_000;

let lab: Lab;

beforeAll(async () => {
  lab = await borrow();
  for (const member of MEMBERS) await acl(member, 'SETUSER', USER, 'on', '>old', '~*', '&*', '+@all');
  lab = await borrow({ config: { pools: { logs: { redis: { username: USER, password: 'old' } } } } });
  await untilCalm(lab);
});
atEnd(async (ended) => {
  await giveBack(ended);
  if (!ended.failed) for (const member of MEMBERS) await acl(member, 'DELUSER', USER);
});

async function acl(member: Member, ...words: readonly string[]): Promise<void> {
  expect(await lab.redis(member).cli(['ACL', ...words])).toMatchObject({ code: 0 });
}

/** As when its Redis is started anew with another password: who is connected has to come in again. */
async function changePassword(member: Member, from: string, to: string): Promise<void> {
  await acl(member, 'SETUSER', USER, 'on', `<${from}`, `>${to}`);
  await lab.redis(member).cli(['CLIENT', 'KILL', 'USER', USER]);
}

const told = (member: Member) => new RegExp(`${member}: keeps Weir out \\(password\\)`);

async function untilTold(member: Member, tell: (text: string) => void): Promise<void> {
  const changedAt = performance.now();
  await untilValue(
    () => lab.logs('worker'),
    (log) => told(member).test(log),
    TOLD_WITHIN_MS,
    `people to be told of ${member}`,
  );
  tell(`people are told of ${member} ${((performance.now() - changedAt) / 1_000).toFixed(1)} s after the change`);
}

/** Every producer pushes, and nobody has a weight that is not the configured one. */
async function expectServed(newest: string | undefined): Promise<void> {
  await lab.producers.reset();
  await sleep(5_000);
  for (const { ok, refused, reconnects } of await lab.producers.stats()) {
    expect({ pushes: ok > 0, refused, reconnects }).toEqual({ pushes: true, refused: 0, reconnects: 0 });
  }
  for (const director of MEMBERS) {
    expect(await lab.table(director)).toMatchObject({ a: { weight: 100 }, b: { weight: 100 } });
  }
  expect(await decisionsSince(lab, newest)).toEqual([]);
}

it('first of b, then of a: nobody is drained, people are told within 30 s, and it is over when Weir may look again', async () => {
  const tell = storyteller("b's password is changed under Weir, and then a's");
  const newest = await newestDecision(lab);

  await changePassword('b', 'old', 'new');
  await untilTold('b', tell);
  await expectServed(newest);
  const { facts } = await poolOf(lab);
  expect(facts.members.b).toMatchObject({ answering: true, locked_out: 'password', listed: true });
  expect(facts.members.b).not.toHaveProperty('writable');
  tell((await lab.weir(['status'])).stdout.split('\n').find((line) => line.startsWith('b ')) ?? 'no line of b');

  await changePassword('a', 'old', 'new');
  await untilTold('a', tell);
  await expectServed(newest);
  for (const member of MEMBERS) await changePassword(member, 'new', 'old');
  await untilValue(
    async () => firing(await poolOf(lab), 'weir-locked-out'),
    (finding) => finding === undefined,
    60_000,
    'nobody to keep Weir out',
  );
  await untilCalm(lab);
  expect(await decisionsSince(lab, newest)).toEqual([]);
  tell('Weir may look again');
});
