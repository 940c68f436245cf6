import { existsSync } from 'node:fs';
import { fileExists, writeNewFile } from '../lib/files/new-file.ts';
import { WeirError } from '../model/error.ts';
import { poolOf } from '../operations/lookup.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printError } from './print.ts';

interface Options extends CommonOptions {
  readonly out?: string;
  readonly polls: string;
  readonly names?: true;
  readonly force?: true;
}

/** More is a recording. */
const POLLS_AT_MOST = 60;

/** The mode of the file: its owner decides who else gets it. */
const OWNER_ONLY = 0o600;

export const capture: CommandFile = (program) => {
  withConfig(program.command('capture <pool> [member|node]'))
    .description('write what the servers and this node really answer into one file for a bug report; changes nothing')
    .option('--out <file>', 'where to write; left out: weir-capture-<pool>-<time>.json here')
    .option('--polls <n>', 'how often each Redis is asked, a second apart: rates need two', '3')
    .option('--names', 'leave addresses and names as they are; secrets are left out all the same')
    .option('--force', 'overwrite what is there')
    .action(async (name: string, only: string | undefined, options: Options) => {
      const config = await configOf(options);
      const pool = poolOf(config, name);
      const now = new Date();
      const polls = pollsOf(options.polls);
      const out =
        options.out ?? `weir-capture-${pool.name}-${now.toISOString().replace(/\..*$/, '').replaceAll(':', '')}.json`;
      if (options.force !== true && existsSync(out)) throw fileExists(out);
      const { capture: captureOf } = await import('../operations/capture/index.ts');
      const names = options.names === true;
      const { json, notHad, isEmpty } = await captureOf(config, pool, {
        polls,
        names,
        now,
        ...(only !== undefined && { only }),
      });
      await writeNewFile(out, json, { mode: OWNER_ONLY, force: options.force === true });
      print(out);
      for (const sentence of notHad) printError(`- ${sentence}`);
      if (isEmpty)
        throw new WeirError(
          'unreachable',
          `Nothing of pool ${pool.name} could be had from this host; the file says so.`,
        );
    });
};

function pollsOf(text: string): number {
  const polls = Number(text);
  if (Number.isInteger(polls) && polls >= 1 && polls <= POLLS_AT_MOST) return polls;
  throw new WeirError('usage', `--polls ${text}: expected a whole number from 1 to ${POLLS_AT_MOST}.`);
}
