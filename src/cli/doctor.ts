import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly node?: string;
  readonly root: string;
  readonly json?: true;
}

export const doctor: CommandFile = (program, exit) => {
  withConfig(program.command('doctor'))
    .description('compare this node with weir.yaml: what is wrong, why it matters, how to mend it; changes nothing')
    .option('--node <name>', "this node's name; left out: the member whose address this host has")
    .option('--root <folder>', 'the files that Weir made stand below this folder, as in a container', '/')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const config = await configOf(options, { asRoot: true });
      const { examineNode } = await import('../operations/views/doctor.ts');
      const report = await examineNode(config, options);
      if (options.json === true) {
        printJson(report);
      } else {
        const { formatDoctor } = await import('../tell/terminal/doctor.ts');
        const { wantsColor } = await import('../tell/notify/paint.ts');
        const color = wantsColor(process.stdout, process.env);
        print(formatDoctor(report, { color, width: process.stdout.columns ?? 100 }), { color });
      }
      if (report.findings.length > 0) exit(EXIT.unverified);
    });
};
