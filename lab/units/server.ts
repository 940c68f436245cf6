/** The server in that machine: an LVS server of a pool with its Redis, and beside it the broker and the other member. */

import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { STATS } from '../chaos/bench/director.ts';
import { netFolder, readBenchTable, writeBenchTable } from '../chaos/bench/table.ts';
import { until } from '../until.ts';
import { bootMachine, type Ended, type Machine } from './machine.ts';

const [A, B, VIP, PORT] = ['10.99.0.1', '10.99.0.2', '10.99.0.100', 6379];
/** On the loopback: elsewhere Weir takes no broker without TLS. */
const [BROKER, BROKER_PORT] = ['127.0.0.1', 6390];
const NODE = 'weir-node.service';

/** Of weir.yaml, and of the files in a folder of credentials. */
export const SECRET = 'WEIR_BROKER_PASSWORD';
export const CREDENTIALS = '/etc/weir/credentials';

export interface Server extends Machine {
  /** Runs `weir` there, with the table in sight and the credentials of a folder. */
  weir(args: readonly string[], credentials?: string): Promise<Ended>;
  /** Lets the node that runs now see the table. */
  showTable(): Promise<void>;
  /** The weight of b in the table. */
  weightOfB(): number | undefined;
  /** A command to the broker, with its password. */
  broker(password: string, ...args: readonly string[]): Promise<string>;
}

/** Starts `"$@"` in a mount namespace in which /proc/net has the table. */
const WITH_TABLE = 'mount --bind /run/weir/lvs/net "/proc/$$/net" && exec "$@"';

const WEIR_YAML = stringify({
  broker: { url: `redis://${BROKER}:${BROKER_PORT}`, password: `$${SECRET}` },
  pools: {
    logs: {
      vip: { address: VIP, port: PORT },
      lvs: { scheduler: 'wrr', loop_guard: 'ingress-mark', forwarding: 'nat' },
      vrrp: { interface: 'eth0', virtual_router_id: 51 },
      memory_budget: '4GiB',
      members: {
        a: { address: A, priority: 254, mac: '02:00:00:00:00:0a' },
        b: { address: B, priority: 250, mac: '02:00:00:00:00:0b' },
      },
    },
  },
  policy: { mode: 'auto', settle: '1s', raise: { every: '1s' } },
});

/** A Redis of the machine, as a service of it. */
function redisUnit(address: string, port: number, more = ''): string {
  return `[Service]\nExecStart=/usr/bin/redis-server --bind ${address} --port ${port} --dir /srv --save "" ${more}\n`;
}

/** @param password of the broker. */
export async function startServer(password: string): Promise<Server> {
  const machine = await bootMachine();
  try {
    return await furnish(machine, password);
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

async function furnish(machine: Machine, password: string): Promise<Server> {
  const { must, write } = machine;
  for (const command of [
    'link set lo up',
    'link add eth0 address 02:00:00:00:00:0a type veth peer name peer0',
    ...[A, B].map((address) => `address add ${address}/24 dev eth0`),
    'link set peer0 up',
    'link set eth0 up',
  ]) {
    await must('ip', ...command.split(' '));
  }
  await write('/etc/weir/weir.yaml', WEIR_YAML);
  // Without its half for LVS, which ends where the kernel has no ip_vs.
  await write('/etc/default/keepalived', 'DAEMON_ARGS=--vrrp\n');
  await write('/etc/systemd/system/redis-a.service', redisUnit(A, PORT, '--protected-mode no'));
  await write('/etc/systemd/system/redis-b.service', redisUnit(B, PORT, '--protected-mode no'));
  const asBroker = `--requirepass ${password} --maxmemory-policy noeviction --appendonly yes`;
  await write('/etc/systemd/system/broker.service', redisUnit(BROKER, BROKER_PORT, asBroker));
  const folder = machine.at('/run/weir/lvs');
  mkdirSync(netFolder(folder), { recursive: true });
  const row = { weight: 100, upper: 0, lower: 0 };
  writeBenchTable(folder, { service: `${VIP}:${PORT}`, rows: { [`${A}:${PORT}`]: row, [`${B}:${PORT}`]: row } });
  await writeFile(join(netFolder(folder), 'ip_vs_stats'), STATS);
  await writeFile(join(netFolder(folder), 'dev'), await must('cat', '/proc/net/dev'));
  await must('systemctl', 'daemon-reload');
  await must('systemctl', 'start', 'redis-a', 'redis-b', 'broker');
  const broker = (secret: string, ...args: readonly string[]) =>
    must('redis-cli', '-h', BROKER, '-p', String(BROKER_PORT), '--no-auth-warning', '-a', secret, ...args);
  await until(async () => (await broker(password, 'PING')) === 'PONG', 20_000, 'the broker to answer');
  return {
    ...machine,
    broker,
    weir: (args, credentials = CREDENTIALS) =>
      machine.run(
        ...['env', `CREDENTIALS_DIRECTORY=${credentials}`, 'unshare', '--mount'],
        ...['sh', '-c', WITH_TABLE, 'sh', 'weir', ...args],
      ),
    async showTable() {
      const pid = await machine.show(NODE, 'MainPID');
      // In the mount namespace that its sandbox is: from inside nothing can be mounted.
      await must('nsenter', '--target', pid, '--mount', 'mount', '--bind', '/run/weir/lvs/net', `/proc/${pid}/net`);
    },
    weightOfB: () => readBenchTable(folder).rows[`${B}:${PORT}`]?.weight,
  };
}
