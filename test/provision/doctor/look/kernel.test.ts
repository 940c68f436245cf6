import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRun } from '../../../../src/lib/run-program.ts';
import { isAskedFor } from '../../../../src/observe/director/devices.ts';
import { parseAnswers } from '../../../../src/provision/doctor/look/arp.ts';
import {
  isListening,
  mayChangeTable,
  readAddresses,
  readListening,
  readSysctls,
} from '../../../../src/provision/doctor/look/kernel.ts';
import { marksIn, parseDaemons } from '../../../../src/provision/doctor/look/lvs.ts';

const notes: string[] = [];
const note = (sentence: string) => notes.push(sentence);
let child: ChildProcess | undefined;
afterEach(() => {
  notes.length = 0;
  child?.kill('SIGKILL');
  child = undefined;
});

describe('who listens', () => {
  const table = (local: string, state = '0A') =>
    `  sl  local_address rem_address   st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000 0\n`;
  const V6_VIP = '000000FD000000000000000029020000'; // fd00::229, each word in host order

  it.each<[string, string, string, boolean]>([
    ['everywhere', table('00000000:18EB'), '192.168.81.229', true],
    ['on the VIP', table('E551A8C0:18EB'), '192.168.81.229', true],
    ['on the own address only', table('3351A8C0:18EB'), '192.168.81.229', false],
    ['on another port', table('00000000:18EC'), '192.168.81.229', false],
    ['a connection of the VIP', table('E551A8C0:18EB', '01'), '192.168.81.229', false],
    ['everywhere in IPv6', table(`${'0'.repeat(32)}:18EB`), 'fd00::229', true],
    ['on an IPv6 VIP', table(`${V6_VIP}:18EB`), 'fd00::229', true],
    ['on another IPv6 address', table(`${V6_VIP}:18EB`), 'fd00::230', false],
  ])('%s', (_, text, vip, listening) => {
    expect(isListening(text, vip, 6379)).toBe(listening);
  });

  it.each(['127.0.0.1', '::1'])('on a real socket of %s', async (address) => {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };

    expect(await readListening(address, port, note)).toBe(true);
    expect(await readListening(address.replace(/1$/, '9'), port, note)).toBe(false);

    server.close();
    await once(server, 'close');
    expect(await readListening(address, port, note)).toBe(false);
  });
});

describe('the kernel', () => {
  it('has sysctls; one that it does not have is absent and no trouble', async () => {
    const found = await readSysctls(['net.ipv4.conf.lo.arp_ignore', 'net.ipv4.conf.none/1.arp_ignore'], note);

    expect(found).toEqual({ 'net.ipv4.conf.lo.arp_ignore': expect.any(Number) });
    expect(notes).toEqual([]);
  });

  it('has addresses', async () => {
    expect(await readAddresses({ run: createRun(), note, isAskedFor })).toContainEqual(
      expect.objectContaining({ interface: 'lo', isAskedFor: false, address: '127.0.0.1', prefix: 8 }),
    );
  });

  it('whose ip is missing is not looked at', async () => {
    const missing = createRun();
    const run = () => missing('no-such-program', []);

    expect(await readAddresses({ run, note, isAskedFor })).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining('ip is not installed')]);
  });

  it('knows what a process may do', async () => {
    child = spawn('setpriv', ['--bounding-set', '-net_admin', '--inh-caps', '-net_admin', 'sleep', '60']);
    await once(child, 'spawn');
    const pid = child.pid as number;

    await expect.poll(() => mayChangeTable(pid, note), { timeout: 50_000 }).toBe(false);
    expect(await mayChangeTable(process.pid, note)).toBe(process.getuid?.() === 0);
    expect(notes).toEqual([]);
  });

  it('does not know a process that is gone', async () => {
    expect(await mayChangeTable(2 ** 22 + 1, note)).toBeUndefined();
    expect(notes).toHaveLength(1);
  });
});

it('ipvsadm tells which sync daemons run', () => {
  const line = (kind: string) => `${kind} sync daemon (mcast=eth0, syncid=51, maxlen=1472, group=224.0.0.81)\n`;

  expect(parseDaemons('')).toEqual([]);
  expect(parseDaemons(line('master'))).toEqual(['master']);
  expect(parseDaemons(line('master') + line('backup'))).toEqual(['master', 'backup']);
});

it('arping tells who answered, each once', () => {
  const text = `ARPING 192.168.81.229 from 192.168.81.234 eth0
Unicast reply from 192.168.81.229 [02:00:00:00:00:0A]  1.059ms
Unicast reply from 192.168.81.229 [02:00:00:00:00:0C]  1.101ms
Unicast reply from 192.168.81.229 [02:00:00:00:00:0A]  0.788ms
Sent 2 probes (2 broadcast(s))
Received 3 response(s)
`;

  expect(parseAnswers(text)).toEqual(['02:00:00:00:00:0a', '02:00:00:00:00:0c']);
  expect(parseAnswers('Sent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n')).toEqual([]);
});

it('tc tells which marks are given', () => {
  const filter = (action: string) => `filter protocol ip pref 30566 flower chain 0 handle 0x1
  eth_type ipv4
  dst_ip 192.168.81.229
\taction order 1: ${action}
\t index 1 ref 1 bind 1
`;

  expect(marksIn(filter('skbedit  mark 2003121131 pipe') + filter('gact action pass'))).toEqual([2003121131]);
  expect(marksIn(filter('skbedit  mark 0x776533eb/0xffffffff pipe'))).toEqual([0x776533eb]);
  expect(marksIn('')).toEqual([]);
});
