import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { descendants, parseStat, processorMs } from '../../../lab/machine/processes.ts';

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Uses 0.3 s of the processor in a child, waits for that, says `done` and lives until its input ends. */
function startBurning() {
  const burn = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);';
  const child = spawn('sh', ['-c', `"$0" -e "$1"; echo done; read forever`, process.execPath, burn], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  return child;
}

it('a name may hold brackets, spaces and what looks like the next fields', () => {
  const rest = '4194304 900 8000 1 2 150 25 1000 200 20 0 7 0 123456 1000000 3000 18446744073709551615';

  expect(parseStat(`42 (a) R 7 (b) S 41 42 42 0 -1 ${rest}`)).toEqual({ parent: 41, processorMs: 13_750 });
});

it('the time of a child that was waited for is counted once, while its parent lives and when it has ended', async () => {
  const before = processorMs(process.pid);
  const child = startBurning();
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  const whileItLives = processorMs(process.pid);
  child.stdin.end();
  await ended;
  const afterwards = processorMs(process.pid);

  expect(whileItLives - before).toBeGreaterThanOrEqual(290);
  expect(afterwards - before).toBeGreaterThanOrEqual(290);
  expect(afterwards - whileItLives).toBeLessThan(290);
});

it('a grandchild that runs is below its grandparent and counted', async () => {
  const child = spawn('sh', ['-c', 'sh -c "while :; do :; done" & wait'], { stdio: 'ignore', detached: true });
  started.push(child);
  const pid = child.pid as number;
  try {
    await expect.poll(() => processorMs(pid), { timeout: 10_000 }).toBeGreaterThan(100);
    expect(descendants(pid)).toHaveLength(1);
    expect(processorMs(descendants(pid)[0] as number)).toBeGreaterThanOrEqual(100);
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
});
