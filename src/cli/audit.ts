import type { Command } from 'commander';
import type { Audit } from '../../workers/audit.ts';
import { memberOf, poolOf } from '../../workers/names.ts';
import type { WeirConfig } from '../model/config.ts';
import { parseDuration } from '../model/duration.ts';
import { EXIT, messageOf, WeirError } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly pool?: string;
  readonly since?: string;
  readonly target?: string;
  readonly json?: true;
}

export const audit: CommandFile = (program, exit) => {
  const command = withConfig(program.command('audit'))
    .description(
      'what was decided and done, by whom, and what came of it: from the broker and from the files of this machine',
    )
    .option('--pool <pool>', 'of this pool only')
    .option('--since <time>', 'not older than this, like 2h or 7d')
    .option('--target <pool/member>', 'about this member only')
    .option('--json', 'every record as it is, for programs')
    .action(async (options: Options) => {
      const sinceMs = options.since === undefined ? Number.POSITIVE_INFINITY : parseDuration(options.since);
      if (sinceMs === undefined) {
        throw new WeirError('usage', `--since ${options.since} is no time: something like 2h or 7d is expected.`);
      }
      const config = await configOf(options);
      const about = options.target === undefined ? undefined : memberOf(config, options.target);
      const pools = about === undefined ? poolsOf(config, options.pool) : [about.pool.name];
      const { records } = await gather(config, pools);
      const { isAbout } = await import('../audit-chain.ts');
      const from = Date.now() - sinceMs;
      const shown = records.filter((one) => one.at >= from && (about === undefined || isAbout(one, about.member)));
      if (options.json === true) return printJson(shown);
      const { formatAudit } = await import('../tell/text/audit.ts');
      process.stdout.write(`${formatAudit(shown)}\n`);
    });

  withConfig(command.command('verify'))
    .description('whether a record was changed, taken out or put in, and whether every action has both its ends')
    .option('--json', 'the same for programs')
    .action(async (_: unknown, verifying: Command) => {
      const options = verifying.optsWithGlobals<Options>();
      const config = await configOf(options);
      const { records } = await gather(config, poolsOf(config, options.pool));
      const { verify } = await import('../../workers/audit.ts');
      const chains = verify(records, Date.now());
      const { formatVerified } = await import('../tell/text/audit.ts');
      if (options.json === true) printJson(chains);
      else process.stdout.write(`${formatVerified(chains)}\n`);
      if (chains.some(({ faults }) => faults.length > 0)) exit(EXIT.unverified);
    });
};

function poolsOf(config: WeirConfig, pool: string | undefined): string[] {
  return pool === undefined ? Object.keys(config.pools) : [poolOf(config, pool).name];
}

/** Without the broker there is what this machine has; that is said. Throws when neither is there. */
async function gather(config: WeirConfig, pools: readonly string[]): Promise<Audit> {
  const { readBoth } = await import('../../workers/audit.ts');
  try {
    return await withBroker(config, (redis) => readBoth(config, pools, redis));
  } catch (error) {
    const local = await readBoth(config, pools, messageOf(error));
    if (local.records.length === 0) throw error;
    process.stderr.write(`${local.brokerFault} Shown is what this machine has.\n`);
    return local;
  }
}
