import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFifos, type Fifos, type Hint, parseHint } from '../../../src/observe/director/fifo.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/waiting.ts';
import { CAN_RUN_KEEPALIVED, startKeepalived, type TestKeepalived, VRRP_INTERFACE } from './keepalived-fixture.ts';

describe('a line of keepalived', () => {
  it.each<[string, Hint]>([
    ['INSTANCE "VI_1" MASTER 254', { about: 'instance', name: 'VI_1', state: 'MASTER', priority: 254 }],
    [
      'INSTANCE "VI 1" MASTER_RX_LOWER_PRI 9',
      { about: 'instance', name: 'VI 1', state: 'MASTER_RX_LOWER_PRI', priority: 9 },
    ],
    ['GROUP "G" FAULT 0', { about: 'group', name: 'G', state: 'FAULT', priority: 0 }],
    ['VS [10.0.0.1]:tcp:6379 UP', { about: 'virtual server', name: '[10.0.0.1]:tcp:6379', state: 'UP' }],
    ['VS FWM 1 DOWN', { about: 'virtual server', name: 'FWM 1', state: 'DOWN' }],
    [
      'RS [10.0.0.51]:tcp:6379 [10.0.0.1]:tcp:6379 UP',
      { about: 'real server', name: '[10.0.0.51]:tcp:6379', of: '[10.0.0.1]:tcp:6379', state: 'UP' },
    ],
    [
      'RS [2001:db8::51]:tcp:6379 FWM 1 DOWN',
      { about: 'real server', name: '[2001:db8::51]:tcp:6379', of: 'FWM 1', state: 'DOWN' },
    ],
  ])('%s', (line, hint) => {
    expect(parseHint(line)).toEqual(hint);
  });

  it.each(['', 'INSTANCE', 'INSTANCE "VI_1" MASTER', 'RS [10.0.0.51]:tcp:6379 UP', 'VS  UP', 'nonsense'])(
    'that is none: "%s"',
    (line) => {
      expect(parseHint(line)).toBeUndefined();
    },
  );

  it('may be any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseHint(line)));
  });
});

let dir: string;
let path: string;
const ends: (() => void | Promise<void>)[] = [];
beforeEach(async () => {
  dir = await tempDir();
  path = join(dir, 'vrrp.fifo');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0).reverse()) await end();
});

function makeFifo(at = path): void {
  execFileSync('mkfifo', ['-m', '600', at]);
}

