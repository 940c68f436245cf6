import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endLab, LAB_DIR } from '../../../lab/machine/clean.ts';
import { tempDir } from '../../support/temp-dir.ts';

let dir: string;
/** Pids that a test started, to be ended should it fail. */
let started: number[];

beforeEach(async () => {
  dir = await tempDir();
  started = [];
});
afterEach(async () => {
  for (const pid of started.filter(lives)) process.kill(pid, 'SIGKILL');
});

/** A zombie does not count: it waits for its parent, and nothing runs any more. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

async function start(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ChildProcess & { readonly pid: number }> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  const pid = child.pid as number;
  started.push(pid);
  return Object.assign(child, { pid });
}

/** A process that has left its parent, its group and its session. Gives its pid. */
async function startOrphan(env: NodeJS.ProcessEnv): Promise<number> {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    child.unref();
    console.log(child.pid);`;
  const parent = await start([process.execPath, '-e', script], env);
  const exited = once(parent, 'exit');
  const [line] = (await once(
    createInterface({ input: parent.stdout as NonNullable<typeof parent.stdout> }),
    'line',
  )) as [string];
  started.push(Number(line));
  await exited;
  return Number(line);
}

it('ends what the lab started, also what has left its parent and its session', async () => {
  const child = await start(['sleep', '300'], { [LAB_DIR]: dir });
  const orphan = await startOrphan({ [LAB_DIR]: dir });
  expect([child.pid, orphan].map(lives)).toEqual([true, true]);

  await endLab(dir);

  expect([child.pid, orphan].map(lives)).toEqual([false, false]);
});

it('ends what does not listen to SIGTERM, and what is stopped', async () => {
  const deaf = await start(
    [process.execPath, '-e', "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 999)"],
    {
      [LAB_DIR]: dir,
    },
  );
  await once(deaf.stdout as NonNullable<typeof deaf.stdout>, 'data');
  const stopped = await start(['sleep', '300'], { [LAB_DIR]: dir });
  process.kill(stopped.pid, 'SIGSTOP');

  await endLab(dir);

  expect([deaf.pid, stopped.pid].map(lives)).toEqual([false, false]);
});

it('leaves another lab alone, one whose folder begins alike too, and whoever only names the folder', async () => {
  const others = [
    await start(['sleep', '300'], { [LAB_DIR]: `${dir}2` }),
    await start(['sleep', '300'], { [`OLD_${LAB_DIR}`]: dir }),
    await start(['sleep', '300'], { PLACE: `${LAB_DIR}=${dir}` }),
  ];

  await endLab(dir);

  expect(others.map(({ pid }) => lives(pid))).toEqual([true, true, true]);
});

it('removes the folder with what is in it', async () => {
  await writeFile(join(dir, 'weir.yaml'), 'broker: {}\n');

  await endLab(dir);

  expect(existsSync(dir)).toBe(false);
});

it('may be done again', async () => {
  await endLab(dir);

  await expect(endLab(dir)).resolves.toBeUndefined();
});
