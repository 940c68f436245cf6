/**
 * One boot for several files. A lab costs the guest half a minute of processor time to boot; the files of a lane
 * (scripts/lanes.mjs) run one after the other in one process, and whoever needs the lab of the one before gets it, put back
 * to its first state. A file that leaves what cannot be put back fails by its own name, and the next one boots anew.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import { Lab, type LabOptions } from '../../../lab/lab.ts';
import { ROOT } from '../../../lab/paths.ts';
import type { RenewOptions } from '../../../lab/pool/renew.ts';
import { untilCalm } from '../../../lab/pool/steady-state.ts';
import { MEMBERS } from '../../../lab/pool/topology.ts';
import { type FirstState, readState, untilFirstState } from './first-state.ts';
import { storyteller } from './watch.ts';

/** How often each producer pushes: all together do every thirty milliseconds, which a test of seconds cannot tell from more. */
const RATE = { perSecond: 4, bytes: 1_000 };

/** Eight producers, consumers and Weir. */
const POOL: LabOptions = { producers: 8, rate: RATE };

interface Kept {
  readonly lab: Lab;
  readonly first: FirstState;
}

/** A test file, or a describe of one, that has come to its end. */
interface Ended {
  /** Below the checkout. */
  readonly file: string;
  /** Whether a test of it failed. */
  readonly failed: boolean;
}

/** Does `act` when the file, or the describe that calls this, is over. */
export function atEnd(act: (ended: Ended) => Promise<void>): void {
  let failed = false;
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(() => act({ file: relative(ROOT, expect.getState().testPath ?? 'a test file'), failed }));
}

// Modules are loaded anew for each file, the process stays.
const process_ = globalThis as { weirLab?: Kept | undefined };

/** The lab in its first state; with options its Weir has these. Its logs begin now. */
export async function borrow(options?: RenewOptions): Promise<Lab> {
  process_.weirLab ??= await bootPool();
  const { lab } = process_.weirLab;
  if (options !== undefined) await lab.renewWeir(options);
  lab.clearLogs();
  return lab;
}

async function bootPool(): Promise<Kept> {
  const tell = storyteller('the lab comes up');
  const lab = await Lab.start({
    ...POOL,
    onStage: ({ name, ms }) => tell(`${name}: ${(ms / 1_000).toFixed(1)} s`),
  });
  try {
    await untilCalm(lab);
    return { lab, first: await readState(lab, MEMBERS) };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** @throws Error that says what the file has left, when that is not what it found */
export async function giveBack({ file, failed }: Ended): Promise<void> {
  if (process_.weirLab === undefined) return;
  if (failed) return leave({ file, failed });
  const { lab, first } = process_.weirLab;
  try {
    await putPoolBack(lab);
    await untilFirstState(lab, first);
  } catch (error) {
    await keepLogs(lab, file);
    await drop();
    throw new Error(`${file} left the lab in another state: ${error instanceof Error ? error.message : error}`);
  }
}

/** For a file that changes what cannot be put back: the next one boots anew. */
export async function leave({ file, failed }: Ended): Promise<void> {
  if (process_.weirLab !== undefined && failed) await keepLogs(process_.weirLab.lab, file);
  await drop();
}

async function putPoolBack(lab: Lab): Promise<void> {
  await lab.startConsumers();
  await lab.producers.setRate(RATE);
  for (const node of MEMBERS) await lab.redis(node).cli(['FLUSHALL']);
  await lab.renewWeir();
  await untilCalm(lab);
  await lab.producers.reconnect();
  await lab.producers.reset();
}

async function drop(): Promise<void> {
  const kept = process_.weirLab;
  process_.weirLab = undefined;
  await kept?.lab.stop();
}

/** For a file with a lab of its own: ends it, and keeps what its programs said when a test failed. */
export async function stop(lab: Lab | undefined, { file, failed }: Ended): Promise<void> {
  if (lab !== undefined && failed) await keepLogs(lab, file);
  await lab?.stop();
}

/** Writes what every program of the lab has said into a folder of the checkout, and says where. */
async function keepLogs(lab: Lab, file: string): Promise<void> {
  const folder = join(ROOT, '.weir', 'test', 'logs', basename(file, '.test.ts'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of lab.logNames()) await writeFile(join(folder, `${name}.log`), `${lab.logs(name)}\n`);
  process.stderr.write(`${file}: what the lab's programs said is in ${folder}\n`);
}
