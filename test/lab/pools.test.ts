/**
 * Pools that are not the lab's usual one, as Weir renders them, through a failover: two on the same servers, one behind
 * an IPv6 address, one with a scheduler that goes by the client, and one with three members.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { type Member, networkOf, PRIORITY, WEIGHT } from '../../lab/pool/topology.ts';
import { untilValue } from '../../lab/until.ts';
import type { Tree } from '../../lab/weir/weir-yaml.ts';
import { atEnd, stop } from './support/shared.ts';
import { handOver, storyteller } from './support/watch.ts';

const EVEN = { a: 100, b: 100, others: 0, hung: 0, refused: 0 };

function member(name: Member): Tree {
  const { address, mac } = networkOf(name);
  return { address, mac, priority: PRIORITY[name], weight: WEIGHT };
}

/** A second Redis on each of the servers, behind a VIP that moves with the first. */
const METRICS: Tree = {
  vip: { address: '192.168.81.230', port: 6380 },
  vrrp: { interface: 'eth0', virtual_router_id: 51, version: 3, advert_interval: '200ms', preempt: false },
  members: { a: member('a'), b: member('b') },
};

/** Laid over the usual pool. */
const SIX: Tree = {
  vip: { address: 'fd00:81::229' },
  members: { a: { address: networkOf('a').address6 }, b: { address: networkOf('b').address6 } },
};

const THREE: Tree = { members: { d: member('d') } };

describe('on two servers', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ weir: false, producers: 0, consumers: false, config: { pools: { metrics: METRICS } } });
  });
  atEnd((ended) => stop(lab, ended));

  async function expectEven(pools: readonly string[]): Promise<void> {
    for (const pool of pools) expect(await lab.connections(200, 3_000, pool)).toMatchObject(EVEN);
  }

  it('two pools share one VRRP instance: both VIPs move together, and both are balanced on either node', async () => {
    expect(Object.keys(await lab.table('b', 'metrics')).sort()).toEqual(['a', 'b']);
    await expectEven(['logs', 'metrics']);

    await handOver(lab, 'a', 'b');

    await expectEven(['logs', 'metrics']);
    expect((await lab.host('b').exec(['ip', '-o', 'addr', 'show', 'dev', 'eth0'])).stdout).toContain(
      ' 192.168.81.230/32 ',
    );
  });

  it('two pools by their marks: each has its own', async () => {
    const lvs = { loop_guard: 'ingress-mark' };
    await lab.rebuild({ config: { pools: { logs: { lvs }, metrics: { ...METRICS, lvs } } } });
    await expectEven(['logs', 'metrics']);

    await handOver(lab, 'a', 'b');

    await expectEven(['logs', 'metrics']);
  });

  it('two pools with a VRRP instance each: the VIP of one moves, the other stays, and both are balanced', async () => {
    const lvs = { loop_guard: 'ingress-mark' };
    const vrrp = { ...(METRICS.vrrp as Tree), virtual_router_id: 52 };
    await lab.rebuild({ config: { pools: { logs: { lvs }, metrics: { ...METRICS, vrrp, lvs } } } });
    await expectEven(['logs', 'metrics']);
    const holder = async (vip: string) => {
      const shown = await Promise.all(
        (['a', 'b'] as const).map(async (name) => {
          const { stdout } = await lab.host(name).exec(['ip', '-o', 'addr', 'show', 'dev', 'eth0']);
          return stdout.includes(` ${vip}/32 `) ? [name] : [];
        }),
      );
      return shown.flat().join();
    };
    const had = await holder('192.168.81.230');
    expect(had).toMatch(/^[ab]$/);

    await lab.node('a').write('/run/weir/handover-eth0-51', '-254');
    await untilValue(
      () => holder('192.168.81.229'),
      (seen) => seen === 'b',
      20_000,
      'the VIP of logs to move',
    );

    expect(await holder('192.168.81.230')).toBe(had);
    await expectEven(['logs', 'metrics']);
    await lab.node('a').write('/run/weir/handover-eth0-51', '0');
  });

  it.each(['backup-only', 'ingress-mark', 'notify-swap'])('an IPv6 VIP under %s', async (guard) => {
    await lab.rebuild({ config: { pools: { logs: { ...SIX, lvs: { loop_guard: guard } } } } });
    await expectEven(['logs']);

    await handOver(lab, 'a', 'b');
    await untilListed('b');

    await expectEven(['logs']);
  });

  it('sh keeps a client at its member, and gives it to the other while that has weight 0', async () => {
    const tell = storyteller('sh');
    await lab.rebuild({ config: { pools: { logs: { lvs: { scheduler: 'sh' } } } } });
    const usual = await lab.connections(20);
    tell(`from c: ${JSON.stringify(usual)}`);
    const [home, other] = usual.a === 20 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    expect(usual).toMatchObject({ [home]: 20, [other]: 0, hung: 0, refused: 0 });

    const drain = ['-e', '-t', '192.168.81.229:6379', '-r', `${networkOf(home).address}:6379`, '-g', '-w', '0'];
    expect(await lab.host('a').exec(['ipvsadm', ...drain])).toMatchObject({ code: 0 });
    expect(await lab.connections(20)).toMatchObject({ [home]: 0, [other]: 20, hung: 0, refused: 0 });

    await handOver(lab, 'a', 'b');
    expect(await lab.connections(20)).toMatchObject({ [home]: 20, [other]: 0, hung: 0, refused: 0 });
  });

  /** Under notify-swap the new MASTER lists its members a moment after it has the VIP. */
  async function untilListed(node: 'a' | 'b'): Promise<void> {
    await untilValue(
      async () =>
        Object.keys(await lab.table(node))
          .sort()
          .join(),
      (seen) => seen === 'a,b',
      20_000,
      `${node} to list both members`,
    );
  }
});

describe('on three servers', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ weir: false, producers: 0, consumers: false, config: { pools: { logs: THREE } } });
  });
  atEnd((ended) => stop(lab, ended));

  it.each(['backup-only', 'ingress-mark'])('a third of the connections each, under %s', async (guard) => {
    const even = { a: 67, b: 67, d: 67, others: 0, hung: 0, refused: 0 };
    await lab.rebuild({ config: { pools: { logs: { ...THREE, lvs: { loop_guard: guard } } } } });
    expect(await lab.connections(201)).toMatchObject(even);

    // Their waits differ by milliseconds (RFC 5798 6.1): the one with the lower priority may be the first.
    await handOver(lab, 'a', 'b', 'd');

    expect(await lab.connections(201)).toMatchObject(even);
  });
});
