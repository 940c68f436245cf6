import { brokerUsers, PASSWORD_HERE } from '../broker/acl.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printError } from './print.ts';

const REMARKS = [
  `For redis-cli on the broker (Redis 7.0 or later), each with a password of its own as >password in the place of ${PASSWORD_HERE}: as they stand Redis refuses them.`,
  'Then ACL SAVE, or CONFIG REWRITE where users stand in redis.conf: else the next start forgets them.',
  'broker.username and broker.password are of the process: $NAME in weir.yaml, and each role has its own in its environment.',
  'When every process has its own: ACL SETUSER default off.',
];

export const broker: CommandFile = (program) => {
  const group = program.command('broker').description("Weir's own Redis: who may do what there");
  withConfig(group.command('acl'))
    .description(
      'print an ACL SETUSER line for the worker, the terminals and each node: what it needs, and nothing more',
    )
    .action(async (options: CommonOptions) => {
      const { pools } = await configOf(options);
      const nodes = Object.fromEntries(Object.values(pools).map(({ name, members }) => [name, Object.keys(members)]));
      for (const { name, rules } of brokerUsers(nodes)) {
        print(['ACL SETUSER', name, ...rules].join(' '));
      }
      for (const remark of REMARKS) printError(`- ${remark}`);
    });
};
