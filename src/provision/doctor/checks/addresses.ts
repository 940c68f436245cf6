/** Addresses: whether the VIP is where it belongs, and one node alone answers for it. */

import type { PoolConfig } from '../../../model/configuration/config.ts';
import { withHostMask } from '../../render/keepalived-conf.ts';
import { type Check, perPool } from '../check.ts';
import type { NodeFacts } from '../facts.ts';
import { arpSysctl, vipForClients, vipOn } from '../places.ts';
import { deviceOf, isV6, keepsVip, selfIn } from '../wanted.ts';

const noInterface = perPool('interface-missing', ({ pool, facts: { addresses }, wanted }) => {
  const device = deviceOf(pool, wanted.node);
  if (addresses === undefined || addresses.some((own) => own.interface === device)) return undefined;
  const { name, address } = selfIn(pool, wanted.node);
  const owner = addresses.find((own) => own.address === address)?.interface;
  return {
    is: `There is no interface ${device} with an address here${owner === undefined ? '' : `; ${address} is on ${owner}`}.`,
    should: `${wanted.config.file} names the interface that has ${address}.`,
    why: 'keepalived refuses its configuration, or waits in FAULT for an interface that never comes.',
    mend: [
      `# set pools.${pool.name}.vrrp.interface, or members.${name}.interface for this node only, to one of these:`,
      'ip -brief address',
    ],
  };
});

const notOnLo = perPool('vip-not-on-lo', ({ pool, facts: { addresses } }) => {
  if (addresses === undefined || !keepsVip(pool) || vipOn(addresses, pool, 'lo') !== undefined) return undefined;
  const vip = withHostMask(pool.vip.address);
  return {
    is: `The VIP ${pool.vip.address} is not on lo.`,
    should: `lo has ${vip} on every node, MASTER or not.`,
    why: 'A node takes packets that the director hands it only when the VIP is its own: its share of the producers hangs.',
    mend: [`ip address replace ${vip} dev lo`, '# over a reboot:', 'systemctl enable weir-address.service'],
  };
});

const wideMask = perPool('vip-mask', ({ pool, facts: { addresses }, wanted }) => {
  const full = isV6(pool.vip.address) ? 128 : 32;
  const stands = [vipOn(addresses, pool, 'lo'), vipForClients(addresses, pool, deviceOf(pool, wanted.node))];
  const wide = stands.find((place) => place !== undefined && place.prefix !== full);
  if (wide === undefined) return undefined;
  const onLo = wide.interface === 'lo';
  return {
    is: `The VIP stands on ${wide.interface} as ${wide.address}/${wide.prefix}.`,
    should: `It stands there as ${withHostMask(pool.vip.address)}.`,
    why: onLo
      ? 'With a wider mask on lo the whole network is this node itself: it reaches neither members nor producers.'
      : 'When the VIP leaves, other addresses of that network may go with it.',
    mend: onLo
      ? [
          `ip address add ${withHostMask(pool.vip.address)} dev lo`,
          `ip address delete ${wide.address}/${wide.prefix} dev lo`,
        ]
      : [`weir render --node ${wanted.node} --diff`, `weir render --node ${wanted.node} --apply`],
  };
});

/** 2 answers the own network only, which is enough. 8 answers nobody, not even on the MASTER (ip-sysctl.rst). */
const ARP_SETTINGS = [
  { key: 'arp_ignore', wanted: 1, fine: [1, 2] },
  { key: 'arp_announce', wanted: 2, fine: [2] },
] as const;

const arpSettings: Check = {
  name: 'arp-settings',
  find: (facts, wanted) => {
    const pools = wanted.pools.filter((pool) => keepsVip(pool) && !isV6(pool.vip.address));
    const devices = [...new Set(pools.map((pool) => deviceOf(pool, wanted.node)))];
    return devices.flatMap((device) => {
      const wrong = ARP_SETTINGS.map((setting) => ({ ...setting, is: effective(facts, device, setting.key) })).filter(
        ({ is, fine }) => is !== undefined && !(fine as readonly number[]).includes(is),
      );
      if (wrong.length === 0) return [];
      return [
        {
          is: `In effect on ${device} ${wrong.map(({ key, is }) => `${key} is ${is}`).join(' and ')} (the greater of all and ${device}).`,
          should: `${wrong.map(({ key, wanted: value }) => `${key} is ${value}`).join(' and ')}.`,
          why: 'The VIP is on lo of every node: without these a node that is not MASTER claims it on the network.',
          mend: [
            ...wrong.flatMap(({ key, wanted: value }) =>
              ['all', device].map((where) => `sysctl -w ${arpSysctl(where, key)}=${value}`),
            ),
            `# over a reboot: ${wanted.layout.sysctl}, from weir render --node ${wanted.node} --apply`,
          ],
        },
      ];
    });
  },
};

function effective({ sysctls }: NodeFacts, device: string, key: string): number | undefined {
  const values = ['all', device].map((where) => sysctls[arpSysctl(where, key)]);
  const known = values.filter((value) => value !== undefined);
  return known.length < 2 ? undefined : Math.max(...known);
}

const arpAnswers = perPool('two-arp-answers', ({ pool, seen: { arpAnswers: macs }, facts, wanted }) => {
  if (macs === undefined) return undefined;
  const device = deviceOf(pool, wanted.node);
  const isHere = vipForClients(facts.addresses, pool, device) !== undefined;
  const answers = [...(isHere ? [`${wanted.node} itself`] : []), ...macs.map((mac) => nameOf(mac, pool))];
  if (answers.length < 2) return undefined;
  const { address } = selfIn(pool, wanted.node);
  return {
    is: `${answers.length} hosts answer to ARP for the VIP ${pool.vip.address}: ${answers.join(', ')}.`,
    should: 'The MASTER alone answers.',
    why: 'Each producer reaches whoever answered it first, director or not: connections land on one member or hang.',
    mend: [
      '# on the one that is not MASTER see why (arp_ignore, an orphan VIP, a foreign host): weir doctor',
      `arping -b -c 3 -I ${device} -s ${address} ${pool.vip.address}`,
    ],
  };
});

function nameOf(mac: string, pool: PoolConfig): string {
  const member = Object.values(pool.members).find((member) => member.mac === mac);
  return member === undefined ? mac : `${member.name} (${mac})`;
}

export const ADDRESS_CHECKS: readonly Check[] = [noInterface, notOnLo, wideMask, arpSettings, arpAnswers];
