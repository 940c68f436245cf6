import { mkdir, writeFile } from 'node:fs/promises';
import type { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { devicesWith, isAskedFor } from '../../../src/observe/director/devices.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('the interfaces that have an address', () => {
  const address = (text: string) =>
    ({ address: text }) as NonNullable<ReturnType<typeof networkInterfaces>[string]>[number];

  it('are those of the kernel', () => {
    expect(devicesWith('127.0.0.1')).toEqual(['lo']);
    expect(devicesWith('192.0.2.1')).toEqual([]);
  });

  it('are all of them: a node has the VIP on lo besides (T1)', () => {
    const vip = address('192.168.81.229');
    const interfaces = () => ({ lo: [address('127.0.0.1'), vip], eth0: [address('192.168.81.51')], 'vrrp.51': [vip] });

    expect(devicesWith('192.168.81.229', interfaces)).toEqual(['lo', 'vrrp.51']);
  });

  it('are known in any spelling of IPv6', () => {
    const interfaces = () => ({ eth0: [address('fe80::1'), address('fd00::229')] });

    expect(devicesWith('FD00:0:0::229', interfaces)).toEqual(['eth0']);
  });

  it('are known by a label too, which is part of the name there', () => {
    const interfaces = () => ({ 'eth0:vip': [address('192.168.81.229')], eth01: [address('192.168.81.230')] });

    expect(devicesWith('192.168.81.229', interfaces)).toEqual(['eth0']);
    expect(devicesWith('192.168.81.230', interfaces)).toEqual(['eth01']);
  });
});

describe('clients find an address', () => {
  let sysRoot: string;
  beforeEach(async () => {
    sysRoot = await tempDir();
  });

  // As Linux 6.1 has them; a tunnel and a dummy interface are NOARP.
  it.each([
    ['eth0', '0x1003', true],
    ['vrrp.51', '0x1003', true],
    ['lo', '0x9', false],
    ['dummy0', '0x83', false],
    ['tunl0', '0xc1', false],
  ])('by %s, whose flags are %s: %s', async (device, flags, found) => {
    await mkdir(join(sysRoot, 'class/net', device), { recursive: true });
    await writeFile(join(sysRoot, 'class/net', device, 'flags'), `${flags}\n`);

    expect(isAskedFor(device, sysRoot)).toBe(found);
  });

  it('not by the lo of this machine, and by one of which nothing can be read', () => {
    expect(isAskedFor('lo')).toBe(false);
    expect(isAskedFor('eth0', sysRoot)).toBe(true);
  });
});
