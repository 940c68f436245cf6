/** What a role logs: one form for all of it, by where stderr leads, and with levels. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { untilValue } from '../../../lab/until.ts';
import { MAIN, ownFolder } from '../fixture.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000 });
const SAYS_WITHIN_MS = 120_000;

const folder = ownFolder();
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));

/** All that a node without a broker says until it has told people that the broker is lost, in a file. */
async function nodeThatSays(name: string, log: string, isJournal: boolean): Promise<string> {
  const text = folder.config({ port: await freePort(), http: await freePort(), broker: 'redis://127.0.0.1:1' });
  const config = await folder.file(`${name}.yaml`, `${text}\n${log}\n`);
  const path = await folder.file(`${name}.log`, '');
  const file = await open(path, 'a');
  const { dev, ino } = await file.stat();
  const child = spawn(process.execPath, [MAIN, 'node', '--name', 'a', '-c', config], {
    env: {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      ...(isJournal && { JOURNAL_STREAM: `${dev}:${ino}` }),
    },
    stdio: ['ignore', file.fd, file.fd],
  });
  const ended = once(child, 'close');
  try {
    const said = () => readFileSync(path, 'utf8');
    const isSaid = (text: string) => /has lost the broker/.test(text) || child.exitCode !== null;
    await untilValue(said, isSaid, SAYS_WITHIN_MS, 'that the broker is lost');
    return said();
  } finally {
    child.kill('SIGKILL');
    await ended;
    await file.close();
  }
}

it('for journald: each line has its priority, what people are told too, and the first one the version', async () => {
  const lines = (await nodeThatSays('journal', '', true)).trimEnd().split('\n');

  expect(lines[0]).toMatch(`<5>node a: weir starts version=${version} `);
  for (const line of lines) expect(line).toMatch(/^<[2-7]>node a: /);
  expect(lines).toContainEqual(expect.stringMatching(/^<3>node a: The broker cannot be used: /));
  expect(lines).toContainEqual(expect.stringMatching(/^<3>node a: Node a has lost the broker pool=logs/));
});

it('level: only what is as grave', async () => {
  const lines = (await nodeThatSays('level', 'log: {level: error}', true)).trimEnd().split('\n');

  for (const line of lines) expect(line).toMatch(/^<[23]>/);
});

it('elsewhere it is JSON, also where $JOURNAL_STREAM is of another stream', async () => {
  const lines = (await nodeThatSays('json', 'log: {form: json}', true)).trimEnd().split('\n');
  const others = (await nodeThatSays('auto', '', false)).trimEnd().split('\n');

  for (const line of [...lines, ...others])
    expect(JSON.parse(line)).toMatchObject({ role: 'node a', msg: expect.any(String) });
});
