import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortAddress } from '../../../src/lib/ip-address.ts';
import { parseIpVs, parseIpVsStats } from '../../../src/observe/director/parse-ip-vs.ts';
import { type RenderedService, renderIpVs, renderIpVsStats } from './ip-vs-render.ts';

const b = { address: '192.168.81.234', forwarding: 'Route', weight: 100, active: 0, inactive: 0 };

describe('a service', () => {
  it('has its address and port in hex, in host order (T31)', () => {
    const text = 'TCP  C0A851E5:18EB wrr  \n  -> C0A851EA:18EB      Route   100    17         3         \n';

    expect(parseIpVs(text)).toEqual([
      {
        protocol: 'TCP',
        address: '192.168.81.229',
        port: 6379,
        scheduler: 'wrr',
        destinations: [
          { address: '192.168.81.234', port: 6379, forwarding: 'Route', weight: 100, active: 17, inactive: 3 },
        ],
      },
    ]);
  });

  it('of IPv6 stands in brackets, in full, and is spelled as the configuration spells it', () => {
    const text = [
      'TCP  [2001:0db8:0000:0000:0000:0000:0000:0229]:18EB sh (sh-port) ',
      '  -> [fd00:0000:0000:0000:0000:0000:0000:0051]:18EB      Tunnel  1      0          0         ',
    ].join('\n');

    const [service] = parseIpVs(text);

    expect(service).toMatchObject({ address: '2001:db8::229', port: 6379, scheduler: 'sh' });
    expect(service?.destinations).toMatchObject([{ address: 'fd00::51', port: 6379, forwarding: 'Tunnel' }]);
  });

  it('by firewall mark has the mark in hex, no address, and destinations with port 0', () => {
    const text = renderIpVs([{ protocol: 'FWM', mark: 0x1f, destinations: [{ address: b.address, port: 0 }] }]);
    expect(text).toContain('FWM  0000001F wrr');

    expect(parseIpVs(text)).toEqual([
      { protocol: 'FWM', mark: 31, scheduler: 'wrr', destinations: [{ ...b, port: 0 }] },
    ]);
  });

  it('by firewall mark of IPv6 has its scheduler after the family', () => {
    expect(parseIpVs('FWM  00000001 IPv6 wlc \n')).toMatchObject([{ mark: 1, scheduler: 'wlc' }]);
  });

  it('may be persistent, for jiffies, and one-packet, without another change to the rest', () => {
    const destinations = [{ address: b.address, port: 6379 }];
    const plain = parseIpVs(renderIpVs([{ protocol: 'UDP', address: '10.0.0.1', port: 514, destinations }]));

    const text = renderIpVs([
      { protocol: 'UDP', address: '10.0.0.1', port: 514, ops: true, persistentJiffies: 30_000, destinations },
    ]);

    expect(text).toContain('ops  persistent 30000 FFFFFFFF');
    expect(parseIpVs(text)).toEqual(plain.map((one) => ({ ...one, persistent: true })));
  });

  // ipvsadm makes TCP, UDP and SCTP services; netlink takes any protocol number, and ip_vs_proto_name prints it.
  it.each(['UDP', 'SCTP', 'ICMP', 'ICMPv6', 'IP_47', 'IP'])(
    'of %s keeps its destinations to itself: they never go to the service before it',
    (protocol) => {
      const text = renderIpVs([
        {
          protocol: 'TCP',
          address: '192.168.81.229',
          port: 6379,
          destinations: [{ address: '192.168.81.51', port: 6379 }],
        },
        { protocol, address: '192.168.81.229', port: 6379, destinations: [{ address: b.address, port: 6379 }] },
      ]);

      const services = parseIpVs(text);

      expect(services.map((one) => [one.protocol, one.destinations.map((dest) => dest.address)])).toEqual([
        ['TCP', ['192.168.81.51']],
        [protocol, [b.address]],
      ]);
    },
  );
});

describe('a destination', () => {
  it.each(['Route', 'Local', 'Tunnel', 'Masq'])('is forwarded as the kernel says: %s', (forwarding) => {
    const destinations = [{ address: b.address, port: 6379, forwarding }];

    const [service] = parseIpVs(renderIpVs([{ protocol: 'TCP', address: '10.0.0.1', port: 6379, destinations }]));

    expect(service?.destinations).toMatchObject([{ forwarding }]);
  });

  it.each([0, 1, 65_535, 2_147_483_647, -1])('has the weight %i', (weight) => {
    const destinations = [{ address: b.address, port: 6379, weight }];

    const [service] = parseIpVs(renderIpVs([{ protocol: 'TCP', address: '10.0.0.1', port: 6379, destinations }]));

    expect(service?.destinations).toMatchObject([{ weight }]);
  });

  it('without a service before it is nobody’s', () => {
    expect(parseIpVs('  -> C0A851EA:18EB      Route   100    17         3         \n')).toEqual([]);
  });
});

