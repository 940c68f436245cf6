/** A real keepalived in a network namespace of its own: what it has read, what it refuses, what it counts. */

import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRun } from '../../../../src/lib/run-program.ts';
import { askSignal, createKeepalivedReader } from '../../../../src/observe/director/keepalived-dump.ts';
import { lookAtConfiguration } from '../../../../src/provision/doctor/look/configuration.ts';
import { lookTwice, pidIn } from '../../../../src/provision/doctor/look/keepalived.ts';
import type { Parts } from '../../../../src/provision/doctor/look/parts.ts';
import { wantedOf } from '../../../../src/provision/doctor/wanted.ts';
import { layoutUnder } from '../../../../src/provision/render/layout.ts';
import {
  CAN_RUN_KEEPALIVED,
  startKeepalived,
  type TestKeepalived,
  VIP,
  VRRP_INTERFACE,
} from '../../../observe/director/keepalived-fixture.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/waiting.ts';
import { poolText, wanted } from '../healthy.ts';

const notes: string[] = [];
const run = createRun({ timeoutMs: 10_000 });
let keepalived: TestKeepalived;
let file: string;

/** What runs inside the namespace of keepalived, where its interface is. */
function parts(): Pick<Parts, 'run' | 'note'> {
  return {
    run: (program, args) => run('nsenter', [`--net=/proc/${keepalived.pid}/ns/net`, program, ...args]),
    note: (sentence) => notes.push(sentence),
  };
}

const look = () => lookAtConfiguration(parts(), wanted(), keepalived.pid);

async function edit(change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

describe.runIf(CAN_RUN_KEEPALIVED)('the configuration of a running keepalived', () => {
  beforeEach(async () => {
    notes.length = 0;
    keepalived = await startKeepalived({ password: 'geheim', advertSeconds: 1 });
    file = join(dirname(keepalived.files.pidFile), 'keepalived.conf');
  });
  afterEach(() => keepalived.stop());

  it('is the file that it was started with, taken and read', async () => {
    const { facts, files } = await look();

    expect(facts).toEqual({
      ...{ path: file, exists: true, refusal: '', loaded: true, stale: [] },
      says: { scripts: [], scriptSecurity: false, trackFiles: [] },
    });
    expect(files).toEqual([file]);
    expect(notes).toEqual([]);
  });

  it('is not read while a change waits for a reload, and is after it', async () => {
    await edit((text) => text.replace('priority 150', 'priority 140'));

    expect((await look()).facts).toMatchObject({ loaded: false, refusal: '' });
    process.kill(keepalived.pid, 'SIGHUP');
    await until(async () => (await look()).facts.loaded === true);
  });

  it('is read in spite of a new comment or a new date', async () => {
    await edit((text) => `# seen by me\n${text}`);
    await utimes(file, new Date(), new Date(Date.now() + 60_000));

    expect((await look()).facts.loaded).toBe(true);
  });

  it('is read with what it includes', async () => {
    const other = join(dirname(file), 'other.inc');
    await writeFile(other, 'static_ipaddress { }\n');
    await edit((text) => `include ${other}\n${text}`);
    process.kill(keepalived.pid, 'SIGHUP');
    await until(async () => (await look()).facts.loaded === true);
    expect((await look()).files).toEqual([file, other]);

    await writeFile(other, 'static_routes { }\n');

    expect((await look()).facts.loaded).toBe(false);
  });

  it('is refused with the line in question, and without its password', async () => {
    await edit((text) => text.replace('priority 150', 'nonsense geheim'));

    const { refusal } = (await look()).facts;

    expect(refusal).toMatch(/Line \d+\) Unknown keyword 'nonsense'/);
    expect(JSON.stringify([await look(), notes])).not.toContain('geheim');
  });

  it('is taken with a script that it does not trust, which is told', async () => {
    await edit((text) => text.replace('nopreempt', 'nopreempt\n  notify_fault /bin/true'));

    expect((await look()).facts).toMatchObject({
      refusal: '',
      insecurity: expect.stringMatching(/SECURITY VIOLATION/),
    });
  });

  it('is missing when it was removed, which keepalived itself would take', async () => {
    await rm(file);

    expect((await look()).facts).toMatchObject({ path: file, exists: false });
    expect((await look()).facts).not.toHaveProperty('refusal');
  });
});

describe.runIf(CAN_RUN_KEEPALIVED)('VRRP', () => {
  const pools = wanted({ pools: poolText({ vip: VIP, vrrp: 'advert_interval: 100ms' }) }).pools;

  afterEach(() => keepalived.stop());

  it('is what it dumps, looked at twice', async () => {
    keepalived = await startKeepalived();
    const { signal } = await askSignal();
    const reader = createKeepalivedReader({ keepalived: keepalived.files, signal, staleAfterMs: 0 });
    const dump = () => reader.dump(2_000);
    await until(async () => (await dump()).instances?.[0]?.state === 2);

    const { instances } = await lookTwice({ ...parts(), dump }, pools);

    expect(instances?.get('logs')).toMatchObject({
      ...{ state: 2, interface: VRRP_INTERFACE, routerId: 51, version: 3, advertSeconds: 0.1, authenticated: false },
      ...{ basePriority: 150, effectivePriority: 150, nopreempt: true },
      grown: { advertsReceived: 0, refused: { auth_failure: 0, advert_interval_err: 0 } },
    });
    expect(await pidIn(keepalived.files.pidFile)).toBe(keepalived.pid);
    expect(await lookTwice({ ...parts(), dump }, wanted().pools)).toMatchObject({
      instances: new Map([['logs', null]]),
    });
  });
});

it('files that Weir made and would make otherwise are told, those of others not', async () => {
  const root = await tempDir();
  const { config } = wanted();
  const layout = layoutUnder(root);
  const all = wantedOf(config, 'a', layout);
  const save = async (path: string, text: string) => {
    await run('mkdir', ['-p', dirname(path)]);
    await writeFile(path, text);
  };
  for (const { path, text } of all.files) await save(path, text);
  const stale = async () =>
    (await lookAtConfiguration({ run: async () => '', note: (text) => notes.push(text) }, all, undefined)).facts.stale;
  expect(await stale()).toEqual([]);

  await save(layout.sysctl, `${await readFile(layout.sysctl, 'utf8')}# mine\n`);
  await save(layout.tmpfiles, '# made by somebody else\n');

  expect(await stale()).toEqual([layout.sysctl]);
});
