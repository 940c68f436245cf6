/**
 * `weir init` against the kernel: keepalived is started with generated configurations (test/provision/differential), its
 * checkers look at real Redis servers, and what they have put into the table is what init has understood.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { until } from '../../lab/until.ts';
import { tableDifferences } from '../provision/differential/judged/compare.ts';
import { type Understood, understand, writeFiles } from '../provision/differential/judged/understood.ts';
import { parseKernelTable } from '../provision/differential/kernel-table.ts';
import { type Generated, generate } from '../provision/differential/written/generate.ts';
import { MAIN } from '../provision/differential/written/layout.ts';
import { INTERFACES, serverAddress } from '../provision/differential/written/scene.ts';
import { atEnd, stop } from './support/shared.ts';
import { storyteller } from './support/watch.ts';

const COUNT = Number(process.env.WEIR_DIFFERENTIAL_COUNT ?? 12);
const SEED = Number(process.env.WEIR_DIFFERENTIAL_SEED ?? 1);

/** The director that the configurations are read on, and the servers that they speak of. */
const [DIRECTOR, SERVERS] = ['l', 'c'] as const;
const PORTS = ['6379', '6380', '6381', '6382'];
const PID = '/run/keepalived.pid';
const START = ['--dont-fork', '--log-console', '--no-syslog', '--dont-respawn'];
/** A server that nobody has checked yet is added at once. */
const SETTLED_WITHIN_MS = 5_000;
/** What is longer hangs. */
const LIMIT_MS = 60_000;

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ weir: false, producers: 0, consumers: false });
  await Promise.all([
    must(DIRECTOR, ['ip', '-batch', '-'], DIRECTOR_NETWORK),
    must(SERVERS, ['ip', '-batch', '-'], SERVERS_NETWORK),
  ]);
  for (const port of PORTS) {
    const listens = ['--port', port, '--bind', '0.0.0.0', '::', '--protected-mode', 'no', '--save', ''];
    await must(SERVERS, ['redis-server', '--daemonize', 'yes', ...listens]);
  }
});
atEnd((ended) => stop(lab, ended));

const INDEXES = [0, 1, 2, 3];
const SERVERS_NETWORK = INDEXES.map(
  (index) => `address add ${serverAddress(4, index)}/24 dev eth0
address add ${serverAddress(6, index)}/64 dev eth0 nodad
`,
).join('');

const DIRECTOR_NETWORK = `address add 192.0.2.1/24 dev eth0
address add 2001:db8::1/64 dev eth0 nodad
${INTERFACES.filter((name) => name !== 'eth0')
  .map((name) => `link add ${name} type veth peer name ${name}-peer\nlink set ${name}-peer up\nlink set ${name} up`)
  .join('\n')}
address add 198.51.100.1/24 dev eth1
`;

async function must(host: 'l' | 'c', argv: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await lab.host(host).exec(argv, stdin === undefined ? {} : { stdin });
  expect(code, `${argv.join(' ')}: ${stderr}${stdout}`).toBe(0);
  return stdout;
}

interface Case {
  readonly generated: Generated;
  readonly file: string;
  readonly understood: Understood;
}

/**
 * A configuration where the director sees it, and what init makes of it; undefined where it makes no pool, or where servers
 * begin as down (alpha): those are looked at within delay_loop, which is a minute where nothing is said.
 */
async function caseOf(seed: number): Promise<Case | undefined> {
  const generated = generate(seed);
  if (Object.values(generated.files).some(({ text }) => /\balpha\b/.test(text))) return undefined;
  const host = lab.host(DIRECTOR);
  const dir = await writeFiles(generated.files);
  const file = join(dir, MAIN);
  try {
    for (const [path, { text, isExecutable }] of Object.entries(generated.files)) {
      await host.write(join(dir, path), text);
      if (isExecutable) await must(DIRECTOR, ['chmod', '755', join(dir, path)]);
    }
    const tested = await host.exec(['keepalived', '--config-test', '-i', generated.configId, '-f', file]);
    const lines = `${tested.stdout}${tested.stderr}`.split('\n').filter((line) => line !== '');
    const understood = understand(file, { ...generated, verdict: { code: tested.code ?? -1, lines } });
    const hasPools = understood.pools.length > 0 && !/starts no VRRP/.test(understood.words);
    return hasPools ? { generated, file, understood } : undefined;
  } finally {
    await rm(dir, { recursive: true });
  }
}

const table = async () => await must(DIRECTOR, ['ipvsadm', '-Ln']);

/** What is wrong in the table, when the checkers have had their time; nothing as soon as it is right. */
async function wrongWith({ generated, file, understood }: Case): Promise<string[]> {
  const host = lab.host(DIRECTOR);
  const argv = ['keepalived', '-i', generated.configId, '-f', file, '--pid', PID, ...START];
  const ended = host.exec(argv, { timeoutMs: LIMIT_MS });
  const isThere = until(() => host.read(PID), LIMIT_MS, 'keepalived to be there');
  const pid = await Promise.race([isThere, ended.then(({ stdout, stderr }) => stdout + stderr)]);
  expect(pid, `of seed ${generated.seed}`).toMatch(/^\d+\s*$/);
  const look = async () => {
    const found = tableDifferences(parseKernelTable(await table()), understood);
    return found.map(({ kind, keepalived, init }) => `${generated.seed} ${kind}: kernel ${keepalived}, init ${init}`);
  };
  try {
    await until(async () => (await look()).length === 0, SETTLED_WITHIN_MS, 'the table').catch(() => undefined);
    return await look();
  } finally {
    await must(DIRECTOR, ['kill', pid.trim()]);
    await ended;
    // Some of these leave a service without servers behind.
    await must(DIRECTOR, ['ipvsadm', '-C']);
  }
}

it(`the kernel has what init has understood of ${COUNT} configurations, from seed ${SEED}`, async () => {
  const tell = storyteller('weir init and the kernel');
  const wrong: string[] = [];
  let seen = 0;
  for (let seed = SEED; seen < COUNT; seed += 1) {
    const one = await caseOf(seed);
    if (one === undefined) continue;
    seen += 1;
    const found = await wrongWith(one);
    const pools = one.understood.pools.map(({ lvs, members }) => {
      const weights = Object.values(members).map(({ weight }) => weight);
      return `${lvs.scheduler} ${lvs.forwarding} ${weights.join()}`;
    });
    tell(`seed ${seed}: ${pools.join('; ')}${found.length === 0 ? '' : `: ${found.join('; ')}`}`);
    wrong.push(...found);
  }
  expect(wrong).toEqual([]);
});
