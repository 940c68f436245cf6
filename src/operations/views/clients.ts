/** Who is connected to the members of a pool, as they say it themselves. */

import { connectWatched } from '../../lib/redis/connections.ts';
import { wordAtTheDoor } from '../../lib/redis/door.ts';
import { doorOf, lastFault } from '../../lib/redis/guarded.ts';
import { hearRefusals, isReply } from '../../lib/redis/refusals.ts';
import { whyNotTls } from '../../lib/redis/tls-faults.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import type { Client } from '../../model/readings/client.ts';
import { isConsumer, localAddress, parseClientList } from '../../observe/redis/client-list.ts';
import { formatClients } from '../../tell/terminal/clients.ts';

/** CLIENT LIST of many clients takes long, and a person waits longer than a poll. In ms. */
const ANSWERS_WITHIN_MS = 3_000;

export interface MemberClients {
  readonly member: string;
  readonly clients?: readonly Client[];
  /** Why the clients are not known. */
  readonly trouble?: string;
}

/** Never throws: a member that gives no answer has a trouble. */
export async function readClients(pool: PoolConfig): Promise<MemberClients[]> {
  const asked = Object.values(pool.members).map(async (member): Promise<MemberClients> => {
    const where = { host: member.address, port: pool.vip.port, timeoutMs: ANSWERS_WITHIN_MS };
    const redis = connectWatched({ ...pool.redis, ...where });
    const refusal = hearRefusals(redis);
    try {
      await redis.connect();
      const list = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
      return { member: member.name, clients: parseClientList(list) };
    } catch (error) {
      const reply = isReply(error) ? error : refusal();
      // Without a password nothing is asked while the connection is made, and what is said at the door answers nothing.
      const door = doorOf(redis) ?? where;
      const said = reply?.message ?? (await wordAtTheDoor(door));
      if (said !== undefined) return { member: member.name, trouble: `refuses: ${said}` };
      const why = await whyNotTls(lastFault(redis), door);
      return { member: member.name, trouble: why ?? 'gives no answer' };
    } finally {
      redis.disconnect();
    }
  });
  return Promise.all(asked);
}

/** As people read it. */
export function clientsText(pool: PoolConfig, members: readonly MemberClients[]): string {
  const vip = localAddress(pool.vip.address, pool.vip.port);
  const rows = members.map(({ member, clients: all, trouble }) => ({
    member,
    ...(trouble !== undefined && { trouble }),
    ...(all !== undefined && {
      groups: {
        producers: all.filter((client) => client.laddr === vip && !isConsumer(client)),
        consumers: all.filter((client) => client.laddr !== vip && isConsumer(client)),
        consumersOnVip: all.filter((client) => client.laddr === vip && isConsumer(client)),
        others: all.filter((client) => client.laddr !== vip && !isConsumer(client)),
      },
    }),
  }));
  return formatClients(rows);
}
