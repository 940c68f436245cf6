/** The producers on c, and fresh connections through the virtual IP. The programs are guest/producers.ts and guest/connections.ts. */

import type { PoolConfig } from '../../src/model/configuration/config.ts';
import type { ConnectionsReport } from '../guest/connections.ts';
import type { ProducerReport, ProducersMessage, Rate } from '../guest/producers.ts';
import { bundled } from '../paths.ts';
import { untilValue } from '../until.ts';
import type { Servers } from './redis.ts';
import { type Member, QUEUE } from './topology.ts';
import { must, start, type World } from './world.ts';

export type { Rate };

export interface ProducerStatus extends ProducerReport {
  /** The member that it was connected to when it last became ready. */
  readonly member: Member | undefined;
}

export interface Producers {
  stats(): Promise<ProducerStatus[]>;
  /** Pushes a second and bytes a push, for each producer from now on. */
  setRate(rate: Rate): Promise<void>;
  /** Ends every connection: ioredis opens new ones, which wrr spreads anew. Waits until it has. */
  reconnect(): Promise<void>;
  /** Counts and gaps start anew. */
  reset(): Promise<void>;
}

export interface ConnectionsStatus extends Record<Member, number> {
  /** Answered by a Redis that is no member. */
  readonly others: number;
  readonly hung: number;
  readonly refused: number;
  readonly slowestMs: number;
}

const NAME = 'producers';
const SPREAD_WITHIN_MS = 15_000;

export interface WaitingProducers extends Producers {
  /** Connects them all, and begins to push once they are spread over the members as wrr with equal weights does. */
  connect(rate: Rate): Promise<void>;
}

/** Starts the program; nothing connects yet, for loading takes longer than connecting. */
export async function startProducers(
  world: World,
  servers: Servers,
  { vip, members }: PoolConfig,
  count: number,
): Promise<WaitingProducers> {
  const names = Object.keys(members);
  const argv = [process.execPath, bundled('producers'), vip.address, String(vip.port), QUEUE, String(count)];
  await start(world, { place: 'c', name: NAME, argv });

  const say = async (message: ProducersMessage): Promise<ProducerStatus[]> => {
    const { producers } = (await world.ask(NAME, message)) as { producers: ProducerReport[] };
    return producers.map((producer) => ({ ...producer, member: servers.memberOf(producer.runId) }));
  };
  const stats = () => say({});
  const untilSpread = async () => {
    const fewest = Math.max(0, Math.floor(count / names.length) - 1);
    await untilValue(
      stats,
      (all) =>
        all.every(({ member }) => member !== undefined) &&
        names.every((member) => all.filter((one) => one.member === member).length >= fewest),
      SPREAD_WITHIN_MS,
      `${count} producers to be connected, at least ${fewest} to each member`,
    );
  };

  return {
    stats,
    async setRate(rate) {
      await say({ rate });
    },
    async reconnect() {
      await say({ reconnect: true });
      await untilSpread();
    },
    async reset() {
      await say({ reset: true });
    },
    async connect(rate) {
      await say({ connect: true });
      await untilSpread();
      await say({ rate, reset: true });
    },
  };
}

/** Opens `count` fresh connections through the pool's VIP from c; each must answer within `limitMs`. */
export async function openConnections(
  world: World,
  servers: Servers,
  { vip }: PoolConfig,
  count: number,
  limitMs: number,
): Promise<ConnectionsStatus> {
  const argv = [
    process.execPath,
    bundled('connections'),
    vip.address,
    String(vip.port),
    String(count),
    String(limitMs),
  ];
  const text = await must(world, 'c', argv, { timeoutMs: 10_000 + count * limitMs });
  const { byRunId, hung, refused, slowestMs } = JSON.parse(text) as ConnectionsReport;
  const counts = { a: 0, b: 0, d: 0, others: 0 };
  for (const [runId, number] of Object.entries(byRunId)) counts[servers.memberOf(runId) ?? 'others'] += number;
  return { ...counts, hung, refused, slowestMs };
}
