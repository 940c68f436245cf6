import type { Command } from 'commander';
import type { WeirConfig } from '../model/configuration/config.ts';
import { EXIT, messageOf } from '../model/error.ts';
import { memberOf, poolOf } from '../operations/lookup.ts';
import { timeOf } from '../operations/requests/terms.ts';
import type { Audit } from '../operations/views/audit.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printError, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly pool?: string;
  readonly since?: string;
  readonly target?: string;
  readonly json?: true;
}

export const audit: CommandFile = (program, exit) => {
  const command = withConfig(program.command('audit'))
    .description(
      'list what was decided and done, by whom, and what came of it: from the broker and from files of this host',
    )
    .option('--pool <pool>', 'only this pool')
    .option('--since <time>', 'how far back, like 2h or 7d; left out: all of it')
    .option('--target <pool/member>', 'only this member')
    .option('--json', 'print every record as JSON')
    .action(async (options: Options) => {
      const sinceMs = options.since === undefined ? Number.POSITIVE_INFINITY : timeOf(options.since, '--since');
      const config = await configOf(options);
      const about = options.target === undefined ? undefined : memberOf(config, options.target);
      const pools = about === undefined ? poolsOf(config, options.pool) : [about.pool.name];
      const { records } = await gather(config, pools);
      const { isAbout, saidAt } = await import('../lib/audit/chain.ts');
      const from = Date.now() - sinceMs;
      const shown = records.filter(
        (record) => saidAt(record) >= from && (about === undefined || isAbout(record, about.member)),
      );
      if (options.json === true) return printJson(shown);
      const { formatAudit } = await import('../tell/terminal/audit.ts');
      print(formatAudit(shown));
    });

  withConfig(command.command('verify'))
    .description(
      'compare the broker, the files of this host and what nodes remember: was a record changed, taken out, put in or cut off, and has every action both its ends',
    )
    .option('--json', 'print JSON')
    .action(async (_: unknown, verifying: Command) => {
      const options = verifying.optsWithGlobals<Options>();
      const config = await configOf(options);
      const found = await gather(config, poolsOf(config, options.pool));
      const { verify } = await import('../operations/views/audit.ts');
      const chains = verify(found, Date.now());
      const { formatVerified } = await import('../tell/terminal/audit.ts');
      if (options.json === true) printJson(chains);
      else print(formatVerified(chains));
      if (chains.some(({ faults }) => faults.length > 0)) exit(EXIT.unverified);
    });
};

function poolsOf(config: WeirConfig, pool: string | undefined): string[] {
  return pool === undefined ? Object.keys(config.pools) : [poolOf(config, pool).name];
}

/** Without the broker there is what this machine has; that is said. Throws when neither is there. */
async function gather(config: WeirConfig, pools: readonly string[]): Promise<Audit> {
  const { readBoth } = await import('../operations/views/audit.ts');
  try {
    return await withBroker(config, (redis) => readBoth(config, pools, redis));
  } catch (error) {
    const local = await readBoth(config, pools, messageOf(error));
    if (local.records.length === 0) throw error;
    printError(`${local.brokerFault} Only the records of this machine are shown.`);
    return local;
  }
}
