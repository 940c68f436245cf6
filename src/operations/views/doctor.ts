/** Puts the doctor of this node together: it is handed the readers of the other stages. */

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { intendedWeight, liveLeases } from '../../act/leases/leases.ts';
import { readLeaseFile } from '../../act/ledger/lease-file.ts';
import { livingNode } from '../../act/local/node-pid.ts';
import { brokerAddress } from '../../broker/address.ts';
import { brokerTime } from '../../broker/time/clock.ts';
import { whyAway } from '../../broker/why-away.ts';
import { connectBroker, connectWatched } from '../../lib/redis/connections.ts';
import { createRun } from '../../lib/run-program.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import type { DoctorReport } from '../../model/people/doctor.ts';
import { isAskedFor } from '../../observe/director/devices.ts';
import { askSignal, createKeepalivedReader } from '../../observe/director/keepalived-dump.ts';
import { parseIpVs } from '../../observe/director/parse-ip-vs.ts';
import { serviceOf, tableOf } from '../../observe/director/read-lvs-table.ts';
import { isConsumer, localAddress, parseClientList } from '../../observe/redis/client-list.ts';
import { CHECKS, examine } from '../../provision/doctor/checks/index.ts';
import type { PoolFacts, ServiceFacts } from '../../provision/doctor/facts.ts';
import { look } from '../../provision/doctor/look/index.ts';
import type { Parts } from '../../provision/doctor/look/parts.ts';
import { remarksOn } from '../../provision/doctor/remarks.ts';
import { wantedOf } from '../../provision/doctor/wanted.ts';
import { layoutUnder } from '../../provision/render/layout.ts';
import { unsealedIn } from '../../rules/state/seals.ts';
import { freshSweeps } from '../../rules/state/state.ts';
import { nodeHere } from '../here.ts';
import { readPoolState } from '../stored.ts';

/** A person waits longer than a poll, and keepalived's test looks for every script and interface. In ms. */
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
 * Looks at this node and compares it with weir.yaml. Changes nothing.
 * @throws WeirError when no pool has the node.
 */
export async function examineNode(config: WeirConfig, options: DoctorOptions): Promise<DoctorReport> {
  const node = options.node ?? thisNode(config);
  const wanted = wantedOf(config, node, layoutUnder(options.root, config.keepalived.runDir));
  const notLookedAt = new Set<string>();
  const parts = await partsFor(config, node, (sentence) => notLookedAt.add(sentence));
  const facts = await look(parts, wanted);
  return {
    node,
    checks: CHECKS.length,
    findings: examine(facts, wanted),
    remarks: remarksOn(facts, wanted),
    notLookedAt: [...notLookedAt].sort(),
  };
}

function thisNode(config: WeirConfig): string {
  const node = nodeHere(Object.values(config.pools));
  if (node !== undefined) return node;
  const members = Object.values(config.pools).flatMap((pool) => Object.values(pool.members));
  const names = [...new Set(members.map(({ name, address }) => `${name} ${address}`))].join(', ');
  throw new WeirError(
    'usage',
    `This host has no address of a node of ${config.file} (${names}): run weir doctor on one of them, or give --node.`,
  );
}

async function partsFor(config: WeirConfig, node: string, note: (sentence: string) => void): Promise<Parts> {
  const { signal, trouble } = await askSignal();
  if (trouble !== undefined) note(trouble);
  const rules = (await readdir(config.rules).catch(() => [])).map((name) => join(config.rules, name));
  // Each dump must be newer than the one before.
  const keepalived = createKeepalivedReader({ keepalived: config.keepalived, signal, staleAfterMs: 0 });
  return {
    run: createRun({ timeoutMs: ENDS_WITHIN_MS }),
    note,
    dump: () => keepalived.dump(DUMPS_WITHIN_MS),
    isAskedFor: (device) => isAskedFor(device),
    serviceIn: (text, pool) => serviceIn(text, pool, note),
    consumersOnVip: (text, { vip }) => {
      const through = parseClientList(text).filter((client) => client.laddr === localAddress(vip.address, vip.port));
      return through.filter(isConsumer).map(({ addr }) => addr);
    },
    redis: (pool, member) =>
      connectWatched({
        ...pool.redis,
        host: pool.members[member]?.address ?? '',
        port: pool.vip.port,
        timeoutMs: ANSWERS_WITHIN_MS,
      }),
    leased: () => readLeased(config),
    nodePid: () => livingNode(config.stateDir),
    peers: () => readPeers(config, node, note),
    files: [resolve(config.file), config.rules, ...rules, config.stateDir, join(config.stateDir, 'leases.json')],
  };
}

function serviceIn(text: string, pool: PoolConfig, note: (sentence: string) => void): ServiceFacts | null | undefined {
  const services = parseIpVs(text);
  const service = serviceOf(services, pool);
  const table = tableOf(services, pool);
  if (typeof service === 'string' || typeof table === 'string') return void note(String(table));
  if (service === undefined) return null;
  const rows = Object.entries(table ?? {});
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

/** The directors of the other nodes, from their sweeps in the pool's state. */
async function readPeers(
  config: WeirConfig,
  node: string,
  note: (sentence: string) => void,
): Promise<Record<string, Pick<PoolFacts, 'peers' | 'unsealed'>>> {
  const broker = brokerAddress(config);
  const redis = connectBroker(broker, 'patient');
  try {
    await redis.connect();
    const peers: Record<string, Pick<PoolFacts, 'peers' | 'unsealed'>> = {};
    for (const pool of Object.values(config.pools)) {
      const state = (await readPoolState(redis, pool.name))?.state;
      const now = await brokerTime(redis, pool.name);
      const fresh = state === undefined ? [] : freshSweeps(state, now, config.poll.staleAfterMs);
      const directors = Object.keys(pool.members).flatMap((name) => {
        const director = fresh.find((sweep) => sweep.observer === name)?.director;
        if (name === node) return [];
        if (director !== undefined) return [[name, director] as const];
        note(`What ${name} is in pool ${pool.name}: the broker has no fresh sweep of it.`);
        return [];
      });
      peers[pool.name] = { peers: Object.fromEntries(directors), ...(state && unsealedIn(state, now)) };
    }
    return peers;
  } catch (error) {
    throw new WeirError('unreachable', await whyAway(broker, redis, error), { cause: error });
  } finally {
    redis.disconnect();
  }
}
