/**
 * A server to apply things on: a network namespace with a real keepalived, files below a folder. What this host's kernel
 * has not (LVS: its modules, sysctls and table) is told by the test; the rest is real.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { descendants } from '../../lab/processes.ts';
import { apply } from '../../src/build/apply.ts';
import { type Built, build } from '../../src/build/files.ts';
import { type Layout, layoutUnder } from '../../src/build/layout.ts';
import type { LiveService, Machine } from '../../src/build/machine.ts';
import { parseLocated } from '../../src/config/load.ts';
import { createMachine } from '../../workers/apply.ts';
import { until, VIP, VRRP_INTERFACE } from '../observe/keepalived-fixture.ts';

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
  const dir = await mkdtemp(join(tmpdir(), 'weir-apply-'));
  const root = join(dir, 'root');
  const layout = layoutUnder(root, join(dir, 'run'));
  const started: ChildProcess[] = [];
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sleep', '600'], {
    env: ENVIRONMENT,
    stdio: 'ignore',
  });
  started.push(holder);
  const namespace = `/proc/${holder.pid}/ns/net`;
  await until(() => readlinkSync(namespace) !== readlinkSync('/proc/self/ns/net'));
  const inside = `--net=${namespace}`;
  const run = async (program: string, ...args: string[]): Promise<string> => {
    return (await promisify(execFile)('nsenter', [inside, program, ...args], { env: ENVIRONMENT })).stdout;
  };
  await run('ip', 'link', 'add', VRRP_INTERFACE, 'type', 'veth', 'peer', 'name', 'v1');
  await run('ip', 'address', 'add', '10.99.0.1/24', 'dev', VRRP_INTERFACE);
  for (const name of ['lo', 'v1', VRRP_INTERFACE]) await run('ip', 'link', 'set', name, 'up');

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
  const machine = withTold(await createMachine(keepalived), inside, run, told);
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
    told,
    async apply(written = {}, takesWithinMs = 15_000) {
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
      for (const child of started.splice(0).reverse()) await end(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const SERVICE: LiveService = {
  ...{ protocol: 'TCP', address: VIP, port: 6379, scheduler: 'wrr' },
  destinations: ['10.99.0.1', '10.99.0.2'].map((address) => ({ address, weight: 100 })),
};

/** The machine inside the namespace. */
function withTold(machine: Machine, inside: string, run: Server['run'], told: Told): Machine {
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
      return run('cat', path).catch(() => undefined);
    },
    async configTest(file) {
      const args = ['--config-test', '--log-console', '--use-file', file];
      const tested = promisify(execFile)('nsenter', [inside, 'keepalived', ...args], { env: ENVIRONMENT });
      return (await tested.catch((error: { stderr: string }) => error)).stderr;
    },
    services: async () => told.services,
  };
}

/** Its children first: keepalived's do not always go with it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const below = descendants(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const pid of below) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone with its parent.
    }
  }
}
