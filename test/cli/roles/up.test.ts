/** `weir up` as people run it, and what they say to it. Everything real but LVS, which this host lacks. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import type { Status } from '../../../src/model/people/status.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { MAIN, ownFolder, weir } from '../fixture.ts';

// Dozens of processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const folder = ownFolder();

describe('weir up on a host without LVS', () => {
  let member: TestRedis;
  let broker: TestRedis;
  let up: ChildProcess;
  let http: number;
  let path: string;
  let output = '';

  beforeAll(async () => {
    member = await startRedis({ tcp: true, args: ['--requirepass', 'right'] });
    broker = await startRedis({ tcp: true, args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    http = await freePort();
    path = await folder.file(
      'up.yaml',
      folder.config({ port: member.port, http, broker: broker.url, password: 'wrong' }),
    );
    up = spawn(process.execPath, [MAIN, 'up', '--name', 'a', '-c', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [up.stdout, up.stderr]) stream?.on('data', (chunk) => (output += chunk));
  });
  afterAll(async () => {
    up?.kill('SIGKILL');
    await Promise.all([member?.stop(), broker?.stop()]);
  });

  const say = (...args: string[]) => weir([...args, '-c', path]);

  /** As the page has it: a look costs no process. */
  async function untilStatus(isSeen: (status: Status) => boolean): Promise<void> {
    const look = async () => isSeen((await (await fetch(`http://127.0.0.1:${http}/api/v1/status`)).json()) as Status);
    await expect.poll(() => look().catch(() => false), { timeout: 120_000, interval: 200 }).toBe(true);
  }

  it('says every trouble in its own sentence, goes on with the rest, and refuses by a rail with exit 4', async () => {
    // The first poll of a process that has just started may take longer than poll.timeout.
    await untilStatus((seen) => JSON.stringify(seen).includes('Redis of member a refuses the password'));
    const json = await weir(['status', '--json', '-c', path]);
    expect((JSON.parse(json.stdout) as Status).pools[0]?.evaluatedAt).toBeDefined();
    // A poll that takes too long knows no more than that.
    let text = '';
    const read = async () => {
      const { code, stdout } = await weir(['status', '-c', path]);
      text = stdout.replaceAll(/\s+/g, ' ');
      return [code, text.includes('Redis of member a refuses the password')];
    };
    await expect.poll(read, { timeout: 120_000 }).toEqual([1, true]);
    expect(text).toContain('The broker may evict keys (maxmemory-policy is allkeys-lru)');
    expect(text).toContain('the kernel has no ip_vs');
    expect(text).toMatch(/keepalived is not (running|installed)/);

    // Each is a process of its own, and none changes what another sees.
    const [refused, seen, unknown, none, unheard, undecided] = await Promise.all([
      say('drain', 'logs/b'),
      say('why', 'logs/b'),
      say('why', 'logs/z'),
      say('rules', 'drill', 'blind', '--target', 'logs/b'),
      say('rules', 'drill', 'member-unwritable', '--target', 'logs/b'),
      say('why', '1-0.member-unwritable.b'),
    ]);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stdout).toMatch(/^Refused by the rail fresh: /);
    const id = /weir why (\S+)/.exec(refused.stdout)?.[1] as string;
    expect((await say('why', id)).stdout).toMatch(/fresh refused/);
    expect(seen.stdout).toMatch(/\nWhat the rules see of logs\/b now \(rule set [0-9a-f]{12}\)\n/);
    expect(seen.stdout).toMatch(/member-unwritable \(page, acts: auto\): .*\n {4}(yes|no|\?) +!member\.writable/);
    expect(unknown).toMatchObject({ code: 2 });
    const signals = async () => (await say('rules', 'signals', '--pool', 'logs')).stdout;
    await expect.poll(signals, { timeout: 120_000 }).toMatch(/^member\.answering +bool +a yes, b no +poll/m);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^The rule blind only tells/) });
    expect(unheard).toMatchObject({ code: 1, stderr: '' });
    expect(unheard.stdout).toMatch(
      /^The rail fresh would refuse it now: .*\nDrill: drain logs\/b: failed\. a: .* cannot be read/,
    );
    expect(undecided.stderr).toMatch(/^There is no decision and no/);

    const page = await fetch(`http://127.0.0.1:${http}/`);
    expect(await page.text()).toContain('logs');
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${http}/readyz`)).status).toBe(503);
    expect(output).not.toMatch(/wrong|right/);
  });

  it('takes what people say: holds and their end, a look, an answer to nothing; and has it in the audit', async () => {
    const [reasonless, long, misspelt, undecided, unnamed, unsaid, nobody, noon] = await Promise.all([
      say('pause'),
      say('pause', '--for', '25h', '--reason', 'x'),
      say('pause', 'rule:member-unwriteable', '--reason', 'x'),
      say('approve', '1-1.x.b'),
      say('silence', 'memberunwritable', '--reason', 'x'),
      say('silence', 'logs/b'),
      say('ack', '1-1.x.b'),
      say('audit', '--since', 'noon'),
    ]);
    const usage = (sentence: RegExp) => ({ code: 2, stderr: expect.stringMatching(sentence) });
    expect(reasonless).toMatchObject(usage(/^pause needs --reason/));
    expect(long).toMatchObject({ code: 2 });
    expect(misspelt).toMatchObject({
      code: 2,
      stderr: 'There is no rule member-unwriteable in force: did you mean "member-unwritable"?\n',
    });
    expect(undecided).toMatchObject(usage(/^There is no decision 1-1\.x\.b/));
    expect(unnamed).toMatchObject(usage(/did you mean "member-unwritable"/));
    expect(unsaid).toMatchObject(usage(/silence needs --reason/));
    expect(nobody).toMatchObject(usage(/^There is no incident 1-1\.x\.b\./));
    expect(noon).toMatchObject({ code: 2 });

    expect(await say('pause', 'logs/b', '--reason', 'disks', '--for', '2h')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Held for 2 h by \S+: logs\/b\. Actions under way go on to their end\. To end it sooner: weir resume logs\/b\n$/,
      ),
    });
    const [held, status] = await Promise.all([say('drain', 'logs/b'), say('status')]);
    expect(held.stdout).toMatch(/^Refused by the rail hold: \S+ holds logs\/b, for [^:]*: disks\.\n/);
    expect(held.code).toBe(4);
    expect(status.stdout).toMatch(/\nHeld: Weir watches and does not act\n△ logs\/b for /);
    await writeFile(join(folder.path(), 'state', 'hold'), 'cables\n');
    await untilStatus((seen) => JSON.stringify(seen).includes('cables'));
    expect((await say('resume', 'logs/b')).stdout).toContain('Still held: pool logs by The file hold on a: cables');
    await rm(join(folder.path(), 'state', 'hold'));
    const refused = /weir why (\S+)/.exec(held.stdout)?.[1] as string;
    const [acked, late, silenced] = await Promise.all([
      say('trust', 'logs'),
      say('approve', refused),
      say('silence', 'logs/b', '--for', '30m', '--reason', 'its disk is changed'),
    ]);
    expect(acked).toMatchObject({ code: 0, stdout: expect.stringMatching(/ trusts the rules of pool logs again/) });
    expect(late).toMatchObject({ code: 4, stderr: 'Not taken: It does not wait for anybody.\n' });
    expect(silenced).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Silenced by \S+ for 30 min: target b in logs; it covers \d+ open/),
    });
    const [listed, asJson] = await Promise.all([say('silence', 'list'), say('silence', 'list', '--json')]);
    const [silence = ''] = listed.stdout.split(' ');
    expect(JSON.parse(asJson.stdout)).toMatchObject([{ id: silence, matcher: { target: 'b' } }]);
    expect((await say('silence', 'end', silence)).stdout).toMatch(/^No longer silenced, by/);

    const [none, audit, all, verified] = await Promise.all([
      say('silence', 'list'),
      say('audit', '--target', 'logs/b'),
      say('audit'),
      say('audit', 'verify'),
    ]);
    expect(none.stdout).toBe('Nothing is silenced.\n');
    expect(audit.stdout).toMatch(/ logs evaluation +refused +\S+ +drain b for \S+: hold: /);
    expect(all.stdout).toMatch(/ people +\S+ +holds logs\/b: disks\n/);
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✓ logs, evaluation: records 1 to \d+, unbroken\n/),
    });
  });

  it('stops at SIGTERM', async () => {
    up.kill('SIGTERM');
    const [code] = await once(up, 'exit');
    expect(code).toBe(0);
  });
});
