/**
 * A server to apply things on: a network namespace with a real keepalived, files below a folder. What this host's kernel
 * has not (LVS: its modules, sysctls and table) is told by the test; the rest is real.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { parseLocated } from '../../src/config/load.ts';
import { createMachine } from '../../src/operations/apply-machine.ts';
import { apply } from '../../src/provision/apply/apply.ts';
import type { Machine } from '../../src/provision/apply/machine.ts';
import type { LiveService } from '../../src/provision/init/live-service.ts';
import { type Built, build } from '../../src/provision/render/files.ts';
import { type Layout, layoutUnder } from '../../src/provision/render/layout.ts';
import { NETWORK, VIP, VRRP_INTERFACE } from '../observe/director/keepalived-fixture.ts';
import { endWithChildren } from '../support/processes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/waiting.ts';

const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

/**
 * Without what this host's kernel has not: the sync daemon of backup-only, which keepalived 2.2.7 does not survive where
 * there is no ip_vs, and the classifier of tc that marks.
 */
const NAT = 'loop_guard: ingress-mark, forwarding: nat';

export interface Written {
  readonly priority?: number;
  readonly interface?: string;
  readonly lvs?: string;
  readonly vrrp?: string;
}

export interface Told {
  services: readonly LiveService[];
  modules: string;
  /** Absent: there is no systemd. */
  systemctl?: (args: readonly string[]) => Promise<unknown>;
}

export interface Server {
  readonly layout: Layout;
  readonly root: string;
  /** What was said, in order. */
  readonly said: string[];
  /** Of the folders in which what was built was tried: how many, and those that are still there. */
  candidates(): { readonly tried: number; readonly left: readonly string[] };
  /** What this host's kernel and its init do not do. */
  readonly told: Told;
  /** weir.yaml, applied as node a; the sentences are in `said`. Rejects as `apply` does. */
  apply(written?: Written, takesWithinMs?: number): Promise<void>;
  built(written?: Written): Built;
  /** Runs a program there and gives what it printed. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Starts keepalived, with this configuration or the one that was applied, and waits until it is MASTER. */
  startKeepalived(conf?: string): Promise<{ readonly pid: number; vrrpPid(): number; log(): string }>;
  stop(): Promise<void>;
}

function weirYaml({ priority = 254, lvs = NAT, vrrp = '', ...other }: Written, dir: string): string {
  return `state_dir: ${dir}/state
keepalived: {pid_file: ${dir}/keepalived.pid, dump_file: ${dir}/keepalived.json, run_dir: ${dir}/run}
pools:
  logs:
    vip: {address: ${VIP}, port: 6379}
    lvs: {${lvs}}
    vrrp: {interface: ${other.interface ?? VRRP_INTERFACE}, virtual_router_id: 51${vrrp}}
    members:
      a: {address: 10.99.0.1, priority: ${priority}, mac: "02:00:00:00:00:0a"}
      b: {address: 10.99.0.2, priority: 1, mac: "02:00:00:00:00:0b"}
`;
}

export async function startServer(): Promise<Server> {
  const dir = await tempDir();
  const root = join(dir, 'root');
  const layout = layoutUnder(root, join(dir, 'run'));
  const started: ChildProcess[] = [];
  const { holder, read } = await holdNamespace();
  started.push(holder);
  const namespace = `/proc/${holder.pid}/ns/net`;
  const inside = `--net=${namespace}`;
  const run = async (program: string, ...args: string[]): Promise<string> => {
    return (await promisify(execFile)('nsenter', [inside, program, ...args], { env: ENVIRONMENT })).stdout;
  };
  await writeFile(join(dir, 'network'), NETWORK);
  await run('ip', '-batch', join(dir, 'network'));

  const said: string[] = [];
  const told: Told = {
    services: [SERVICE],
    modules: 'ip_vs 1 1 ip_vs_wrr, Live 0x0\nip_vs_wrr 1 1 - Live 0x0\n',
  };
  const keepalived = {
    pidFile: join(dir, 'keepalived.pid'),
    dumpFile: join(dir, 'keepalived.json'),
    runDir: layout.run.folder,
  };
  const tried = new Set<string>();
  const machine = withTold(await createMachine(keepalived), { inside, run, read, told, tried });
  const located = (written: Written) =>
    parseLocated({ file: 'weir.yaml', text: weirYaml(written, dir), env: { PASS: 'geheim' }, cwd: '/', root: true });
  const built = (written: Written, below: string): readonly [Built, Layout] => {
    const own = layoutUnder(below, layout.run.folder);
    return [build(located(written).config, 'a', own), own];
  };
  return {
    layout,
    root,
    said,
    candidates: () => ({ tried: tried.size, left: [...tried].filter((folder) => existsSync(folder)) }),
    told,
    async apply(written = {}, takesWithinMs = 60_000) {
      const { config, at } = located(written);
      said.length = 0;
      await apply({
        ...{ node: 'a', root, at, machine, stateDir: config.stateDir, uid: 0, takesWithinMs },
        buildBelow: (below) => built(written, below),
        say: (sentence) => said.push(sentence),
      });
    },
    built: (written = {}) => built(written, root)[0],
    run,
    async startKeepalived(conf = layout.keepalivedConf) {
      const vrrpPidFile = join(dir, 'vrrp.pid');
      const pids = ['--pid', keepalived.pidFile, '--vrrp_pid', vrrpPidFile];
      const flags = ['--dont-fork', '--log-console', '--vrrp', '--use-file', conf, ...pids];
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'nsenter', inside, 'keepalived', ...flags], {
        env: { ...ENVIRONMENT, TMPDIR: dir },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      let log = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
      await until(() => log.includes('Entering MASTER STATE'));
      return {
        pid: child.pid as number,
        vrrpPid: () => Number(readFileSync(vrrpPidFile, 'utf8').trim()),
        log: () => log,
      };
    },
    async stop() {
      for (const child of started.splice(0).reverse()) await endWithChildren(child);
    },
  };
}

