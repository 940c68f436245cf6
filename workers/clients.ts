/** Who is connected to the members of a pool, as they say it themselves. */

import { connectWatched } from '../src/connect.ts';
import type { PoolConfig } from '../src/model/config.ts';
import { type Client, isConsumer, localAddress, parseClientList } from '../src/observe/client-list.ts';
import { formatClients } from '../src/tell/text/clients.ts';

/** CLIENT LIST of many clients takes its time; a person waits longer than a poll. In ms. */
const ANSWERS_WITHIN_MS = 3_000;

export interface MemberClients {
  readonly member: string;
  readonly clients?: readonly Client[];
  /** Why there are no clients. */
  readonly trouble?: string;
}

/** Never throws: a member that gives no answer has a trouble. */
export async function readClients(pool: PoolConfig): Promise<MemberClients[]> {
  const asked = Object.values(pool.members).map(async (member): Promise<MemberClients> => {
    const where = { host: member.address, port: pool.vip.port, timeoutMs: ANSWERS_WITHIN_MS };
    const redis = connectWatched({ ...pool.redis, ...where });
    try {
      await redis.connect();
      const list = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
      return { member: member.name, clients: parseClientList(list) };
    } catch (error) {
      const refused = error instanceof Error && error.name === 'ReplyError';
      return { member: member.name, trouble: refused ? `refuses: ${error.message}` : 'gives no answer' };
    } finally {
      redis.disconnect();
    }
  });
  return Promise.all(asked);
}

/** As people read it. */
export function clientsText(pool: PoolConfig, found: readonly MemberClients[]): string {
  const vip = localAddress(pool.vip.address, pool.vip.port);
  const rows = found.map(({ member, clients: all, trouble }) => ({
    member,
    ...(trouble !== undefined && { trouble }),
    ...(all !== undefined && {
      groups: {
        producers: all.filter((one) => one.laddr === vip && !isConsumer(one)),
        consumers: all.filter((one) => one.laddr !== vip && isConsumer(one)),
        consumersOnVip: all.filter((one) => one.laddr === vip && isConsumer(one)),
        others: all.filter((one) => one.laddr !== vip && !isConsumer(one)),
      },
    }),
  }));
  return formatClients(rows);
}
