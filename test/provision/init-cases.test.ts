/**
 * Configurations that Weir's developers did not write, each through what `weir init --from FILE` runs. Beside each
 * `NAME.conf` stands `NAME.expect.md`: what is right, and why; the table below has it as data.
 */

import { chmod, copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { PoolConfig } from '../../src/model/configuration/config.ts';
import type { FromKeepalived } from '../../src/provision/init/from-keepalived.ts';
import { initFrom } from '../../src/provision/init/init.ts';
import { tempDir } from '../support/temp-dir.ts';

const CASES = join(import.meta.dirname, '../cases/init');

interface Expected {
  /** By default that of the file: a copy of mode 0644 is read. */
  readonly mode?: number;
  /** What one line of the refusal says; absent: a weir.yaml is written. */
  readonly refused?: RegExp;
  /** VIP and port of each pool; by default the one that most of the files have. */
  readonly pools?: readonly string[];
  /** Address and weight of each member of the first pool. */
  readonly members?: Readonly<Record<string, number>>;
  readonly first?: { readonly lvs?: Partial<PoolConfig['lvs']>; readonly vrrp?: object };
  /** What is said, in the remarks or in weir.yaml. */
  readonly says?: readonly RegExp[];
  /** What is said nowhere. */
  readonly silent?: readonly RegExp[];
  /** Whether the priority of the server that it runs on is known. */
  readonly knowsPriority?: boolean;
}

const TWO = { '192.0.2.11': 10, '192.0.2.12': 20 };
const WITHOUT = 'what `weir render` makes would be without';

const EXPECTED: Readonly<Record<string, Expected>> = {
  'config-id-condition': {
    knowsPriority: false,
    says: [/@left/, /@right/, /configuration id .*"one"/, /--config-id/],
  },
  'control-brace-on-next-line': { first: { lvs: { scheduler: 'wrr', forwarding: 'direct-routing' } } },
  'definition-comment': { members: { ...TWO, '192.0.2.13': 30 } },
  'definition-with-blank': { refused: /definition-with-blank\.conf:1:1 .*blank/ },
  'directors-are-not-servers': {
    refused: /192\.0\.2\.2 and 192\.0\.2\.3 .*none of the real servers/,
    silent: [/MEND/, /loop guard/, /Run `weir init` on a node/],
  },
  'excluded-ipv6': {
    first: { vrrp: { version: 2 } },
    says: [/auth: \$VRRP_PASS/, /2001:db8::100 .*virtual_ipaddress_excluded/],
  },
  'executable-file': { mode: 0o755, refused: /executable-file\.conf .*executable/ },
  'fallback-before-scheduler': {
    first: { lvs: { scheduler: 'sh' } },
    says: [/MEND: .*add sh-fallback behind lb_algo/],
  },
  'hash-definition': {},
  'include-finds-nothing': {
    refused: /has no virtual_server[\s\S]*include-finds-nothing\.conf:11\S* .*servers\.d\/\*\.conf .*no file/,
  },
  'long-line': { refused: /long-line\.conf:17:9 .*too long.* 1,?023/, silent: [/includes or defines/] },
  'mark-with-server-port': {
    pools: ['192.0.2.100:16379'],
    says: [/FILL IN the port and the VIP/],
    silent: [/its port is 6379/],
  },
  'master-nopreempt': { first: { vrrp: { preempt: true } }, says: [/nopreempt .*state MASTER/] },
  'mcast-group': { says: [/vrrp_mcast_group4/, new RegExp(WITHOUT)] },
  'method-lower-case': { first: { lvs: { forwarding: 'nat' } }, says: [/14.* dr .*NAT/] },
  'missing-open-brace': { refused: /missing-open-brace\.conf:.*(TCP_CHECK|18:9|16:5|line 16|line 18)/ },
  'more-vips': { says: [/192\.0\.2\.101 and 192\.0\.2\.102 .*VI_1/, new RegExp(WITHOUT)] },
  'no-break-space': { refused: /no-break-space\.conf:\d+:\d+ .*U\+00A0/ },
  'notify-fault-and-stop': {
    says: [/notify_fault/, /notify_stop/, /smtp_alert/, new RegExp(WITHOUT), /CHECK \/usr\/local\/sbin\/away\.sh/],
  },
  'other-instance': { says: [/vrrp_instance VI_GW .*198\.51\.100\.1/, new RegExp(WITHOUT)] },
  'other-port-direct-routing': { says: [/16390 .*not used/], silent: [/is left out/] },
  'port-zero-beside': { says: [/virtual_server 192\.0\.2\.100 0 is left out: it serves every port/] },
  'server-port-zero': { silent: [/is left out/] },
  'server-twice': { says: [/192\.0\.2\.12 6379 .*twice/], silent: [/several ports/] },
  'static-addresses': { says: [/static_ipaddress/, /static_routes/, new RegExp(WITHOUT)] },
  'strict-and-password': {
    says: [/vrrp_strict/, new RegExp(WITHOUT)],
    silent: [/^ +auth:/m, /FILL IN the variable/],
  },
  'sync-daemon-other-instance': { says: [/MEND: .*sync daemon .*VI_2.*VI_1/] },
  'template-placeholder': { refused: /template-placeholder\.conf:5:14 .*\$\{PRIO\} is not defined/ },
  'two-passwords': {
    pools: ['192.0.2.100:6379', '192.0.2.101:6379'],
    says: [/auth: \$VRRP_PASS_VI_1/, /auth: \$VRRP_PASS_VI_2/],
    silent: [/first1|second2/],
  },
  'unknown-block': { refused: /unknown-block\.conf:18:9 .*REDIS_CHECK/ },
  'vip-on-other-interface': { says: [/192\.0\.2\.100 .*eth1.*eth0/] },
  'vip-with-mask': {},
};

/** Run on the server 192.0.2.11, whose name is `one`; its kernel's table cannot be read, and it has no keepalived. */
function init(file: string): Promise<FromKeepalived> {
  const server = { hostName: 'one', addresses: ['127.0.0.1', '192.0.2.11'], hosts: '' };
  const run = () => Promise.reject(Object.assign(new Error('spawn keepalived ENOENT'), { code: 'ENOENT' }));
  return initFrom(file, { server, configId: 'one', run });
}

function loaded({ yaml, variables }: FromKeepalived): PoolConfig[] {
  const env = Object.fromEntries(variables.map((name) => [name, 'x']));
  return Object.values(parseConfig({ file: 'weir.yaml', text: yaml, env, cwd: '/', root: true }).pools);
}

/** All that people read of it; a sentence that is broken into lines of comment is one again. */
function told({ yaml, remarks, rest, additions }: FromKeepalived): string {
  return [yaml, yaml.replaceAll(/\n *# */g, ' '), ...remarks, ...rest, ...additions].join('\n');
}

async function withCase(name: string, mode: number, look: (file: string) => Promise<void>): Promise<void> {
  const file = join(await tempDir(), `${name}.conf`);
  await copyFile(join(CASES, `${name}.conf`), file);
  await chmod(file, mode);
  await look(file);
}

async function hold(file: string, expected: Expected): Promise<void> {
  if (expected.refused !== undefined) {
    const message = await init(file).then(
      () => 'a weir.yaml is written',
      (error: Error) => error.message,
    );
    expect(message).toMatch(expected.refused);
    for (const never of expected.silent ?? []) expect(message).not.toMatch(never);
    return;
  }
  const made = await init(file);
  const pools = loaded(made);
  const [first] = pools as [PoolConfig];
  expect(pools.map(({ vip }) => `${vip.address}:${vip.port}`)).toEqual(expected.pools ?? ['192.0.2.100:6379']);
  expect(Object.fromEntries(Object.values(first.members).map(({ address, weight }) => [address, weight]))).toEqual(
    expected.members ?? TWO,
  );
  expect(first).toMatchObject({ vrrp: { version: 2 }, ...expected.first });
  for (const sentence of expected.says ?? []) expect(told(made)).toMatch(sentence);
  for (const never of expected.silent ?? []) expect(told(made)).not.toMatch(never);
  const own = made.yaml.split('\n').find((line) => line.includes('192.0.2.11,'));
  if (expected.knowsPriority === false) expect(own).toMatch(/GUESSED priority/);
  else expect(own).toMatch(/priority: 150,(?!.*GUESSED)/);
}

describe('weir init on configurations of others', () => {
  it('has what is right for each of them', async () => {
    const names = (await readdir(CASES)).filter((name) => name.endsWith('.conf')).map((name) => name.slice(0, -5));

    expect(Object.keys(EXPECTED).sort()).toEqual(names.sort());
  });

  it.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
    await withCase(name, expected.mode ?? 0o644, (file) => hold(file, expected));
  });
});
