/** Which track file moves which VIP: the failover of one pool must not move those whose rails nobody has asked. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { PoolConfig, WeirConfig } from '../../../src/model/configuration/config.ts';
import { handoverFile } from '../../../src/model/configuration/run-files.ts';
import { planHandover } from '../../../src/model/decisions/handover.ts';
import { actuatorParts } from '../../../src/operations/node-actuator.ts';
import { poolConfig } from '../../support/pool.ts';
import { tempDir } from '../../support/temp-dir.ts';

let run: string;
beforeEach(async () => {
  run = await tempDir();
});

const router = (name: string, virtualRouterId: number, changes: Partial<PoolConfig> = {}) =>
  poolConfig({ name, vrrp: { ...poolConfig().vrrp, virtualRouterId }, ...changes });

const nameOf = (pools: readonly PoolConfig[], name: string) => {
  const pool = pools.find((one) => one.name === name) as PoolConfig;
  return handoverFile('/run/weir', pools, 'a', pool).replace('/run/weir/', '');
};

describe('the handover file of a pool', () => {
  it('is the one that there always was where the node has one VRRP instance, also for several pools', () => {
    expect(nameOf([router('logs', 51)], 'logs')).toBe('handover');
    expect(nameOf([router('logs', 51), router('metrics', 51)], 'metrics')).toBe('handover');
  });

  it("is the instance's own where the node has several, shared by the pools that move together", () => {
    const pools = [router('logs', 51), router('metrics', 52), router('more', 51)];
    expect(['logs', 'metrics', 'more'].map((name) => nameOf(pools, name))).toEqual([
      'handover-eth0-51',
      'handover-eth0-52',
      'handover-eth0-51',
    ]);
  });

  it('counts only the pools of the node, and tells interfaces apart', () => {
    const { b } = poolConfig().members;
    const elsewhere = router('metrics', 52, { members: { b: b as NonNullable<typeof b> } });
    expect(nameOf([router('logs', 51), elsewhere], 'logs')).toBe('handover');
    const other = router('metrics', 51, { vrrp: { ...poolConfig().vrrp, interface: 'eth1' } });
    expect(nameOf([router('logs', 51), other], 'metrics')).toBe('handover-eth1-51');
  });
});

const yaml = (folder: string) => `keepalived: {run_dir: ${folder}}
pools:
  logs: &pool
    vip: {address: 192.168.81.229, port: 6379}
    lvs: {forwarding: nat}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members: {a: {address: 192.168.81.51, priority: 254}, b: {address: 192.168.81.234, priority: 250}}
  metrics:
    vip: {address: 192.168.81.230, port: 6380}
    lvs: {forwarding: nat}
    vrrp: {interface: eth0, virtual_router_id: 52}
    members: {a: {address: 192.168.81.51, priority: 254}, b: {address: 192.168.81.234, priority: 250}}
`;

function twoPools(): WeirConfig {
  return parseConfig({ file: 'weir.yaml', text: yaml(run).replace('&pool', ''), env: {}, cwd: '/', root: true });
}

it("the actuator moves one pool's VIP and leaves the other's", async () => {
  const config = twoPools();
  const { handover } = actuatorParts(config, 'a');
  const { logs, metrics } = config.pools as Record<string, PoolConfig>;
  if (logs === undefined || metrics === undefined) throw new Error('no pools');
  for (const id of [51, 52]) await writeFile(join(run, `handover-eth0-${id}`), '0\n');
  await handover(logs).write(-254);
  expect([await handover(logs).read(), await handover(metrics).read()]).toEqual([-254, 0]);
  expect(await readFile(join(run, 'handover-eth0-51'), 'utf8')).toBe('-254\n');
});

it('a node whose keepalived still has one file for all its instances hands nothing over, and says what to do', async () => {
  const config = twoPools();
  await writeFile(join(run, 'handover'), '0\n');
  const value = await actuatorParts(config, 'a')
    .handover(config.pools.logs as PoolConfig)
    .read();
  expect(value).toBeUndefined();
  const directors = { a: { state: 'MASTER', vip: true, priority: 254 }, b: { state: 'BACKUP', priority: 250 } };
  expect(planHandover({ target: 'a' }, directors, { b: { writable: true } })).toMatch(/weir render/);
});
