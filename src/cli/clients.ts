import { WeirError } from '../model/error.ts';
import type { Client } from '../observe/client-list.ts';
import { type CommandFile, type CommonOptions, configOf, poolOf, printJson, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
}

/** CLIENT LIST of many clients takes its time; a person waits longer than a poll. In ms. */
const ANSWERS_WITHIN_MS = 3_000;

interface MemberClients {
  readonly member: string;
  readonly clients?: readonly Client[];
  /** Why there are no clients. */
  readonly trouble?: string;
}

export const clients: CommandFile = (program) => {
  withConfig(program.command('clients <pool>'))
    .description('who is connected to each member: through the VIP or directly, since when, doing what')
    .option('--json', 'the same for programs')
    .action(async (name: string, options: Options) => {
      const config = await configOf(options);
      const pool = poolOf(config, name);
      const { connectWatched } = await import('../connect.ts');
      const { parseClientList, localAddress, isConsumer } = await import('../observe/client-list.ts');
      const asked = Object.values(pool.members).map(async (member): Promise<MemberClients> => {
        const where = { host: member.address, port: pool.vip.port, timeoutMs: ANSWERS_WITHIN_MS };
        const redis = connectWatched({ ...pool.redis, ...where });
        try {
          await redis.connect();
          return {
            member: member.name,
            clients: parseClientList(String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'))),
          };
        } catch (error) {
          const refused = error instanceof Error && error.name === 'ReplyError';
          const trouble = refused ? `refuses: ${error.message}` : 'gives no answer';
          return { member: member.name, trouble };
        } finally {
          redis.disconnect();
        }
      });
      const found = await Promise.all(asked);
      if (options.json === true) {
        printJson(found);
      } else {
        const { formatClients } = await import('../tell/text/clients.ts');
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
        process.stdout.write(`${formatClients(rows)}\n`);
      }
      if (found.every((one) => one.clients === undefined)) {
        throw new WeirError(
          'unreachable',
          `No member of pool ${pool.name} says from this host who is connected to it.`,
        );
      }
    });
};
