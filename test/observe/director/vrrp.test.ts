import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRun } from '../../../src/lib/run-program.ts';
import { askSignal, createKeepalivedReader } from '../../../src/observe/director/keepalived-dump.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { STAND_IN_SIGNAL, type StandIn, startStandIn } from './keepalived-fixture.ts';

let dir: string;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  dir = await tempDir();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0).reverse()) await end();
});

const WHOLE = JSON.stringify([
  { data: { iname: 'VI_1', ifp_ifname: 'eth0', state: 2, vips: ['192.168.81.229 dev eth0 scope global set'] } },
]);
/** It ends when the dump is there: a busy machine may take its time. */
const LONG_MS = 50_000;
const MASTER = { alive: true, instances: [{ name: 'VI_1', state: 2 }] };

async function standIn(): Promise<StandIn> {
  const started = await startStandIn(dir);
  ends.push(started.stop);
  return started;
}

function readerOf({ files }: Pick<StandIn, 'files'>, staleAfterMs = 3_000) {
  return createKeepalivedReader({ keepalived: files, signal: STAND_IN_SIGNAL, staleAfterMs });
}

describe('a dump (of a stand-in named keepalived)', () => {
  it('is what keepalived writes when it is asked', async () => {
    const keepalived = await standIn();
    await keepalived.writes([[50, WHOLE]]);

    expect(await readerOf(keepalived).dump(LONG_MS)).toMatchObject(MASTER);
  });

  it('is waited for while it is empty or torn: keepalived shows it before it is whole (T4)', async () => {
    const keepalived = await standIn();
    await keepalived.writes([
      [0, ''],
      [150, WHOLE.slice(0, 30)],
      [150, WHOLE],
    ]);

    expect(await readerOf(keepalived).dump(LONG_MS)).toMatchObject(MASTER);
  });

  it.each([
    ['stays torn', [[0, WHOLE.slice(0, 30)]] as const, 'it is empty or torn', { hangs: true }],
    ['is not written', [], 'it does not exist', {}],
  ])('that %s is none when the time is up, and a sentence says what was seen', async (_, writes, seen, hangs) => {
    const keepalived = await standIn();
    await keepalived.writes(writes);

    // Asked until the stand-in has been quick enough to write what it shall; no ask may take that for a dump.
    const ask = async () => {
      const found = await readerOf(keepalived).dump(300);
      expect(found).not.toHaveProperty('instances');
      return found;
    };
    let dump = await ask();
    while (dump.trouble?.includes(`(${seen})`) !== true) dump = await ask();

    expect(dump).toEqual({ alive: true, ...hangs, trouble: expect.stringContaining(`(${seen})`) });
    expect(dump.trouble).toContain(keepalived.files.dumpFile);
  });

  it('in whose place somebody has put a FIFO or a link is none, and the next one counts', async () => {
    const keepalived = await standIn();
    const { dumpFile } = keepalived.files;
    const reader = readerOf(keepalived);
    await keepalived.writes([]);
    execFileSync('mkfifo', [dumpFile]);
    expect(await reader.dump(300)).toEqual({ alive: true, trouble: expect.stringContaining('is no plain file') });
    await rm(dumpFile);
    await symlink('/proc/self/status', dumpFile);
    expect(await reader.dump(300)).toEqual({ alive: true, trouble: expect.stringContaining('it is a link') });

    await rm(dumpFile);
    await keepalived.writes([[0, WHOLE]]);
    expect(await reader.dump(LONG_MS)).toMatchObject(MASTER);
  });

  it('is looked for in /tmp as well, where nobody said where: by which is fresh, not by which is there', async () => {
    const keepalived = await standIn();
    const usual = join(dir, 'usual.json');
    const files = { ...keepalived.files, dumpFile: usual, bareDumpFile: keepalived.files.dumpFile };
    const reader = readerOf({ files }, 0);
    await keepalived.writes([[0, WHOLE]]);
    expect(await reader.dump(LONG_MS)).toMatchObject({ ...MASTER, file: files.bareDumpFile });

    // The one of a keepalived that was started otherwise.
    await writeFile(usual, WHOLE);
    const before = new Date(Date.now() - 50_000);
    await utimes(usual, before, before);
    expect(await reader.dump(LONG_MS)).toMatchObject({ ...MASTER, file: files.bareDumpFile });

    await keepalived.writes([]);
    expect((await reader.dump(300)).trouble).toContain(`${usual} or ${files.bareDumpFile} (it was not written)`);
  });

  it('from before keepalived was first seen is not believed, however fresh it seems (T3)', async () => {
    const keepalived = await standIn();
    await writeFile(keepalived.files.dumpFile, WHOLE);
    const before = new Date(Date.now() - 50_000);
    await utimes(keepalived.files.dumpFile, before, before);

    const dump = await readerOf(keepalived, 60_000).dump(300);

    expect(dump).toEqual({ alive: true, trouble: expect.stringContaining('(it was not written)') });
  });

  it('speaks on for a keepalived that is late with the next one, and no longer than stale_after', async () => {
    const keepalived = await standIn();
    const patient = readerOf(keepalived, 60_000);
    const strict = readerOf(keepalived, 0);
    await keepalived.writes([[0, WHOLE]]);
    expect(await patient.dump(LONG_MS)).toMatchObject(MASTER);
    await sleep(100); // What the one asked for is not taken for what the other asks for.
    expect(await strict.dump(LONG_MS)).toMatchObject(MASTER);

    await keepalived.writes([]);
    await sleep(100); // Nor what was asked for last, within the grain of the clock of files.

    expect(await patient.dump(300)).toMatchObject(MASTER);
    const trouble = expect.stringContaining('it hangs.');
    expect(await strict.dump(300)).toEqual({ alive: true, hangs: true, trouble });
  });

  it('from a time that is still to come is not believed: the clock was set back, and keepalived hangs since', async () => {
    const keepalived = await standIn();
    const reader = readerOf(keepalived);
    await keepalived.writes([[0, WHOLE]]);
    expect(await reader.dump(LONG_MS)).toMatchObject(MASTER);
    await keepalived.writes([]);
    const ahead = Date.now() / 1_000 + 300;

    await utimes(keepalived.files.dumpFile, ahead, ahead);

    const late = await readerOf(keepalived, 0).dump(300);
    const trouble = expect.stringContaining('a time that is still to come');
    expect(late).toEqual({ alive: true, hangs: true, trouble });
  });

  it('that comes no more is a keepalived that hangs, also for a Weir that starts only then', async () => {
    const keepalived = await standIn();
    await keepalived.writes([[0, WHOLE]]);
    expect(await readerOf(keepalived).dump(LONG_MS)).toMatchObject(MASTER);
    await keepalived.writes([]);

    expect(await readerOf(keepalived, 0).dump(300)).toMatchObject({ alive: true, hangs: true });
  });

  it('that never came says nothing of a hang: keepalived may have no vrrp_instance, or write elsewhere (T5)', async () => {
    const keepalived = await standIn();
    await writeFile(keepalived.files.dumpFile, WHOLE);
    const before = new Date(Date.now() - 50_000);
    await utimes(keepalived.files.dumpFile, before, before);

    const dump = await readerOf(keepalived).dump(300);

    expect(dump).not.toHaveProperty('hangs');
    expect(dump.trouble).toContain('writes elsewhere (keepalived.dump_file)');
    expect(dump.trouble).toContain('Its state is not known.');
  });

  it('does not speak for the next keepalived', async () => {
    const first = await standIn();
    const reader = readerOf(first, 60_000);
    await first.writes([[0, WHOLE]]);
    expect(await reader.dump(LONG_MS)).toMatchObject(MASTER);
    await first.stop();
    const other = await tempDir();
    const next = await startStandIn(other);
    ends.push(next.stop);
    await writeFile(first.files.pidFile, String(next.pid));

    const dump = await reader.dump(300);

    expect(dump).not.toHaveProperty('instances');
    expect(dump.alive).toBe(true);
  });
});

