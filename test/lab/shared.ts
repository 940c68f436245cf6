/**
 * One boot for several files. A lab costs the guest half a minute of processor time to boot; the files of a lane
 * (scripts/lanes.mjs) run one after the other in one process, and whoever needs the lab of the one before gets it, put back
 * to its first state. A file that leaves what cannot be put back fails by its own name, and the next one boots anew.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import { untilCalm } from '../../lab/calm.ts';
import { Lab, type LabOptions } from '../../lab/lab.ts';
import { ROOT } from '../../lab/paths.ts';
import type { RenewOptions } from '../../lab/renew.ts';
import { MEMBERS, type Member, networkOf, PRIORITY, WEIGHT } from '../../lab/topology.ts';
import type { Tree } from '../../lab/weir-yaml.ts';
import { type FirstState, readState, untilFirstState } from './first-state.ts';
import { storyteller } from './support.ts';

/** `pool`: eight producers, consumers and Weir. `bare`: keepalived and Redis on three servers and two ports, to be built anew. */
export type Kind = 'pool' | 'bare';

function member(name: Member): Tree {
  const { address, mac } = networkOf(name);
  return { address, mac, priority: PRIORITY[name], weight: WEIGHT };
}

/** A second Redis on each of the servers, behind a VIP that moves with the first. */
export const METRICS: Tree = {
  vip: { address: '192.168.81.230', port: 6380 },
  vrrp: { interface: 'eth0', virtual_router_id: 51, version: 3, advert_interval: '200ms', preempt: false },
  members: { a: member('a'), b: member('b') },
};

/** Laid over the usual pool. */
export const THREE: Tree = { members: { d: member('d') } };

const BARE = {
  pools: { logs: THREE, metrics: { ...METRICS, members: { a: member('a'), b: member('b'), d: member('d') } } },
};

/** Of each producer: all together push every thirty milliseconds, which a test of seconds cannot tell from more. */
const RATE = { perSecond: 4, bytes: 1_000 };

const BOOTS: Readonly<Record<Kind, LabOptions>> = {
  pool: { producers: 8, rate: RATE },
  bare: { weir: false, producers: 0, consumers: false, config: BARE },
};

const NODES: Readonly<Record<Kind, readonly Member[]>> = { pool: MEMBERS, bare: [...MEMBERS, 'd'] };

interface Kept {
  readonly kind: Kind;
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

/** The lab of this kind in its first state; with options its Weir has these. Its logs begin now. */
export async function borrow(kind: Kind, options?: RenewOptions): Promise<Lab> {
  if (process_.weirLab !== undefined && process_.weirLab.kind !== kind) await drop();
  process_.weirLab ??= await bootOf(kind);
  const { lab } = process_.weirLab;
  if (options !== undefined) await lab.renewWeir(options);
  lab.clearLogs();
  return lab;
}

async function bootOf(kind: Kind): Promise<Kept> {
  const tell = storyteller(`the ${kind} lab comes up`);
  const lab = await Lab.start({
    ...BOOTS[kind],
    onStage: ({ name, ms }) => tell(`${name}: ${(ms / 1_000).toFixed(1)} s`),
  });
  try {
    if (kind === 'pool') await untilCalm(lab);
    return { kind, lab, first: await readState(lab, NODES[kind]) };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** @throws Error that says what the file has left, when that is not what it found */
export async function giveBack({ file, failed }: Ended): Promise<void> {
  if (process_.weirLab === undefined) return;
  if (failed) return leave({ file, failed });
  const { lab, kind, first } = process_.weirLab;
  try {
    if (kind === 'pool') await putPoolBack(lab);
    else await lab.rebuild({ config: BARE });
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
