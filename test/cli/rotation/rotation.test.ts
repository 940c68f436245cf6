/**
 * Every password and token is changed on a pool that runs, by the commands that docs/rotation.md has: nothing is decided,
 * nobody is told of anything, what is told meanwhile arrives once, and no secret stands in what anybody prints.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { untilValue } from '../../../lab/until.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import type { TestRedis } from '../../support/redis.ts';
import { HOSTS, type Step, secretOf, smtpUrl, startOthers, startPool, stepsOf, WITHIN_MS } from './pool.ts';

vi.setConfig({ testTimeout: 600_000 });

const KEYS = poolKeys('logs');

/** The new one and the old one as files of each host, and then the steps. @param each is called after each step. */
async function change(
  pool: Awaited<ReturnType<typeof startPool>>,
  heading: string,
  secrets: { readonly old: string; readonly new: string },
  { as = (step: Step): Step => step, each = async (_: Step): Promise<unknown> => undefined } = {},
): Promise<void> {
  for (const host of HOSTS) {
    for (const name of ['old', 'new'] as const) await writeFile(join(pool.own[host], name), secrets[name]);
  }
  const steps = await stepsOf(heading);
  expect(steps.length, `commands of ${heading}`).toBeGreaterThan(2);
  for (const step of steps) {
    if (step.command !== '') await pool.step(as(step));
    await each(step);
  }
}

const BEGUN = 'Weir has started on this pool';

/** What the document says of the worker, for the node. */
function forNode({ where, command }: Step): Step {
  const here = command.replace('restart weir-worker', 'restart weir-node').replaceAll('weir-worker', 'weir-node-a');
  return { where: where === 'the worker' ? 'a' : where, command: here };
}

it('each is changed by docs/rotation.md, and nobody notices', async () => {
  const others = await startOthers();
  const pool = await startPool(others);
  const { admin, members, slack, taken, smtp, mailUsers, passwords } = others;
  const revision = async () => Number(await admin.hget(KEYS.state, 'revision'));
  const goesOn = async (after: string) => {
    const before = await revision();
    await untilValue(revision, (count) => count > before + 2, WITHIN_MS, `evaluations after ${after}`);
  };
  /** Whom a member refuses, and who has not said anything of it since now. */
  const keptOut = async () => {
    const { sweeps } = JSON.parse((await admin.hget(KEYS.state, 'json')) ?? '{}') as Pick<PoolState, 'sweeps'>;
    return Object.values(sweeps).flatMap(({ observer, members: seen }) =>
      ['a', 'b'].filter((name) => seen[name]?.locked_out !== '').map((name) => `${observer} at ${name}`),
    );
  };
  const usersOn = async (redis: TestRedis) => {
    const client = new Redis(redis.path);
    const list = String(await client.client('LIST'));
    client.disconnect();
    return [...new Set([...list.matchAll(/ user=(\S+)/g)].map(([, user]) => user))];
  };
  const allTold = () => [
    ...(slack.channels.get('#log') ?? []).map(({ text }) => `slack: ${text}`),
    ...smtp.mails.map(({ subject }) => `mail: ${subject}`),
  ];
  /** But for the word that it has begun. */
  const told = () => allTold().filter((one) => !one.includes(BEGUN));
  const expectQuiet = async (what: string) => {
    expect({ what, decided: await admin.hlen(KEYS.decisions), told: told() }).toEqual({ what, decided: 0, told: [] });
  };
  await untilValue(allTold, (all) => all.length === 2, WITHIN_MS, 'the word of the start');
  await goesOn('the start');

  await change(pool, "The broker's password", { old: passwords.worker, new: secretOf('worker') });
  await change(pool, "The broker's password", { old: passwords.a, new: secretOf('a') }, { as: forNode });
  await goesOn('another password of the broker');
  for (const user of ['weir-worker', 'weir-node-a']) {
    await untilValue(
      () => usersOn(others.broker),
      (users) => users.includes(user),
      WITHIN_MS,
      `${user} on the broker`,
    );
  }
  await expectQuiet('the broker');

  await change(pool, "The pool's password", { old: passwords.pool, new: secretOf('pool') });
  await goesOn('another password of the pool');
  await untilValue(keptOut, (names) => names.length === 0, WITHIN_MS, 'every observer to read every member');
  for (const member of Object.values(members)) {
    await untilValue(
      () => usersOn(member),
      (users) => users.includes('weir'),
      WITHIN_MS,
      'Weir on the member',
    );
  }
  await expectQuiet('the pool');

  const next = { page: secretOf('page-token'), slack: `xoxb-${secretOf('slack')}`, smtp: secretOf('smtp') };
  const get = async (token: string) =>
    (await fetch(pool.url, { headers: { authorization: `Bearer ${token}` } })).status;
  // A worker that has just begun may be busy.
  const ask = (token: string) =>
    untilValue(
      () => get(token),
      (status) => status !== 503,
      WITHIN_MS,
      'the page to answer',
    );
  const seen: number[][] = [];
  await change(
    pool,
    "The page's token",
    { old: passwords.page, new: next.page },
    {
      each: async ({ command }) => {
        if (command.startsWith('systemctl')) seen.push([await ask(passwords.page), await ask(next.page)]);
      },
    },
  );
  expect(seen).toEqual([
    [200, 200],
    [401, 200],
  ]);
  await expectQuiet('the page');

  // Both refuse the old ones before Weir has the new ones, and something is to be told.
  taken.clear();
  mailUsers.set('ann', next.smtp);
  await pool.sh('a', 'weir silence --pool logs --severity info --for 1h --reason tried');
  taken.add(next.slack);
  await change(pool, 'Slack', { old: passwords.slack, new: next.slack });
  const urls = { old: smtpUrl(others, passwords.smtp), new: smtpUrl(others, next.smtp) };
  await change(pool, 'The mail server', urls);
  const SILENCED = /Silenced by/;
  await untilValue(
    told,
    (all) => all.filter((one) => SILENCED.test(one)).length >= 2,
    WITHIN_MS,
    'what was said meanwhile',
  );
  expect(
    told()
      .map((one) => one.replace(/^(\w+): .*?(A test|ilenced).*/s, '$1 $2'))
      .sort(),
  ).toEqual(['mail A test', 'mail ilenced', 'slack A test', 'slack ilenced']);
  expect(await admin.hlen(KEYS.decisions)).toBe(0);

  // What Weir is there for it does with the new ones.
  await members.b.stop();
  await untilValue(
    () => admin.hlen(KEYS.decisions),
    (count) => count > 0,
    WITHIN_MS,
    'a decision',
  );
  await untilValue(told, (all) => all.filter((one) => /unread/.test(one)).length >= 2, WITHIN_MS, 'people paged');
  expect(allTold().filter((one) => one.includes(BEGUN))).toHaveLength(2);
  expect(pool.printed()).not.toMatch(/SENTINEL|xoxb-/);
});
