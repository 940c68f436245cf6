import { readFile, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import type { LiveService } from '../build/live-table.ts';
import { EXIT, messageOf, WeirError } from '../model/error.ts';
import type { CommandFile } from './command.ts';

interface Options {
  readonly from: string;
  readonly out: string;
  readonly force?: true;
}

export const init: CommandFile = (program, exit) => {
  program
    .command('init')
    .description(
      "write a weir.yaml for the pool that is there already, from its keepalived.conf and the kernel's table",
    )
    .option('--from <keepalived.conf>', 'the configuration that keepalived runs', '/etc/keepalived/keepalived.conf')
    .option('--out <file>', 'where to write', 'weir.yaml')
    .option('--force', 'overwrite what is there')
    .action(async ({ from, out, force }: Options) => {
      const [{ fromKeepalived }, { includedFiles, readKeepalivedConf, readProgram }, { parseConfig }] =
        await Promise.all([
          import('../build/from-keepalived.ts'),
          import('../build/keepalived-files.ts'),
          import('../config/load.ts'),
        ]);
      const made = fromKeepalived({
        source: readKeepalivedConf(from),
        surroundings: { include: includedFiles, configId: hostname().split('.')[0] ?? '' },
        server: {
          hostName: hostname(),
          addresses: Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
          hosts: await readFile('/etc/hosts', 'utf8').catch(() => ''),
          ...(await kernel()),
        },
        readProgram,
      });
      await write(out, made.yaml, force === true);
      process.stdout.write(`${out}\n`);
      for (const remark of made.remarks) process.stderr.write(`- ${remark}\n`);
      for (const line of made.additions) process.stderr.write(`${line}\n`);
      try {
        const env = { ...process.env, VRRP_PASS: process.env.VRRP_PASS || 'unknown' };
        parseConfig({ file: out, text: made.yaml, env, cwd: process.cwd(), root: process.getuid?.() === 0 });
      } catch (error) {
        process.stderr.write(`${out} does not load yet, mend what follows:\n${messageOf(error)}\n`);
        exit(EXIT.unverified);
      }
    });
};

/** What the kernel of this server has; nothing of what cannot be read. */
async function kernel(): Promise<{ services?: LiveService[]; backupOnly?: boolean }> {
  const { parseIpVs } = await import('../observe/ip-vs.ts');
  const [table, backupOnly] = await Promise.all(
    ['/proc/net/ip_vs', '/proc/sys/net/ipv4/vs/backup_only'].map((file) =>
      readFile(file, 'latin1').catch(() => undefined),
    ),
  );
  return {
    ...(table !== undefined && { services: parseIpVs(table) }),
    ...(backupOnly !== undefined && { backupOnly: backupOnly.trim() === '1' }),
  };
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    // Nothing in it is a secret: those are $NAMEs.
    await writeFile(file, text, { mode: 0o644, flag: force ? 'w' : 'wx' });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const why = exists ? 'it is there already: look at it, then --force, or another --out' : messageOf(error);
    throw new WeirError('usage', `${file} is not written: ${why}.`, { cause: error });
  }
}
