/** The state that a lab has when it has just been booted, as a text for each node: what a file that shares it must leave. */

import type { Lab } from '../../../lab/lab.ts';
import { keepalivedName, NODE_ROOT } from '../../../lab/pool/nodes.ts';
import { ADDRESS, type Member, REDIS_PORT } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';

const SYSCTLS = [
  ...['net.ipv4.vs.backup_only', 'net.ipv4.vs.expire_nodest_conn', 'net.ipv4.vs.expire_quiescent_template'],
  ...['all', 'eth0', 'lo'].flatMap((dev) => [`net.ipv4.conf.${dev}.arp_ignore`, `net.ipv4.conf.${dev}.arp_announce`]),
];

const SETTINGS = ['bind', 'maxmemory', 'maxmemory-policy', 'protected-mode', 'tcp-keepalive', 'timeout'];

/** In one program's run, with as few more as can be: each costs the guest a tenth of a second. */
const SCRIPT = `
ip -o address show
tc filter show dev eth0 ingress
sysctl ${SYSCTLS.join(' ')}
ipvsadm --save --numeric
ipvsadm --list --daemon
stat -c '%a %n' /run/weir/* ${NODE_ROOT}/etc/keepalived/*
redis-cli -h "$1" -p ${REDIS_PORT} --no-raw <<'ASK'
${SETTINGS.map((name) => `CONFIG GET ${name}`).join('\n')}
ROLE
ASK
redis-cli -h "$1" -p ${REDIS_PORT} ACL LOG | grep -x -A 1 object | grep -v -i -x -e object -e -- -e AUTH -e HELLO | sort -u | sed 's/^/denied to a user: /'
`;

const FILES = [
  ...[`${NODE_ROOT}/etc/keepalived/keepalived.conf`, '/run/weir/weir.yaml'],
  ...['handover', 'weight-logs-a', 'weight-logs-b'].map((name) => `/run/weir/${name}`),
];

async function stateOf(lab: Lab, node: Member): Promise<string> {
  const argv = ['bash', '-c', SCRIPT, 'state', ADDRESS[node]];
  const { code, stdout, stderr } = await lab.node(node).exec(argv, { timeoutMs: 60_000 });
  if (code === null) throw new Error(`The state of ${node} could not be read in a minute.`);
  const files = await Promise.all(
    FILES.map(async (path) => {
      const text = await lab
        .node(node)
        .read(path)
        .catch(() => 'not there');
      return text
        .trim()
        .split('\n')
        .map((line) => `${path}: ${line}`);
    }),
  );
  return (
    [
      ...`${stdout}${stderr}`.replace(/ *valid_lft.*/g, '').split('\n'),
      ...files.flat(),
      `keepalived ${lab.isRunning(keepalivedName(node)) ? 'runs' : 'does not run'}`,
    ]
      // How far a replication that nobody uses has come.
      .filter((line) => !/^\d\) \(integer\) \d+$/.test(line))
      .join('\n')
  );
}

export type FirstState = ReadonlyMap<Member, string>;

export async function readState(lab: Lab, members: readonly Member[]): Promise<FirstState> {
  return new Map(await Promise.all(members.map(async (node) => [node, await stateOf(lab, node)] as const)));
}

/**
 * Waits until the lab is as it was at first.
 * @throws Error with the lines that differ
 */
export async function untilFirstState(lab: Lab, first: FirstState): Promise<void> {
  await untilValue(
    async () => differences(first, await readState(lab, [...first.keys()])),
    (found) => found.length === 0,
    120_000,
    'the lab to be as it was when it had been booted (-: was there, +: is there now)',
  );
}

/** Lines that only one of the two has, of each node. */
function differences(first: FirstState, now: FirstState): string[] {
  return [...first].flatMap(([node, text]) => {
    const [before, after] = [text.split('\n'), (now.get(node) ?? '').split('\n')];
    return [
      ...before.filter((line) => !after.includes(line)).map((line) => `${node}: -${line}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `${node}: +${line}`),
    ];
  });
}
