import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuiltFile } from '../build/files.ts';
import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly node: string;
  readonly out?: string;
  readonly root: string;
  readonly diff?: true;
}

export const render: CommandFile = (program, exit) => {
  withConfig(program.command('render'))
    .description('what a node needs, made of weir.yaml: keepalived.conf, sysctls, the VIP on lo, units')
    .requiredOption('--node <name>', 'the node')
    .option('--out <folder>', 'write the files below this folder, to look at or to copy')
    .option('--diff', 'show what differs from the files that are there; exit code 1 when something does')
    .option('--root <folder>', 'files stand and are named below this folder, as in a container', '/')
    .action(async (options: Options) => {
      const config = await configOf(options);
      const { build } = await import('../build/files.ts');
      const { layoutUnder } = await import('../build/layout.ts');
      const layout = layoutUnder(options.root, config.keepalived.runDir);
      const built = build(config, options.node, layout);
      if (options.diff === true) {
        const differ = await printDiff(built.files);
        exit(differ ? EXIT.unverified : 0);
      } else if (options.out !== undefined) {
        for (const { path, text, mode } of built.files) {
          const file = join(options.out, path);
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, text, { mode });
          process.stdout.write(`${file}\n`);
        }
      } else {
        process.stdout.write(built.files.map(({ path, text }) => `# ==> ${path}\n${text}`).join('\n'));
      }
    });
};

async function printDiff(files: readonly BuiltFile[]): Promise<boolean> {
  const { createTwoFilesPatch } = await import('diff');
  let differ = false;
  for (const { path, text } of files) {
    const now = await readFile(path, 'utf8').catch(() => '');
    if (now === text) continue;
    differ = true;
    process.stdout.write(createTwoFilesPatch(now === '' ? '/dev/null' : path, path, now, text, '', ''));
  }
  return differ;
}
