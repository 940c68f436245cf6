import { EXIT } from '../model/error.ts';
import type { Status } from '../model/people/status.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printJson, printScreen } from './print.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly watch?: true;
}

/** Measured on an idle Redis 7.0 with one observer and with three. */
const COLUMNS = `
IN/s and OUT/s are the bytes that the member's Redis receives and sends, whoever asks. What the observer that is
shown asks of it is taken off OUT/s; what each other one asks is not: about 0.1 KiB/s in and 5 KiB/s out for each
(two nodes and a worker: 0.3 and 10 KiB/s on a pool without logs). FULL IN is by the growth of its memory.`;

const REFRESH_MS = 1_000;

export const status: CommandFile = (program, exit) => {
  withConfig(program.command('status'))
    .description('show what Weir sees now: members, directors, findings, leases, troubles')
    .option('--json', 'print JSON')
    .option('-w, --watch', 'show it again every second')
    .addHelpText('after', COLUMNS)
    .action(async (options: Options) => {
      const config = await configOf(options);
      const { readStatus } = await import('../operations/views/status.ts');
      const { formatStatus } = await import('../tell/terminal/status.ts');
      const color = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
      const show = (seen: Status) => formatStatus(seen, { color, width: process.stdout.columns ?? 100, now: seen.at });
      await withBroker(config, async (redis) => {
        if (options.watch === true && options.json !== true) {
          for (;;) {
            const text = show(await readStatus(redis, config));
            printScreen(text, { color });
            await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
          }
        }
        const status = await readStatus(redis, config);
        if (options.json === true) printJson(status);
        else print(show(status), { color });
        const firing = status.pools.some((pool) => pool.findings.some((finding) => finding.phase === 'firing'));
        if (firing || status.troubles.length > 0) exit(EXIT.unverified);
      });
    });
};