describe('a table', () => {
  it('without services is empty', () => {
    expect(parseIpVs(renderIpVs([]))).toEqual([]);
    expect(parseIpVs('')).toEqual([]);
  });

  const port = fc.nat(65_535);
  const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
  const ipv6 = groups.map((all) => all.map((one) => one.toString(16)).join(':'));
  const address = fc.oneof(fc.ipV4(), ipv6);
  const count = fc.nat(2_147_483_647);
  const destination = fc.record({
    address,
    port,
    forwarding: fc.constantFrom('Route', 'Local', 'Tunnel', 'Masq', 'Bypass'),
    weight: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
    active: count,
    inactive: count,
  });
  const common = {
    scheduler: fc.constantFrom('rr', 'wrr', 'wlc', 'mh', 'none'),
    ops: fc.boolean(),
    destinations: fc.array(destination, { maxLength: 4 }),
  };
  const optional = { persistentJiffies: count };
  const byAddress = fc
    .record({ protocol: fc.constantFrom('TCP', 'UDP', 'SCTP', 'IP_50'), address, port, ...common })
    .chain((service) => fc.record(optional, { requiredKeys: [] }).map((more) => ({ ...service, ...more })));
  const byMark = fc.record({ protocol: fc.constant('FWM'), mark: fc.nat(0xffff_ffff), ...common });

  it('that the kernel printed is read back whole', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(byAddress, byMark), { maxLength: 6 }), (services: RenderedService[]) => {
        const read = parseIpVs(renderIpVs(services));

        expect(read).toEqual(
          services.map(({ ops: _, persistentJiffies, ...service }) => ({
            ...(persistentJiffies !== undefined && { persistent: true }),
            ...service,
            ...(service.address !== undefined && { address: shortAddress(service.address) }),
            destinations: service.destinations?.map((one) => ({ ...one, address: shortAddress(one.address) })),
          })),
        );
      }),
    );
  });

  it('that is rubbish is read without an error', () => {
    const nearly = fc.array(
      fc.constantFrom(
        'TCP',
        'FWM',
        '  -> ',
        'C0A851EA:18EB',
        '[::]:1',
        '[',
        ' ',
        '\n',
        'Route',
        '0',
        '-1',
        'IPv6',
        'x',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary-ascii' }),
          nearly.map((parts) => parts.join(' ')),
        ),
        (text) => {
          expect(Array.isArray(parseIpVs(text))).toBe(true);
          expect(() => parseIpVsStats(text)).not.toThrow();
        },
      ),
    );
  });
});

describe('an address', () => {
  it.each([
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['fd00:0:0::229', 'fd00::229'],
    ['::1', '::1'],
    ['192.168.81.229', '192.168.81.229'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['no:address', 'no:address'],
  ])('%s is spelled %s', (written, spelled) => {
    expect(shortAddress(written)).toBe(spelled);
  });

  it('has one spelling: spelling it again changes nothing', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const once = shortAddress(address);
        expect(isIPv6(once)).toBe(true);
        expect(shortAddress(once.toUpperCase())).toBe(once);
      }),
    );
  });
});

describe('the totals', () => {
  it('are hex, and what came in: replies never pass a director with direct routing (T30)', () => {
    const text = renderIpVsStats({
      connections: 0x1a,
      packetsIn: 0xff,
      bytesIn: 0x10_0000_0000,
      packetsOut: 9,
      bytesOut: 7,
    });

    expect(parseIpVsStats(text)).toEqual({ connections: 26, packetsIn: 255, bytesIn: 68_719_476_736 });
  });

  it('are those of the first row, not the rates below it, also when all are 0', () => {
    expect(parseIpVsStats(renderIpVsStats({ connections: 0, packetsIn: 0, bytesIn: 0 }))).toEqual({
      connections: 0,
      packetsIn: 0,
      bytesIn: 0,
    });
  });

  it('are unknown where there is no such row', () => {
    expect(parseIpVsStats('')).toBeUndefined();
    expect(parseIpVsStats('   Conns  Packets  Packets            Bytes            Bytes\n')).toBeUndefined();
  });
});
