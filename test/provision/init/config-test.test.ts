/** `weir init` asks keepalived itself, the real one. */

import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun } from '../../../src/lib/run-program.ts';
import { askKeepalived, remarksOfTest } from '../../../src/provision/init/config-test.ts';
import { initFrom } from '../../../src/provision/init/init.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { pool } from '../existing-confs.ts';

const KEEPALIVED = '/usr/sbin/keepalived';
/** keepalived refuses interfaces that are not there. */
const DEVICE = Object.entries(networkInterfaces()).find(([, all]) => all?.some((one) => !one.internal))?.[0] ?? 'eth0';
const PASSWORD = 'geheim11';
const STRICT = pool({
  interface: DEVICE,
  globals: '  vrrp_strict',
  instance: `  authentication {\n    auth_type PASS\n    auth_pass ${PASSWORD}\n  }`,
});

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

async function ask(text: string, run = createRun({ timeoutMs: 60_000 })) {
  const file = join(folder, 'keepalived.conf');
  await writeFile(file, text, { mode: 0o644 });
  return askKeepalived(run, file, text, 'one');
}

describe.runIf(existsSync(KEEPALIVED))('a keepalived that is installed', () => {
  it('says what it does otherwise, each line once and without the password', async () => {
    const asked = await ask(STRICT);

    expect(asked).toMatchObject({ exitCode: 5 });
    expect(asked.lines).toContain('(VI_1) Strict mode does not support authentication. Ignoring.');
    expect(new Set(asked.lines).size).toBe(asked.lines.length);
    expect(asked.lines.join()).not.toContain(PASSWORD);
  });

  it('says nothing of what it takes', async () => {
    const asked = await ask(pool({ interface: DEVICE }));

    expect(asked).toEqual({ exitCode: 0, lines: [] });
    expect(remarksOfTest(asked, true)).toEqual([]);
  });

  it('is asked with the configuration id, so that it reads the same lines', async () => {
    const text = pool({ interface: DEVICE }).replace('  priority 200', '@one priority 300\n@two priority 100');

    expect((await ask(text)).lines.join('\n')).toMatch(/Priority not valid/);
  });

  it('makes a few lines of many, and prints no character that moves the cursor', async () => {
    const asked = await ask(
      `${pool({ interface: DEVICE })}${'no\u001b[2Jsuch 1\n'.repeat(1)}${Array.from({ length: 50 }, (_, i) => `none${i} 1\n`).join('')}`,
    );

    expect(asked.lines).toHaveLength(13);
    expect(asked.lines.at(-1)).toMatch(/^and \d+ lines more$/);
    expect(asked.lines.join('')).not.toContain('\u001b');
  });

  it('that ends at the file is heard: nothing is written', async () => {
    const file = join(folder, 'keepalived.conf');
    await writeFile(file, pool({ interface: DEVICE, server: '  quorum' }), { mode: 0o644 });
    const made = initFrom(file, {
      server: { hostName: 'one', addresses: [], hosts: '' },
      configId: 'one',
      run: createRun({ timeoutMs: 60_000 }),
    });

    await expect(made).rejects.toThrow(
      /^\S*keepalived\.conf:\d+ quorum lacks a value: keepalived ends there and does not run with this file\n/,
    );
  });

  it('is heard also where Weir takes nothing of the file', async () => {
    const file = join(folder, 'keepalived.conf');
    await writeFile(file, STRICT.replaceAll('protocol TCP', 'protocol UDP'), { mode: 0o644 });
    const made = initFrom(file, {
      server: { hostName: 'one', addresses: [], hosts: '' },
      configId: 'one',
      run: createRun({ timeoutMs: 60_000 }),
    });

    await expect(made).rejects.toThrow(
      /^\S*keepalived\.conf:\d+ .* is left out: it is UDP.* Nothing is written\.\n(?: {4}.*\n)* {4}CHECK what `keepalived --config-test` says of this file \(exit code 5\)\.\n {8}\(VI_1\)/,
    );
  });
});

describe('a keepalived that gives no answer', () => {
  it('is not installed: it was not asked', async () => {
    const run = () => Promise.reject(Object.assign(new Error('spawn keepalived ENOENT'), { code: 'ENOENT' }));
    const asked = await ask(STRICT, run);

    expect(asked).toEqual({ lines: [], notAsked: 'it is not installed here' });
    expect(remarksOfTest(asked, true).join()).toMatch(/^CHECK: keepalived was not asked what it makes of this file/);
  });

  it('hangs: it is ended, and that is said', async () => {
    const script = join(folder, 'hangs');
    await writeFile(script, '#!/bin/sh\nexec sleep 600\n');
    await chmod(script, 0o755);
    const run = createRun({ timeoutMs: 300 });
    const asked = await ask(STRICT, (_, args) => run(script, args));

    expect(asked.exitCode).toBeUndefined();
    expect(asked.notAsked).toMatch(/hangs/);
  });
});
