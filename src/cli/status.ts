import { EXIT } from '../model/error.ts';
import type { Status } from '../model/people/status.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printJson, printScreen } from './print.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly watch?: true;
}

const REFRESH_MS = 1_000;

export const status: CommandFile = (program, exit) => {
  withConfig(program.command('status'))
    .description('show what Weir sees now: members, directors, findings, leases, troubles')
    .option('--json', 'print JSON')
    .option('-w, --watch', 'show it again every second')
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
