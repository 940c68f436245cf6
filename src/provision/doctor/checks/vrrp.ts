/** VRRP: whether the nodes agree, and exactly one of them has the VIP. */

import type { PoolConfig } from '../../../model/configuration/config.ts';
import { handoverFile } from '../../../model/configuration/run-files.ts';
import { MASTER } from '../../apply/machine.ts';
import { type Check, type Found, ofNode, perPool } from '../check.ts';
import type { InstanceFacts, PeerFacts, PoolFacts } from '../facts.ts';
import { vipForClients } from '../places.ts';
import { deviceOf, keepsVip } from '../wanted.ts';

/** keepalived's counters of adverts that it refused, and what they mean (keepalived vrrp/vrrp.c, vrrp_check_packet). */
const REFUSED_FOR: Readonly<Record<string, string>> = {
  advert_interval_err: 'the other node has another advert_int',
  authtype_mismatch: 'the other node has another kind of authentication',
  invalid_authtype: 'the other node has a kind of authentication that nobody knows',
  auth_failure: 'the other node has another password',
  addr_list_err: 'the other node has other VIPs in this instance',
  packet_len_err: 'their length is wrong: another number of VIPs, or another version',
  ip_ttl_err: 'they came through a router',
  invalid_type_rcvd: 'they are no adverts',
};

const noInstance = perPool('vrrp-instance-missing', ({ pool, seen, facts: { configuration }, wanted }) => {
  if (seen.instance !== null) return undefined;
  return {
    is: `The running keepalived has no vrrp_instance with the VIP ${pool.vip.address}.`,
    should: `${configuration.path} has one on ${deviceOf(pool, wanted.node)}, with virtual_router_id ${pool.vrrp.virtualRouterId}.`,
    why: 'This node can never take the VIP: when the MASTER fails, producers reach nobody.',
    mend: [`weir render --node ${wanted.node} --diff`, `weir render --node ${wanted.node} --apply`],
  };
});

/** Pools that share an instance share one finding. */
const terms: Check = {
  name: 'vrrp-terms',
  find: (facts, wanted) =>
    wanted.groups.flatMap((group): Found[] => {
      const pool = group.pools[0] as PoolConfig;
      const instance = facts.pools[pool.name]?.instance;
      if (!instance) return [];
      const differ = differences(instance, pool, group.self.priority, group.interface);
      if (differ.length === 0) return [];
      const names = group.pools.map(({ name }) => name).join(', ');
      return [
        {
          pool: names,
          is: `The running keepalived has ${differ.map(([name, is]) => `${name} ${is}`).join(', ')}.`,
          should: `${wanted.config.file} has ${differ.map(([name, , should]) => `${name} ${should}`).join(', ')}.`,
          why: 'Nodes that differ do not hear each other, and both take the VIP; or the wrong one of them does.',
          mend: [`weir render --node ${wanted.node} --diff`, `weir render --node ${wanted.node} --apply`],
        },
      ];
    }),
};

type Difference = readonly [name: string, is: string, should: string];

function differences(
  seen: InstanceFacts,
  { vrrp }: PoolConfig,
  priority: number,
  device: string,
): readonly Difference[] {
  const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'yes' : 'no');
  const all: readonly (readonly [string, string | number | undefined, string | number | undefined])[] = [
    ['interface', seen.interface, device],
    ['virtual_router_id', seen.routerId, vrrp.virtualRouterId],
    ['version', seen.version, vrrp.version],
    ['priority', seen.basePriority, priority],
    ['advert_int', seen.advertSeconds, vrrp.advertIntervalMs / 1_000],
    ['preempt', yesNo(seen.nopreempt === undefined ? undefined : !seen.nopreempt), yesNo(vrrp.preempt)],
    ['authentication', yesNo(seen.authenticated), yesNo(vrrp.version === 2 && vrrp.auth !== undefined)],
  ];
  return all
    .filter(([, is, should]) => is !== undefined && is !== should)
    .map(([name, is, should]) => [name, String(is), String(should)]);
}

const refusedAdverts = perPool('adverts-refused', ({ seen, wanted, pool }) => {
  const grown = seen.instance?.grown;
  const [worst] = Object.entries(grown?.refused ?? {}).sort(([, one], [, other]) => other - one);
  if (grown === undefined || worst === undefined || worst[1] === 0) return undefined;
  const [counter, count] = worst;
  const others = Object.keys(pool.members).filter((name) => name !== wanted.node);
  return {
    is: `keepalived refused ${count} adverts in ${(grown.overMs / 1_000).toFixed(1)} s (${counter}): ${REFUSED_FOR[counter] ?? 'see its log'}.`,
    should: 'Every advert of the other nodes is taken.',
    why: 'A node that refuses the adverts of the MASTER becomes MASTER too, and both take the VIP.',
    mend: [`# on ${others.join(', ')}, which differs from ${wanted.config.file} or has another one:`, 'weir doctor'],
  };
});

