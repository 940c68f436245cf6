import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { writeNewFile } from '../lib/files/new-file.ts';
import { EXIT, messageOf } from '../model/error.ts';
import type { LiveService } from '../provision/init/live-service.ts';
import type { CommandFile } from './command.ts';
import { print, printError } from './print.ts';

interface Options {
  readonly from: string;
  readonly out: string;
  readonly configId?: string;
  readonly force?: true;
}

/** keepalived looks up users and network interfaces, and a slow disk or name service holds it up. */
const CONFIG_TEST_MS = 20_000;

export const init: CommandFile = (program, exit) => {
  program
    .command('init')
    .description(
      "write a weir.yaml for the pool that is there already, from its keepalived.conf and the kernel's table",
    )
    .option('--from <keepalived.conf>', 'the configuration that keepalived runs', '/etc/keepalived/keepalived.conf')
    .option('--out <file>', 'where to write', 'weir.yaml')
    .option(
      '--config-id <id>',
      "what keepalived is started with as -i, for lines behind @id (default: this host's name)",
    )
    .option('--force', 'overwrite what is there')
    .action(async ({ from, out, force, configId }: Options) => {
      const [{ initFrom }, { defaultConfigId }, { createRun }, { parseConfig }] = await Promise.all([
        import('../provision/init/init.ts'),
        import('../provision/init/keepalived/reader.ts'),
        import('../lib/run-program.ts'),
        import('../config/load.ts'),
      ]);
      const made = await initFrom(from, {
        configId: configId ?? defaultConfigId(hostname()),
        run: createRun({ timeoutMs: CONFIG_TEST_MS }),
        server: {
          hostName: hostname(),
          addresses: Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
          hosts: await readFile('/etc/hosts', 'utf8').catch(() => ''),
          ...(await kernel()),
        },
      });
      // Nothing in it is a secret: those are $NAMEs.
      await writeNewFile(out, made.yaml, { mode: 0o644, force: force === true });
      print(out);
      for (const remark of made.remarks) printError(`${remark.startsWith(' ') ? '' : '- '}${remark}`);
      for (const line of [...made.rest, ...made.additions]) printError(line);
      try {
        const unknown = made.variables.filter((name) => !process.env[name]).map((name) => [name, 'unknown']);
        const env = { ...process.env, ...Object.fromEntries(unknown) };
        parseConfig({ file: out, text: made.yaml, env, cwd: process.cwd(), root: process.getuid?.() === 0 });
      } catch (error) {
        printError(`${out} does not load yet. Correct what follows:\n${messageOf(error)}`);
        exit(EXIT.unverified);
      }
    });
};

/** What the kernel of this server has; nothing of what cannot be read. */
async function kernel(): Promise<{ services?: LiveService[]; backupOnly?: boolean }> {
  const { parseIpVs } = await import('../observe/director/parse-ip-vs.ts');
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
