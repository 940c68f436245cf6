/** Certificates that are renewed under a running Weir, on both sides: those of the broker, of the members, and its own. */

import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createAuthority } from '../../certificates.ts';
import { freePort } from '../../free-port.ts';
import type { Tree } from '../../weir/weir-yaml.ts';
import { NODES } from '../bench/nodes.ts';
import type { Bench } from '../bench/type.ts';
import { expectOneLowering, expectTold, type Fault } from '../fault.ts';
import { untilHeld, untilVerified, untilWeight } from '../until-seen.ts';

const FILES = ['ca.pem', 'server.cert.pem', 'server.key.pem', 'weir.cert.pem', 'weir.key.pem'] as const;
const NAME = 'redis.test';

/** All certificates of an authority of their own: what is signed by the one before is worth nothing where these are. */
async function makeAll(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const authority = await createAuthority(dir);
  await Promise.all([authority.issue('server', { name: `DNS:${NAME}` }), authority.issue('weir')]);
  return dir;
}

/** Puts them where Weir and the servers read them; each file is whole at any moment. */
async function install(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of FILES) {
    await copyFile(join(from, file), join(to, `${file}.new`));
    await rename(join(to, `${file}.new`), join(to, file));
  }
}

function serverFiles(dir: string): Readonly<Record<string, string>> {
  const at = (file: string) => join(dir, file);
  return {
    'tls-cert-file': at('server.cert.pem'),
    'tls-key-file': at('server.key.pem'),
    'tls-ca-cert-file': at('ca.pem'),
  };
}

/** The broker, the members and Weir speak TLS from now on, each side with a certificate. */
async function speakTls(bench: Bench, dir: string): Promise<void> {
  const files = Object.entries(serverFiles(dir)).flatMap(([key, value]) => [`--${key}`, value]);
  const [tlsPort, persistent] = [await freePort(), ['--appendonly', 'yes']];
  for (const name of ['worker', ...NODES]) bench.edit(name, withTls(dir));
  await Promise.all([bench.worker().kill('SIGTERM'), ...NODES.map((node) => bench.node(node).kill('SIGTERM'))]);
  await Promise.all([bench.broker, ...Object.values(bench.members)].map(({ program }) => program.kill('SIGTERM')));
  await bench.broker.start({ args: [...persistent, '--tls-port', String(tlsPort), ...files] });
  for (const { start, port } of Object.values(bench.members)) {
    await start({ args: ['--port', '0', '--tls-port', String(port), ...files] });
  }
  for (const node of ['worker', ...NODES] as const) {
    bench.brokerLinks[node].target = { host: bench.broker.address, port: tlsPort };
  }
  await Promise.all([bench.startWorker(), ...NODES.map((node) => bench.startNode(node))]);
  await bench.calm();
  bench.note('broker, members and Weir speak TLS');
}

function withTls(dir: string): (tree: Tree) => Tree {
  const at = (file: string) => join(dir, file);
  const tls = { ca: at('ca.pem'), cert: at('weir.cert.pem'), key: at('weir.key.pem'), server_name: NAME };
  return ({ broker, pools, ...rest }) => ({
    ...rest,
    broker: { ...(broker as Tree), tls },
    pools: Object.fromEntries(
      Object.entries(pools as Tree).map(([name, pool]) => [name, { ...(pool as Tree), redis: { tls } }]),
    ),
  });
}

/** A server reads its files again, and ends every connection but that of the bench: each is made anew, or not at all. */
async function renew(path: string, dir: string): Promise<void> {
  const redis = new Redis(path);
  await redis.config('SET', ...(Object.entries(serverFiles(dir)).flat() as [string, string]));
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  redis.disconnect();
}

async function takesNothing(bench: Bench, replicas: number): Promise<void> {
  const redis = new Redis(bench.members.b.path);
  await redis.config('SET', 'min-replicas-to-write', String(replicas));
  redis.disconnect();
}

const renewed: Fault = {
  name: 'certificates-renewed',
  promise:
    'while a node acts, the certificates of broker, members and Weir are renewed, and of another CA: the old ones are worth nothing; Weir takes the new ones up, the action is done once, verified and given back',
  async inject(bench) {
    const dir = join(bench.dir, 'tls');
    const [first, next] = [await makeAll(join(bench.dir, 'tls-1')), await makeAll(join(bench.dir, 'tls-2'))];
    await install(first, dir);
    await speakTls(bench, dir);
    const from = Date.now();
    bench.tool('a', 'hold-before');
    await takesNothing(bench, 1);
    await untilHeld(bench, 'a', 'before', from);
    await install(next, dir);
    const servers = [bench.broker, ...Object.values(bench.members)];
    await Promise.all(servers.map(({ path }) => renew(path, dir)));
    bench.note('all certificates are renewed, and every connection is cut');
    bench.tool('a', 'works');
    await untilWeight(bench, ['a', 'b'], 0);
    await untilVerified(bench, from);
    await takesNothing(bench, 0);
  },
  expect(seen) {
    expectOneLowering(seen);
    expectTold(seen.told);
  },
};

/** Last on its bench: what speaks TLS there goes on doing so. */
export const CERTIFICATE_FAULTS: readonly Fault[] = [renewed];