const equalPriorities = perPool('equal-priorities', ({ seen: { instance, peers }, pool, wanted }) => {
  const own = instance?.effectivePriority;
  if (!instance || own === undefined) return undefined;
  const heard = instance.state !== MASTER && instance.masterPriority === own ? 'the MASTER' : undefined;
  const twin = Object.entries(peers ?? {}).find(([, peer]) => peer.priority === own)?.[0] ?? heard;
  if (twin === undefined) return undefined;
  const all = Object.values(pool.members).map(({ name, priority }) => `${name} ${priority}`);
  return {
    is: `${wanted.node} and ${twin} both have priority ${own} now.`,
    should: `They differ: ${wanted.config.file} has ${all.join(', ')}.`,
    why: 'Between equals the higher address wins, which nobody chose, and both may be MASTER for a moment.',
    mend: [
      `# is a node being handed over? then this is not 0: cat ${handoverFile(wanted.layout.run.folder, wanted.pools, wanted.node, pool)}`,
      `weir render --node ${wanted.node} --diff`,
    ],
  };
});

const dualMaster = perPool('dual-master', ({ seen, facts, pool, wanted }) => {
  const device = deviceOf(pool, wanted.node);
  const isHere = seen.instance?.state === MASTER || vipForClients(facts.addresses, pool, device) !== undefined;
  const other = isHere && facts.keepalived.running ? otherHolder(seen) : undefined;
  if (other === undefined) return undefined;
  const orphan = other.state === 'ORPHAN';
  return {
    is: `${wanted.node} and ${other.who} both have the VIP ${pool.vip.address}${orphan ? `; keepalived on ${other.who} is dead and has left it there` : ''}.`,
    should: 'One node has it.',
    why: 'Producers reach whichever answered last; what a drain does on one director the other undoes.',
    mend: orphan
      ? [`# on ${other.who}:`, ...afterKilled(pool)]
      : [
          `# do adverts of both come through here? when not, something between the nodes drops IP protocol 112`,
          `tcpdump -c 10 -ni ${device} ip proto 112`,
          '# when they do, the nodes differ: weir doctor on the other node',
        ],
  };
});

function otherHolder({ instance, peers }: PoolFacts): { who: string; state?: string | undefined } | undefined {
  const holder = Object.entries(peers ?? {}).find(([, peer]) => hasVip(peer));
  if (holder !== undefined) return { who: holder[0], state: holder[1].state };
  // A MASTER hears no adverts of its own instance but from another MASTER.
  const heard = instance?.state === MASTER && (instance.grown?.advertsReceived ?? 0) > 1;
  return heard ? { who: 'another node, whose adverts are heard,' } : undefined;
}

function hasVip({ state, vip }: PeerFacts): boolean {
  return vip === true || state === 'MASTER';
}

/** The commands that remove what a keepalived leaves when it is killed as MASTER. */
function afterKilled(pool: PoolConfig): string[] {
  return [
    ...(pool.lvs.loopGuard === 'backup-only' && keepsVip(pool)
      ? ['# or its kernel goes on as a director', 'ipvsadm --stop-daemon master']
      : []),
    '# at its start keepalived takes the VIP off and asks for it anew',
    'systemctl start keepalived',
  ];
}

const orphan = perPool('orphan-vip', ({ seen, facts, pool, wanted }) => {
  const { running, unlistedPid } = facts.keepalived;
  const left = vipForClients(facts.addresses, pool, deviceOf(pool, wanted.node));
  if (running || unlistedPid !== undefined || left === undefined) return undefined;
  const master = Object.entries(seen.peers ?? {}).find(([, peer]) => peer.state === 'MASTER')?.[0];
  return {
    is: `keepalived is dead and has left the VIP ${pool.vip.address} on ${left.interface}${master === undefined ? '' : `, and ${master} is MASTER`}.`,
    should: 'A node without keepalived has the VIP where no client asks for it, on lo, or nowhere.',
    why: 'The other node takes the VIP too: producers reach either, and nothing checks the members behind this one.',
    mend: afterKilled(pool),
  };
});

const apart = ofNode('masters-apart', (facts, { pools, node }) => {
  const guarded = pools.filter((pool) => pool.lvs.loopGuard === 'backup-only' && keepsVip(pool));
  const states = guarded.flatMap((pool) => {
    const state = facts.pools[pool.name]?.instance?.state;
    return state === undefined ? [] : [{ name: pool.name, master: state === MASTER }];
  });
  const here = states.filter(({ master }) => master).map(({ name }) => name);
  const elsewhere = states.filter(({ master }) => !master).map(({ name }) => name);
  if (here.length === 0 || elsewhere.length === 0) return undefined;
  return {
    pool: elsewhere.join(', '),
    is: `${node} is MASTER of ${here.join(', ')} and not of ${elsewhere.join(', ')}, and all have the loop guard backup-only.`,
    should: 'Pools with this loop guard have their MASTER on one node: they share one VRRP instance.',
    why: 'A kernel is MASTER or BACKUP for LVS as a whole: one of the pools sends every connection to one member.',
    mend: [
      '# give these pools the same vrrp.virtual_router_id, or lvs.loop_guard: ingress-mark; then on each node:',
      `weir render --node ${node} --apply`,
    ],
  };
});

export const VRRP_CHECKS: readonly Check[] = [
  noInstance,
  terms,
  refusedAdverts,
  equalPriorities,
  dualMaster,
  orphan,
  apart,
];
