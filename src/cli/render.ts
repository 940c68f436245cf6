import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { replaceFile } from '../lib/files/replace-file.ts';
import { EXIT, WeirError } from '../model/error.ts';
import type { BuiltFile } from '../provision/render/files.ts';
import { type CommandFile, type CommonOptions, locatedConfigOf, withConfig } from './command.ts';
import { print } from './print.ts';

interface Options extends CommonOptions {
  readonly node?: string;
  readonly worker?: true;
  readonly out?: string;
  readonly root: string;
  readonly diff?: true;
  readonly apply?: true;
}

export const render: CommandFile = (program, exit) => {
  withConfig(program.command('render'))
    .description('make what a node needs from weir.yaml: keepalived.conf, sysctls, the VIP on lo, systemd units')
    .option('--node <name>', 'for this node; by itself it prints the files')
    .addOption(new Option('--worker', 'the unit of a worker, the same on every host').conflicts(['node', 'apply']))
    .option('--out <folder>', 'write the files below this folder, to look at or to copy')
    .option('--diff', 'show what differs from the files that are there; exit code 1 when something does')
    .addOption(
      new Option(
        '--apply',
        'put it on this server: tested first, swapped, verified, and taken back if it does not work; then start the node',
      ).conflicts(['out', 'diff']),
    )
    .option('--root <folder>', 'files stand and are named below this folder, as in a container', '/')
    .action(async (options: Options) => {
      const { node } = options;
      if (options.worker === true) {
        const { workerFiles } = await import('../provision/render/files.ts');
        return show(workerFiles(options.root), options, exit);
      }
      if (node === undefined) throw new WeirError('usage', 'Say for whom: --node <name>, or --worker.');
      const { config, at } = await locatedConfigOf(options, { asRoot: true, onlyInEtc: options.apply === true });
      const { build } = await import('../provision/render/files.ts');
      const { layoutUnder } = await import('../provision/render/layout.ts');
      const buildBelow = (root: string) => {
        const layout = layoutUnder(root, config.keepalived.runDir);
        return [build(config, node, layout, at), layout] as const;
      };
      if (options.apply !== true) return show(buildBelow(options.root)[0].files, options, exit);
      const { apply } = await import('../provision/apply/apply.ts');
      const { createMachine } = await import('../operations/apply-machine.ts');
      const { stateDir, keepalived } = config;
      const uid = process.getuid?.() ?? -1;
      const machine = await createMachine(keepalived);
      await apply({ node, root: options.root, stateDir, uid, machine, buildBelow, at, say });
    });
};

/** Prints the files, writes them elsewhere, or compares them with those that are there. */
async function show(
  files: readonly BuiltFile[],
  { out, diff }: Pick<Options, 'out' | 'diff'>,
  exit: (code: number) => void,
): Promise<void> {
  if (diff === true) {
    exit((await printDiff(files)) ? EXIT.unverified : 0);
  } else if (out !== undefined) {
    for (const { path, text, mode } of files) {
      const file = join(out, path);
      await replaceFile(file, text, mode);
      say(file);
    }
  } else {
    const { redacted } = await import('../provision/render/redact.ts');
    print(files.map(({ path, text }) => `# ==> ${path}\n${redacted(text).replace(/\n$/, '')}`).join('\n\n'));
  }
}

function say(line: string): void {
  print(line);
}

async function printDiff(files: readonly BuiltFile[]): Promise<boolean> {
  const { createTwoFilesPatch } = await import('diff');
  const { bothRedacted } = await import('../provision/render/redact.ts');
  let differ = false;
  for (const { path, text } of files) {
    const now = await readFile(path, 'utf8').catch(() => '');
    if (now === text) continue;
    differ = true;
    const patch = createTwoFilesPatch(now === '' ? '/dev/null' : path, path, ...bothRedacted(now, text), '', '');
    print(patch.replace(/\n$/, ''));
  }
  return differ;
}