/**
 * Reads files inside the namespace: twenty are asked for at every apply, and a process for each would take most of the
 * time. Perl is on every Debian and begins in a few milliseconds. A line asks for a file; a line of hex, or -, answers.
 */
const READER = `$| = 1; print "-\\n";
  while (<STDIN>) { chomp; if (open my $file, "<", $_) { local $/; print unpack("H*", <$file>) } else { print "-" } print "\\n" }`;

async function holdNamespace(): Promise<{ holder: ChildProcess; read: Inside['read'] }> {
  const reader = ['unshare', '--net', 'perl', '-e', READER];
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', ...reader], {
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value = '-' } = await lines.next();
    return value === '-' ? undefined : Buffer.from(value, 'hex').toString('latin1');
  };
  await answer(); // It is in its namespace.
  let last: Promise<unknown> = Promise.resolve();
  const read = (path: string) => {
    const answered = last.then(() => {
      holder.stdin.write(`${path}\n`);
      return answer();
    });
    last = answered;
    return answered;
  };
  return { holder, read };
}

const SERVICE: LiveService = {
  ...{ protocol: 'TCP', address: VIP, port: 6379, scheduler: 'wrr' },
  destinations: ['10.99.0.1', '10.99.0.2'].map((address) => ({
    ...{ address, port: 6379, forwarding: 'Route', weight: 100 },
  })),
};

/** Below it keepalived is shown what was built, in a folder for each try (src/provision/apply/candidate.ts). */
const CANDIDATE = /^\/run\/weir-candidate-[^/]+/;

interface Inside {
  readonly inside: string;
  readonly run: Server['run'];
  readonly read: (path: string) => Promise<string | undefined>;
  readonly told: Told;
  readonly tried: Set<string>;
}

/** The machine inside the namespace. */
function withTold(machine: Machine, { inside, run, read, told, tried }: Inside): Machine {
  const sysctls = new Map<string, string>();
  return {
    ...machine,
    get hasSystemd() {
      return told.systemctl !== undefined;
    },
    async run(program, args) {
      if (program === 'systemctl') return String(await told.systemctl?.(args));
      const [key, value] = (args.at(-1) ?? '').split('=');
      if (program !== 'sysctl' || key === undefined || !key.startsWith('net.ipv4.vs.')) return run(program, ...args);
      sysctls.set(`/proc/sys/${key.replaceAll('.', '/')}`, `${value}\n`);
      return '';
    },
    async read(path) {
      if (path === '/proc/modules') return told.modules;
      if (path.startsWith('/proc/sys/net/ipv4/vs/')) return sysctls.get(path) ?? '0\n';
      return read(path);
    },
    async configTest(file) {
      tried.add(CANDIDATE.exec(file)?.[0] ?? dirname(file));
      const args = ['--config-test', '--log-console', '--use-file', file];
      const tested = promisify(execFile)('nsenter', [inside, 'keepalived', ...args], { env: ENVIRONMENT });
      return (await tested.catch((error: { stderr: string }) => error)).stderr;
    },
    services: async () => told.services,
  };
}
