/** The doctor of this node, put together: its readers are handed what the other stages know how to read. */

import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { readLeaseFile } from '../src/act/lease-file.ts';
import { intendedWeight, liveLeases } from '../src/act/leases.ts';
import { livingNode } from '../src/act/node-pid.ts';
import { createRun } from '../src/act/run.ts';
import { brokerAddress } from '../src/broker/address.ts';
import { readState } from '../src/broker/store.ts';
import { CHECKS, examine } from '../src/build/doctor/checks/index.ts';
import type { PeerFacts, ServiceFacts } from '../src/build/doctor/facts.ts';
import { look } from '../src/build/doctor/look/index.ts';
import type { Parts } from '../src/build/doctor/look/parts.ts';
import { wantedOf } from '../src/build/doctor/wanted.ts';
import { layoutUnder } from '../src/build/layout.ts';
import { connectBroker, connectWatched } from '../src/connect.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import type { DoctorReport } from '../src/model/doctor.ts';
import { messageOf, WeirError } from '../src/model/error.ts';
import { isConsumer, localAddress, parseClientList } from '../src/observe/client-list.ts';
import { parseIpVs } from '../src/observe/ip-vs.ts';
import { serviceOf, tableOf } from '../src/observe/lvs.ts';
import { askSignal, createKeepalivedReader } from '../src/observe/vrrp.ts';
import { freshSweeps, type PoolState } from '../src/rules/state.ts';

/** A person waits longer than a poll; keepalived's test looks for every script and interface. In ms. */
const ANSWERS_WITHIN_MS = 2_000;
const DUMPS_WITHIN_MS = 5_000;
const ENDS_WITHIN_MS = 20_000;

export interface DoctorOptions {
  /** Left out: the member whose address this host has. */
  readonly node?: string;
  /** The files that Weir made stand below this folder. */
  readonly root: string;
}

/**
 * Looks at this node and holds it against weir.yaml. Changes nothing.
 * @throws WeirError when no pool has the node.
 */
export async function examineNode(config: WeirConfig, options: DoctorOptions): Promise<DoctorReport> {
  const node = options.node ?? nodeHere(config);
  const wanted = wantedOf(config, node, layoutUnder(options.root, config.keepalived.runDir));
  const notLookedAt = new Set<string>();
  const parts = await partsFor(config, node, (sentence) => notLookedAt.add(sentence));
  const facts = await look(parts, wanted);
  return { node, checks: CHECKS.length, findings: examine(facts, wanted), notLookedAt: [...notLookedAt].sort() };
}

function nodeHere(config: WeirConfig): string {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
  const members = Object.values(config.pools).flatMap((pool) => Object.values(pool.members));
  const found = members.find((one) => own.includes(one.address));
  if (found !== undefined) return found.name;
  const known = [...new Set(members.map(({ name, address }) => `${name} ${address}`))].join(', ');
  throw new WeirError(
    'usage',
    `This host has no address of a node of ${config.file} (${known}): run weir doctor on one of them, or give --node.`,
  );
}

async function partsFor(config: WeirConfig, node: string, note: (sentence: string) => void): Promise<Parts> {
  const { signal, trouble } = await askSignal();
  if (trouble !== undefined) note(trouble);
  const rules = (await readdir(config.rules).catch(() => [])).map((name) => join(config.rules, name));
  // Each dump is to be newer than the one before.
  const keepalived = createKeepalivedReader({ keepalived: config.keepalived, signal, staleAfterMs: 0 });
  return {
    run: createRun({ timeoutMs: ENDS_WITHIN_MS }),
    note,
    dump: () => keepalived.dump(DUMPS_WITHIN_MS),
    serviceIn,
    consumersOnVip: (text, { vip }) => {
      const through = parseClientList(text).filter((client) => client.laddr === localAddress(vip.address, vip.port));
      return through.filter(isConsumer).map(({ addr }) => addr);
    },
    redis: (pool, member) =>
      connectWatched({
        ...pool.redis,
        ...{ host: pool.members[member]?.address ?? '', port: pool.vip.port, timeoutMs: ANSWERS_WITHIN_MS },
      }),
    leased: () => readLeased(config),
    nodePid: () => livingNode(config.stateDir),
    peers: () => readPeers(config, node, note),
    files: [resolve(config.file), config.rules, ...rules, config.stateDir, join(config.stateDir, 'leases.json')],
  };
}

function serviceIn(text: string, pool: PoolConfig): ServiceFacts | null {
  const services = parseIpVs(text);
  const service = serviceOf(services, pool);
  if (service === undefined) return null;
  const rows = Object.entries(tableOf(services, pool) ?? {});
  return {
    scheduler: service.scheduler,
    persistent: service.persistent === true,
    ...(service.mark !== undefined && { mark: service.mark }),
    weights: Object.fromEntries(rows.map(([name, { weight }]) => [name, weight])),
  };
}

async function readLeased(config: WeirConfig): Promise<Record<string, Record<string, number>>> {
  const record = await readLeaseFile(join(config.stateDir, 'leases.json'));
  return Object.fromEntries(
    Object.entries(record).map(([pool, { holds }]) => {
      const held = Object.entries(holds).filter(([, hold]) => liveLeases(hold).length > 0);
      return [pool, Object.fromEntries(held.map(([member, hold]) => [member, intendedWeight(hold)]))];
    }),
  );
}

/** The directors of the other nodes, from the sweeps that the evaluation folded last. */
async function readPeers(
  config: WeirConfig,
  node: string,
  note: (sentence: string) => void,
): Promise<Record<string, Record<string, PeerFacts>>> {
  const redis = connectBroker(brokerAddress(config), 'patient');
  try {
    await redis.connect();
    const [seconds] = await redis.time();
    const peers: Record<string, Record<string, PeerFacts>> = {};
    for (const pool of Object.values(config.pools)) {
      const stored = await readState(redis, pool.name);
      const state = stored && (JSON.parse(stored.json) as PoolState);
      const fresh = state === undefined ? [] : freshSweeps(state, Number(seconds) * 1_000, config.poll.staleAfterMs);
      const found = Object.keys(pool.members).flatMap((name) => {
        const director = fresh.find((sweep) => sweep.observer === name)?.director;
        if (name === node) return [];
        if (director !== undefined) return [[name, director as PeerFacts] as const];
        note(`What ${name} is in pool ${pool.name}: the broker has no fresh sweep of it.`);
        return [];
      });
      peers[pool.name] = Object.fromEntries(found);
    }
    return peers;
  } catch (error) {
    const where = config.broker.url ?? `the embedded one under ${config.stateDir}`;
    throw new WeirError(
      'unreachable',
      `the broker (${where}) does not answer (${messageOf(error).replace(/\.$/, '')}).`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}