describe('keepalived is not running', () => {
  const files = () => ({ pidFile: join(dir, 'keepalived.pid'), dumpFile: join(dir, 'keepalived.json') });
  const gone = () => ({ alive: false, trouble: `keepalived is not running (${files().pidFile}).` });

  it('where it has no pid file', async () => {
    expect(await readerOf({ files: files() }).dump(300)).toEqual(gone());
  });

  it('where the number is another process’s by now; that one is not signalled (T3)', async () => {
    const other = await startStandIn(dir, 'no-keepalived');
    ends.push(other.stop);
    await other.writes([[0, WHOLE]]);

    expect(await readerOf(other).dump(300)).toEqual(gone());

    await expect(readFile(other.files.dumpFile)).rejects.toThrow('ENOENT');
  });

  // Signal 0 asks whether a process is there, and harms none: what these numbers mean to kill(2) is no single process.
  it.each(['', 'x', '0', '1', '-1', '12 13'])('where the pid file says %j', async (written) => {
    await writeFile(files().pidFile, written);
    await mkdir(join(dir, written.trim() || '0'), { recursive: true });
    await writeFile(join(dir, written.trim() || '0', 'stat'), `${written.trim()} (keepalived) S 1 1 1\n`);

    const reader = createKeepalivedReader({ keepalived: files(), procRoot: dir, signal: 0, staleAfterMs: 0 });

    expect(await reader.dump(100)).toEqual(gone());
  });

  /** keepalived by its name, in a /proc of the test's own: this process, which signal 0 does not harm. */
  async function stateOf(state: 'S' | 'Z'): Promise<void> {
    await mkdir(join(dir, String(process.pid)), { recursive: true });
    await writeFile(join(dir, String(process.pid), 'stat'), `${process.pid} (keepalived) ${state} 1 1 1\n`);
    await writeFile(files().pidFile, String(process.pid));
  }

  it('where nobody has waited for one that ended: a zombie', async () => {
    await stateOf('Z');
    const reader = createKeepalivedReader({ keepalived: files(), procRoot: dir, signal: 0, staleAfterMs: 0 });

    expect(await reader.dump(100)).toEqual(gone());
  });

  it('where it ends while its dump is awaited, whatever the time is that is left', async () => {
    await stateOf('S');
    const reader = createKeepalivedReader({ keepalived: files(), procRoot: dir, signal: 0, staleAfterMs: 60_000 });

    const dump = reader.dump(600_000);
    await stateOf('Z');

    expect(await dump).toEqual(gone());
  });

  it('where it ended between the look and the signal', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    await mkdir(join(dir, String(child.pid)));
    await writeFile(join(dir, String(child.pid), 'stat'), `${child.pid} (keepalived) S 1 1 1\n`);
    await writeFile(files().pidFile, String(child.pid));

    const reader = createKeepalivedReader({ keepalived: files(), procRoot: dir, signal: 0, staleAfterMs: 0 });

    expect(await reader.dump(100)).toEqual({ alive: false, trouble: expect.stringContaining('ESRCH') });
  });
});

