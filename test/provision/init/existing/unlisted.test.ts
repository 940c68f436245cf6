/**
 * Real servers that keepalived takes without a word and that are not in the kernel's table. That they are not is seen in
 * the lab: test/lab/init.test.ts.
 */

import { expect, it } from 'vitest';
import { fromKeepalived } from '../../../../src/provision/init/from-keepalived.ts';

/** @param second of the two servers: what stands behind its address, and in it */
function remarks(second: string, where = '192.0.2.100 6379'): string[] {
  const text = `global_defs {
  lvs_sync_daemon eth0 VI_1
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    192.0.2.100
  }
}
virtual_server ${where} {
  lb_algo wrr
  lb_kind NAT
  protocol TCP
  real_server 192.0.2.11 6379 {
    uthreshold 10
    lthreshold 10
    TCP_CHECK {
    }
  }
  real_server 192.0.2.12 ${second}
}
`;
  const { yaml } = fromKeepalived({
    source: { file: 'k.conf', text },
    surroundings: { include: () => [], configId: 'one' },
    server: { hostName: 'one', addresses: ['192.0.2.11'], hosts: '', backupOnly: true },
    readProgram: () => undefined,
    configTest: { lines: [], exitCode: 0 },
  });
  const said = yaml.replaceAll(/\n *# */g, ' ');
  return [...said.matchAll(/MEND k\.conf:.*?(?= (?:MEND|CHECK|NOTE|FILL IN)\b|\n)/g)].map(([one]) => one.trim());
}

it.each([
  ['none', '6379 {\n lthreshold 10\n }'],
  ['5', '6379 {\n lthreshold 10\n uthreshold 5\n }'],
  ['5', '6379 {\n uthreshold 20\n uthreshold 5\n uthreshold many\n lthreshold 10\n }'],
])('a lower threshold above the upper one, %s', (upper, server) => {
  expect(remarks(server)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^MEND k.conf:\\d+ real_server 192.0.2.12 6379 is never in the table: the kernel refuses one whose lthreshold \\(10\\) is above its uthreshold \\(${upper}\\), and .*Set uthreshold to 10 or more, or take lthreshold away\\.$`,
      ),
    ),
  ]);
});

it.each([
  ['', '{\n TCP_CHECK {\n }\n }'],
  [' 0', '0 {\n TCP_CHECK {\n connect_timeout 3\n }\n }'],
])('a check of a server without a port: 192.0.2.12%s', (port, server) => {
  expect(remarks(server)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^MEND k.conf:\\d+ real_server 192.0.2.12${port} is taken out of the table: its TCP_CHECK connects to port 0, .*connect_port`,
      ),
    ),
  ]);
});

it.each([
  ['both thresholds', '6379 {\n lthreshold 5\n uthreshold 10\n TCP_CHECK {\n }\n }'],
  ['the upper one alone', '6379 {\n uthreshold 10\n TCP_CHECK {\n }\n }'],
  ['no thresholds at all', '6379 {\n lthreshold 0\n TCP_CHECK {\n }\n }'],
  ['no port, and a check that has one', '{\n TCP_CHECK {\n connect_port 6379\n }\n }'],
  ['no port, and another check', '{\n PING_CHECK {\n }\n }'],
  ['no port, and no check', '{\n }'],
])('is right with %s', (_, server) => {
  expect(remarks(server)).toEqual([]);
});
