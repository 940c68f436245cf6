/** `weir read`: reads a file of answers by the same code that reads a pool. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf, WeirError } from '../../model/error.ts';
import type { AnswerKind } from '../../model/readings/capture.ts';
import type { Readout, ReadPart } from '../../model/readings/readout.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import { parseCapture } from '../../observe/captured/capture.ts';
import { kindOf } from '../../observe/captured/kind.ts';
import { infoAnswers, parseServer } from '../../observe/captured/server.ts';
import { readAlerts } from './alerts.ts';
import { readCapture } from './capture.ts';
import { readClientList } from './clients.ts';
import { instancesIn, readLvs, readVrrp, servicesIn } from './director.ts';
import { readMember } from './member.ts';
import { defaultConfig, type ReadSettings, silentMsOf } from './settings.ts';

/** A capture of a pool with many clients has a few MB. */
const BYTES_AT_MOST = 32 * 1024 * 1024;

export interface ReadOptions {
  readonly file: string;
  /** Left out: by the file's content, else by its name. */
  readonly as?: AnswerKind;
  /** Left out: no weir.yaml is known. */
  readonly settings?: ReadSettings;
}

/** @throws WeirError 'usage' in one line: the file cannot be read, or is not what it should be. */
export async function readAnswers({ file, as, settings }: ReadOptions): Promise<Readout> {
  const text = await textOf(file);
  return readText({
    file,
    text,
    kind: as ?? kindOf(file, text),
    settings: settings ?? { config: defaultConfig(), pools: [] },
  });
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly kind: AnswerKind;
  readonly settings: ReadSettings;
}

type Read = (source: Source) => Promise<Pick<Readout, 'parts' | 'notes'>>;

/** Adding a kind is adding it here and in src/model/readings/capture.ts. */
const READS: Readonly<Record<AnswerKind, Read>> = {
  info: readServer,
  server: readServer,
  clients: async ({ file, text }) => ({ parts: [readClientList(file, text)], notes: [] }),
  ipvs: readTable,
  vrrp: readDump,
  alerts: readMessage,
  capture: ({ file, text, settings }) => readCapture(file, parseCapture(file, text), silentMsOf(settings)),
};

export async function readText(source: Source): Promise<Readout> {
  const { file, kind } = source;
  return { file, kind, ...(await READS[kind](source)) };
}

/** A FIFO or a terminal is not waited for (open.2). */
async function textOf(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error('it is no plain file');
      if (stats.size > BYTES_AT_MOST) throw new Error(`it has ${stats.size} bytes, expected ${BYTES_AT_MOST} at most`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new WeirError('usage', `${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

async function readServer({ file, text, kind, settings }: Source) {
  const { config, pools } = settings;
  const isJson = /^\s*[[{]/.test(text) || kind === 'server';
  const answers = isJson ? parseServer(file, text) : infoAnswers(text);
  const pool = pools[0] ?? (Object.values(config.pools)[0] as (typeof pools)[number]);
  const { part, notes } = await readMember({ name: 'a', answers, pool, config, silentMs: silentMsOf(settings) });
  return { parts: [part], notes };
}

const NO_WEIR_YAML = 'No weir.yaml is known (-c)';

async function readTable({ text, settings: { config, pools } }: Source) {
  const sides = await Promise.all(pools.map((pool) => readLvs({ ipVs: text }, pool, config)));
  const notes = pools.length > 0 ? [] : [`${NO_WEIR_YAML}: Weir cannot tell which service is a pool's.`];
  return { parts: [...sides, servicesIn(text)], notes };
}

async function readDump({ file, text, settings: { config, pools } }: Source) {
  const instances = instancesIn(file, text);
  if (pools.length > 0)
    return { parts: pools.map((pool) => readVrrp({ alive: true, instances }, pool, config)), notes: [] };
  const parts = instances.flatMap((instance) => vipsOf(instance).map((vip) => asPool(instances, instance, vip)));
  return { parts, notes: [`${NO_WEIR_YAML}: each VIP of the dump is read as a pool's.`] };

  function asPool(all: readonly VrrpInstance[], instance: VrrpInstance, address: string): ReadPart {
    const [defaults] = Object.values(config.pools);
    if (defaults === undefined) throw new Error('the defaults have a pool');
    const { port } = defaults.vip;
    const pool = {
      ...defaults,
      name: address,
      vip: { address, port },
      vrrp: { ...defaults.vrrp, interface: instance.interface },
    };
    return readVrrp({ alive: true, instances: all }, pool, config);
  }
}

function vipsOf({ vips }: VrrpInstance): string[] {
  return vips.map((vip) => vip.split(/[\s/]/)[0] ?? '');
}

async function readMessage({ file, text, settings: { pools } }: Source) {
  const names = pools.map(({ name }) => name);
  if (names.length > 0) return { parts: [readAlerts(file, text, names)], notes: [] };
  return { parts: [readAlerts(file, text, ['pool'])], notes: [`${NO_WEIR_YAML}: it is read as for one pool, "pool".`] };
}
