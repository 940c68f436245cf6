import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepalivedConf } from '../../lab/keepalived-conf.ts';
import { ADDRESS, MEMBERS, type Member, PRIORITY, REDIS_PORT, VIP, WEIGHT } from '../../lab/topology.ts';
import { weirYaml } from '../../lab/weir-yaml.ts';
import { parseConfig } from '../../src/config/load.ts';

const KEEPALIVED = '/usr/sbin/keepalived';
/** keepalived refuses interfaces that are not there, and the loopback; eth0 is there in the lab's hosts. */
const INTERFACE = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((one) => !one.internal));

const NAMES: readonly Member[] = MEMBERS;

/** What stands after a word, at its first place. */
const settingOf = (word: string, conf: string) => new RegExp(`^\\s*${word} (.*)$`, 'm').exec(conf)?.[1];

describe('keepalived.conf of a node', () => {
  test('differs from the other only in name and priority', () => {
    const [a, b] = NAMES.map((node) => keepalivedConf(node).split('\n'));

    const different = (a ?? []).flatMap((line, index) =>
      line === b?.[index] ? [] : [line.trim(), b?.[index]?.trim()],
    );

    expect(different).toEqual(['router_id a', 'router_id b', `priority ${PRIORITY.a}`, `priority ${PRIORITY.b}`]);
  });

  test.each(NAMES)('%s: whoever starts first stays MASTER', (node) => {
    expect(keepalivedConf(node)).toMatch(/^ {2}state BACKUP$[^}]*^ {2}nopreempt$/m);
  });

  test('has every member as a real server, at the weight that Weir gives back', () => {
    const servers = keepalivedConf('a').matchAll(/real_server (\S+) (\d+) \{\s+weight (\d+)/g);

    expect([...servers].map(([, address, port, weight]) => [address, Number(port), Number(weight)])).toEqual(
      MEMBERS.map((member) => [ADDRESS[member], REDIS_PORT, WEIGHT]),
    );
  });

  test('says of VRRP what weir.yaml says', () => {
    const shared = { brokerPassword: 'x', httpPort: 1, rules: '/rules', overrides: {} };
    const text = weirYaml({ brokerUrl: 'redis://127.0.0.1:1', stateDir: '/tmp' }, shared);
    const pool = parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: false }).pools.logs;

    const conf = keepalivedConf('b');

    expect(pool?.vrrp).toMatchObject({
      interface: settingOf('interface', conf),
      virtualRouterId: Number(settingOf('virtual_router_id', conf)),
      version: Number(settingOf('vrrp_version', conf)),
      advertIntervalMs: Number(settingOf('advert_int', conf)) * 1_000,
      preempt: !conf.includes('nopreempt'),
    });
    expect(pool?.lvs.scheduler).toBe(settingOf('lb_algo', conf));
    expect(conf).toContain(`virtual_server ${VIP} ${REDIS_PORT} {`);
  });
});

describe.skipIf(!existsSync(KEEPALIVED) || INTERFACE === undefined)('keepalived itself', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weir-keepalived-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Reads it and ends: exit code 0 and no word when nothing is wrong with it. */
  async function check(conf: string): Promise<{ code: unknown; said: string }> {
    const file = join(dir, 'keepalived.conf');
    await writeFile(file, conf.replaceAll('eth0', INTERFACE?.[0] ?? ''), { mode: 0o600 });
    return new Promise((resolve) => {
      execFile(KEEPALIVED, ['-t', '-f', file], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, said: `${stdout}${stderr}` }),
      );
    });
  }

  test.each(NAMES)('takes that of %s', async (node) => {
    expect(await check(keepalivedConf(node))).toMatchObject({ code: 0 });
  });

  test.each([
    ['a word that it does not know', 'nopreempt', 'nopreemt', "Unknown keyword 'nopreemt'"],
    ['adverts under a second before VRRP version 3', 'vrrp_version 3', 'vrrp_version 2', 'must be an integer'],
    ['a scheduler that LVS lacks', 'lb_algo wrr', 'lb_algo wr', 'Invalid lvs_scheduler'],
  ])('does not take %s', async (_, from, to, sentence) => {
    const { code, said } = await check(keepalivedConf('a').replace(from, to));

    expect(code).not.toBe(0);
    expect(said).toContain(sentence);
  });
});
