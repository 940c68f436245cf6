import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnonymiser } from '../../../src/observe/captured/anonymous.ts';
import { LEFT_OUT, withoutSecrets } from '../../../src/observe/captured/dump.ts';
import { parseIpVs } from '../../../src/observe/director/parse-ip-vs.ts';
import { parseClientList } from '../../../src/observe/redis/client-list.ts';

describe('what is made anonymous', () => {
  it('is the same address everywhere: in CLIENT LIST, INFO, the LVS table and a sentence', () => {
    const known = createAnonymiser();
    const vip = known.address('192.168.81.229');

    const list = known.clientList('id=1 addr=10.1.2.3:40001 laddr=192.168.81.229:6379 name=billing user=ann cmd=rpush');
    const table = known.ipVs(
      'TCP  C0A851E5:18EB wlc persistent 300 FFFFFFFF\n  -> 0A010203:18EB      Route   100    4          0',
    );

    expect(vip).toBe('198.18.0.1');
    expect(parseClientList(list)[0]).toMatchObject({
      addr: '198.18.0.2:40001',
      laddr: `${vip}:6379`,
      name: 'client-1',
      command: 'rpush',
    });
    expect(parseIpVs(table)).toMatchObject([
      { address: vip, port: 6379, persistent: true, destinations: [{ address: '198.18.0.2', weight: 100 }] },
    ]);
    expect(known.info('slave0:ip=10.1.2.3,port=6379,state=online')).toBe('slave0:ip=198.18.0.2,port=6379,state=online');
    expect(known.text('connect to 10.1.2.3:6379 as billing failed')).toBe(
      'connect to 198.18.0.2:6379 as client-1 failed',
    );
  });

  it('is an IPv6 address in each of its spellings', () => {
    const known = createAnonymiser();

    expect(known.address('fd00::1')).toBe('2001:db8::1');
    expect(known.text('[fd00:0:0:0:0:0:0:1]:6379 and fd00::2')).toBe('[2001:db8::1]:6379 and 2001:db8::2');
    expect(known.clientList('addr=[fd00::1]:50 laddr=[::1]:6379')).toBe('addr=[2001:db8::1]:50 laddr=[::1]:6379');
    expect(known.ipVs('TCP  [fd00:0000:0000:0000:0000:0000:0000:0001]:18EB wrr')).toBe('TCP  [2001:db8::1]:18EB wrr');
  });

  it('is a host, a path and a zone in INFO, and no figure or version', () => {
    const known = createAnonymiser();
    const info = [
      'redis_version:7.0.15',
      'executable:/opt/acme/redis-server',
      'config_file:',
      'master_host:db1.acme.example',
    ]
      .concat(['availability_zone:eu-1a', 'used_memory:1024', 'server_name:web', 'os:Linux 5.10.0.1 x86_64'])
      .concat(['master0:name=acme,address=10.0.0.1:6379,slaves=1', 'cmdstat_rpush:calls=3,usec=4']);

    expect(known.info(info.join('\r\n')).split('\r\n')).toEqual([
      ...[
        'redis_version:7.0.15',
        'executable:[path]',
        'config_file:',
        'master_host:host-1',
        'availability_zone:host-2',
      ],
      ...['used_memory:1024', 'server_name:host-3', 'os:Linux 5.10.0.1 x86_64'],
      ...['master0:name=name-1,address=198.18.0.1:6379,slaves=1', 'cmdstat_rpush:calls=3,usec=4'],
    ]);
  });

  it('is nobody of this host, and nothing that everybody is called', () => {
    const known = createAnonymiser();
    const line = 'id=1 addr=127.0.0.1:1 laddr=0.0.0.0:2 name=weir user=default lib-name=redis-py(acme_v1)';

    expect(known.clientList(line)).toBe(line.replace('(acme_v1)', ''));
    expect(known.clientList('id=2 addr=/run/acme/redis.sock:0 name=')).toBe('id=2 addr=/[path]:0 name=');
  });

  it('is never the address that stood there, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('addr=', 'ip=', '(', ' ', ',', '['), (address, before) => {
        fc.pre(!/^(127\.|0\.0\.0\.0$|198\.18\.0\.1$)/.test(address));
        const shown = createAnonymiser().text(`x${before}${address}:6379, y`);
        return !shown.includes(`${address}:`) && shown.includes('198.18.0.1:6379');
      }),
    );
  });

  it('stays apart with thousands of addresses', () => {
    const known = createAnonymiser();
    const made = Array.from({ length: 3_000 }, (_, index) => known.address(`10.0.${index >> 8}.${index & 255}`));

    expect(new Set(made).size).toBe(3_000);
  });
});

it("keepalived's dump keeps its figures and VIPs, and no other text: the VRRP password is one", () => {
  const dump = [
    {
      data: {
        ...{ iname: 'VI_ACME', state: 2, vipset: true, ifp_ifname: 'eth0', auth_type: 1, auth_data: 'hunter2' },
        ...{ notify_master: '/opt/acme/up.sh', vips: ['10.0.0.9/32 dev eth0 scope global set'], vmac_ifname: '' },
      },
      stats: { advert_sent: 3 },
    },
  ];

  const data = { iname: 'VI_ACME', state: 2, vipset: true, ifp_ifname: 'eth0', auth_type: 1, auth_data: LEFT_OUT };
  const rest = { notify_master: LEFT_OUT, vmac_ifname: '' };
  expect(withoutSecrets(dump)).toEqual([
    { data: { ...data, ...rest, vips: ['10.0.0.9/32 dev eth0 scope global set'] }, stats: { advert_sent: 3 } },
  ]);
  expect(withoutSecrets(dump, createAnonymiser())).toMatchObject([
    { data: { iname: 'instance-1', auth_data: LEFT_OUT, vips: ['198.18.0.1/32 dev eth0 scope global set'] } },
  ]);
});