/** Opens as a program would that is no reader of its own: ENXIO when nobody reads (fifo.7). */
function write(text: string, at = path): void {
  const fd = openSync(at, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** As keepalived opens it: with nobody there to read. */
function writeBeforehand(text: string): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  writeSync(fd, text);
  ends.push(() => closeSync(fd));
}

function reading(paths: readonly string[] = [path]): { readonly fifos: Fifos; readonly states: string[] } {
  const states: string[] = [];
  const fifos = createFifos(paths, (hints) => states.push(...hints.map((hint) => `${hint.name} ${hint.state}`)));
  ends.push(() => fifos.close());
  return { fifos, states };
}

const MASTER = 'INSTANCE "VI_1" MASTER 254\n';
const BACKUP = 'INSTANCE "VI_1" BACKUP 254\n';

describe('a FIFO', () => {
  it('gives what is written into it, whole lines only, and not what nobody understands', async () => {
    makeFifo();
    const { fifos, states } = reading();
    expect(fifos.look()).toBeUndefined();

    write(`nonsense\n${MASTER}INSTANCE "VI_1" BAC`);
    await until(() => states.length > 0);
    expect(states).toEqual(['VI_1 MASTER']);

    write('KUP 254\n');
    await until(() => states.length > 1);
    expect(states).toEqual(['VI_1 MASTER', 'VI_1 BACKUP']);
  });

  it('has a reader and no end, whoever comes and goes', async () => {
    makeFifo();
    const { fifos, states } = reading();
    fifos.look();

    for (let count = 1; count <= 20; count += 1) {
      write(MASTER);
      await until(() => states.length === count);
    }
    expect(fifos.look()).toBeUndefined();
  });

  it('that was full of old news gives none of it, and takes new ones', async () => {
    makeFifo();
    writeBeforehand(MASTER.repeat(65_536 / MASTER.length));
    const { fifos, states } = reading();
    fifos.look();

    write(BACKUP);

    await until(() => states.length > 0);
    expect(states).toEqual(['VI_1 BACKUP']);
  });

  it('into which much is written at once loses nothing', async () => {
    makeFifo();
    const { fifos, states } = reading();
    fifos.look();

    for (let count = 0; count < 8; count += 1) {
      write(MASTER.repeat(2_000));
      await until(() => states.length === 2_000 * (count + 1));
    }
  });

  it('that is not there is said in a sentence, and read when it is made', async () => {
    const other = join(dir, 'lvs.fifo');
    makeFifo(other);
    const { fifos, states } = reading([path, other]);
    expect(fifos.look()).toBe(
      `keepalived's changes are seen by poll only: ${path} does not exist. Make it with mkfifo -m 600 and name it in keepalived.conf (vrrp_notify_fifo, lvs_notify_fifo).`,
    );
    write('RS [10.0.0.51]:tcp:6379 [10.0.0.1]:tcp:6379 UP\n', other);

    makeFifo();
    expect(fifos.look()).toBeUndefined();
    write(MASTER);

    await until(() => states.length === 2);
    expect(states.sort()).toEqual(['VI_1 MASTER', '[10.0.0.51]:tcp:6379 UP']);
  });

  it('that was replaced is found at the next look, and the old one is let go', async () => {
    makeFifo();
    const { fifos, states } = reading();
    fifos.look();
    const old = join(dir, 'old.fifo');
    await rename(path, old);
    makeFifo();

    expect(() => write(MASTER)).toThrow(/ENXIO/);
    expect(fifos.look()).toBeUndefined();
    write(MASTER);
    await until(() => states.length > 0);

    await until(() => throwsEnxio(() => write(MASTER, old)));
  });

  it('that was taken away is said, and is no fault of the program', async () => {
    makeFifo();
    const { fifos } = reading();
    fifos.look();

    await unlink(path);

    expect(fifos.look()).toContain(`${path} does not exist`);
  });

  it('that is an ordinary file is said, and the file left alone', async () => {
    await writeFile(path, MASTER);
    const { fifos } = reading();

    expect(fifos.look()).toContain(`${path} is no FIFO`);
    expect(await readFile(path, 'utf8')).toBe(MASTER);
  });

  it('that is closed has no reader any more', async () => {
    makeFifo();
    const { fifos } = reading();
    fifos.look();
    write(MASTER);

    fifos.close();

    await until(() => throwsEnxio(() => write(MASTER)));
  });

  it('takes no thread: with more of them than the pool has threads, files are still read', async () => {
    const paths = Array.from({ length: 8 }, (_, index) => join(dir, `${index}.fifo`));
    paths.forEach(makeFifo);
    const { fifos } = reading(paths);
    fifos.look();
    await sleep(100);

    const read = await Promise.race([readFile('/proc/self/stat', 'utf8'), sleep(30_000, 'none', { ref: false })]);

    expect(read).toContain(`${process.pid} (`);
  });
});

function throwsEnxio(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENXIO';
  }
}

async function keepalivedWith(fifo?: 'made before'): Promise<TestKeepalived> {
  vi.stubEnv('PATH', `${process.env.PATH}:/usr/sbin:/sbin`);
  const keepalived = await startKeepalived(fifo === undefined ? {} : { fifo });
  ends.push(keepalived.stop);
  return keepalived;
}

describe.skipIf(!CAN_RUN_KEEPALIVED)('a real keepalived', () => {
  it('tells every change of its instance', async () => {
    const keepalived = await keepalivedWith('made before');
    const { fifos, states } = reading([keepalived.fifo]);
    expect(fifos.look()).toBeUndefined();

    await keepalived.ip('link', 'set', VRRP_INTERFACE, 'down');
    await until(() => states.at(-1) === 'VI_1 FAULT');
    await keepalived.ip('link', 'set', VRRP_INTERFACE, 'up');
    await until(() => states.at(-1) === 'VI_1 MASTER');

    process.kill(keepalived.pid, 'SIGTERM');
    await until(() => states.at(-1) === 'VI_1 STOP');
  });

  it('keeps a FIFO that was made before it over a reload: nothing has to be found again', async () => {
    const keepalived = await keepalivedWith('made before');
    const { fifos, states } = reading([keepalived.fifo]);
    fifos.look();
    const { ino } = await stat(keepalived.fifo);

    process.kill(keepalived.pid, 'SIGHUP');
    await sleep(500);
    await keepalived.ip('link', 'set', VRRP_INTERFACE, 'down');

    await until(() => states.at(-1) === 'VI_1 FAULT');
    expect((await stat(keepalived.fifo)).ino).toBe(ino);
  });

  it('makes its own anew at a reload, which the next look finds (T8)', async () => {
    const keepalived = await keepalivedWith();
    const { fifos, states } = reading([keepalived.fifo]);
    await until(() => fifos.look() === undefined);
    const { ino } = await stat(keepalived.fifo);

    process.kill(keepalived.pid, 'SIGHUP');
    await until(async () => (await stat(keepalived.fifo)).ino !== ino);
    expect(fifos.look()).toBeUndefined();
    await keepalived.ip('link', 'set', VRRP_INTERFACE, 'down');

    await until(() => states.at(-1) === 'VI_1 FAULT');
  });
});
