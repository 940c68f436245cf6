/** The lab itself: it serves soon, its faults do what their names say, and nothing of it stays behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { LAB_DIR } from '../../lab/machine/clean.ts';
import { descendants, processesWith } from '../../lab/machine/processes.ts';
import { compiled } from '../../lab/paths.ts';
import { until, untilValue } from '../../lab/until.ts';
import { tempDir } from '../support/temp-dir.ts';
import { storyteller } from './support/watch.ts';

const LEFT_WITHIN_MS = 30_000;

let holder: ChildProcess | undefined;
let lab: Lab | undefined;

afterEach(async () => {
  holder?.kill('SIGKILL');
  await lab?.stop();
  holder = undefined;
  lab = undefined;
});

/** A process that does what a test does and can be killed as a test can. Gives the lab's folder. */
async function startElsewhere(): Promise<string> {
  const program = `
    const { Lab } = await import(${JSON.stringify(pathToFileURL(compiled('lab/lab.js')).href)});
    const lab = await Lab.start({ weir: false, producers: 2 });
    console.log(lab.dir);
  `;
  const file = join(await tempDir(), 'holder.mjs');
  await writeFile(file, program);
  holder = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: holder.stdout as NodeJS.ReadableStream }), 'line');
  return String(line);
}

async function untilGone(dir: string): Promise<void> {
  await until(async () => processesWith(LAB_DIR, dir).length === 0 && !existsSync(dir), LEFT_WITHIN_MS, `${dir} to go`);
}

describe('what is left of a lab', () => {
  it('is nothing when the process that holds it is killed', async () => {
    const dir = await startElsewhere();
    expect(processesWith(LAB_DIR, dir).length).toBeGreaterThan(5);
    holder?.kill('SIGKILL');
    await untilGone(dir);
  });

  it('is nothing when its supervisor, the parent of all its programs, is killed', async () => {
    const dir = await startElsewhere();
    const [supervisor] = descendants(holder?.pid as number);
    process.kill(supervisor as number, 'SIGKILL');
    await untilGone(dir);
  });

  it('is nothing after it was stopped in order, also twice', async () => {
    const own = await Lab.start({ weir: false, producers: 2 });
    const { dir } = own;
    await own.stop();
    await own.stop();
    expect(processesWith(LAB_DIR, dir)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });
});

it('serves soon, stage by stage', async () => {
  const tell = storyteller('the lab comes up');
  lab = await Lab.start({ onStage: ({ name, ms }) => tell(`${name}: ${(ms / 1_000).toFixed(1)} s`) });
  expect(await lab.connections(20)).toMatchObject({ a: 10, b: 10, hung: 0, refused: 0 });
  expect(await lab.master()).toBe('a');
});

it('keepalived killed on the MASTER leaves its table and its VIP, and the other node takes the VIP too', async () => {
  lab = await Lab.start({ weir: false, producers: 2 });
  await lab.killKeepalived('a');
  await untilValue(
    () => (lab as Lab).masters(),
    (nodes) => nodes.join() === 'a,b',
    30_000,
    'both nodes to have the VIP',
  );
  expect((await lab.table('a')).b?.weight).toBe(100);
});

it('a node that is cut off loses the VIP to the other, and a full member refuses what is pushed to it', async () => {
  lab = await Lab.start({ weir: false, producers: 4, consumers: false });
  await lab.partition('a');
  await untilValue(
    () => (lab as Lab).connections(10),
    (seen) => seen.b === 10,
    60_000,
    'connections through the VIP to land on b, the only one that is left',
  );
  expect(await lab.fill('b', 1)).toBeGreaterThan(0.95);
  await untilValue(
    async () => (await (lab as Lab).producers.stats()).reduce((sum, one) => sum + one.refused, 0),
    (refused) => refused > 0,
    30_000,
    'refused pushes',
  );
});