describe('the number of the signal', () => {
  async function program(printed: string): Promise<void> {
    const path = join(dir, 'keepalived');
    await writeFile(path, `#!${process.execPath}\nconsole.log(${JSON.stringify(printed)}, process.argv[3] ?? '');\n`);
    await chmod(path, 0o755);
    vi.stubEnv('PATH', dir);
  }

  it('is the one that keepalived prints (T7)', async () => {
    await program('40');

    expect(await askSignal()).toEqual({ signal: 40 });
  });

  it.each(['Unknown sigfunc JSON', '', '9', '31', '65', '36.5'])(
    'is the usual one where it prints %j',
    async (text) => {
      await program(text);

      expect(await askSignal()).toEqual({
        signal: 36,
        trouble: expect.stringContaining('cannot dump its state as JSON'),
      });
    },
  );

  it('is the usual one, with a sentence, where keepalived is not installed', async () => {
    expect(await askSignal(createRun({ path: dir }))).toEqual({
      signal: 36,
      trouble: 'keepalived --signum=JSON failed: keepalived is not installed.',
    });
  });

  it('is the usual one, with a sentence, where keepalived fails', async () => {
    await symlink('/bin/false', join(dir, 'keepalived'));
    vi.stubEnv('PATH', dir);

    expect(await askSignal()).toEqual({
      signal: 36,
      trouble: expect.stringMatching(/^keepalived --signum=JSON failed: /),
    });
  });
});
