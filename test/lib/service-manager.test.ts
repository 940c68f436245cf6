/** What a systemd is told, by systemd-notify itself: the other end of its socket is here. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportToServiceManager, type ServiceManager } from '../../src/lib/service-manager.ts';
import { endWithChildren } from '../support/processes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/waiting.ts';

const HAS_SYSTEMD = existsSync('/usr/bin/systemd-notify') && existsSync('/usr/bin/socat');

let socket: string;
let told: string;
let listener: ChildProcess;
let manager: ServiceManager | undefined;
beforeEach(async () => {
  socket = join(await tempDir(), 'notify');
  told = '';
  listener = spawn('socat', ['-u', `UNIX-RECV:${socket}`, '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
  listener.stdout?.on('data', (chunk) => (told += chunk));
  await until(() => existsSync(socket));
});
afterEach(async () => {
  manager?.stop();
  await endWithChildren(listener);
});

/** What a unit with WatchdogSec=300ms has in its environment. */
const watched = () => ({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000', WATCHDOG_PID: String(process.pid) });
const times = (word: string) => told.split(word).length - 1;

describe.runIf(HAS_SYSTEMD)('systemd', () => {
  it('is told that the process is ready, and then again and again that it works on', async () => {
    manager = reportToServiceManager(watched(), () => undefined, expect.unreachable);
    await expect.poll(() => times('WATCHDOG=1')).toBeGreaterThan(2);
    expect(times('READY=1')).toBe(1);
    manager.stop();
    await sleep(500);
    const before = times('WATCHDOG=1');
    await sleep(500);
    expect(times('WATCHDOG=1')).toBe(before);
  });

  it('is not told so of a process that does nothing, and the journal has why', async () => {
    const said: string[] = [];
    manager = reportToServiceManager(
      watched(),
      () => 'No poll has ended for 95 s.',
      (sentence) => said.push(sentence),
    );
    await expect.poll(() => said.length).toBeGreaterThan(1);
    expect(said[0]).toBe(
      'No poll has ended for 95 s. systemd is not told that this process works on, and starts it again.',
    );
    await expect.poll(() => told).toContain('READY=1');
    expect(times('WATCHDOG=1')).toBe(0);
  });

  it('is told nothing where the watchdog is for another process, or there is none', async () => {
    reportToServiceManager({ ...watched(), WATCHDOG_PID: '1' }, () => undefined, expect.unreachable);
    reportToServiceManager({ NOTIFY_SOCKET: socket }, () => undefined, expect.unreachable);
    reportToServiceManager({}, () => undefined, expect.unreachable);
    await expect.poll(() => times('READY=1')).toBe(2);
    await sleep(500);
    expect(times('WATCHDOG=1')).toBe(0);
  });

  it('that does not listen is a sentence, and no end', async () => {
    const said: string[] = [];
    reportToServiceManager(
      { NOTIFY_SOCKET: `${socket}-none` },
      () => undefined,
      (sentence) => said.push(sentence),
    );
    await expect
      .poll(() => said)
      .toEqual([expect.stringMatching(/^systemd was not told READY=1: "systemd-notify READY=1" /)]);
  });
});
