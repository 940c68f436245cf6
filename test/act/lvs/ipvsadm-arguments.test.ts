import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  edit,
  explain,
  listThresholds,
  parseThresholds,
  realServerOf,
  remove,
} from '../../../src/act/lvs/ipvsadm-arguments.ts';
import { createLvs } from '../../../src/act/lvs/lvs.ts';
import { CommandError, createRun } from '../../../src/lib/run-program.ts';
import { messageOf } from '../../../src/model/error.ts';
import { poolConfig } from '../../support/pool.ts';

const b = realServerOf(poolConfig(), 'b');

/** Printed by ipvsadm 1.31 on Linux 6.1. */
const LISTED = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn 
  -> RemoteAddress:Port
UDP  192.168.81.229:6379 wrr
  -> 192.168.81.234:6379          1          1          0          0         
TCP  192.168.81.229:6379 wrr
  -> 192.168.81.51:6379           0          0          0          0         
  -> 192.168.81.234:6379          5000       4000       17         3         
FWM  1 wrr
  -> 192.168.81.234:6379          7          7          0          0         
TCP  [fd00::229]:6379 wrr
  -> [fd00::51]:6379              9          8          0          0         
`;

describe('what is said to ipvsadm', () => {
  it('an edit says everything that would be reset otherwise', () => {
    expect(edit(b, 0, { upper: 5000, lower: 4000 }).join(' ')).toBe(
      '-e -t 192.168.81.229:6379 -r 192.168.81.234:6379 -g -w 0 -x 5000 -y 4000',
    );
  });

  it('follows the pool’s forwarding, and IPv6 stands in brackets in its short form', () => {
    const pool = poolConfig({
      vip: { address: 'fd00:0:0::229', port: 6379 },
      lvs: { scheduler: 'wrr', forwarding: 'tunnel', loopGuard: 'backup-only' },
      members: { a: { name: 'a', address: 'FD00::51', priority: 1, weight: 1 } },
    });
    const place = realServerOf(pool, 'a');
    expect(remove(place).join(' ')).toBe('-d -t [fd00::229]:6379 -r [fd00::51]:6379');
    expect(edit(place, 3, { upper: 0, lower: 0 })).toContain('-i');
    expect(parseThresholds(LISTED, place)).toEqual({ upper: 9, lower: 8 });
  });

  it('a service by mark is named by it, its members have port 0, and IPv6 is said after the mark', () => {
    const lvs = { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'ingress-mark' } as const;
    const marked = realServerOf(poolConfig({ lvs }), 'b');
    const six = realServerOf(
      poolConfig({
        lvs,
        vip: { address: 'fd00::229', port: 6379 },
        members: { a: { name: 'a', address: 'fd00::51', priority: 1, weight: 1 } },
      }),
      'a',
    );

    expect(marked.service).toBe(String(0x776533eb));
    expect(remove(marked).join(' ')).toBe(`-d -f ${marked.service} -r 192.168.81.234:0`);
    expect(edit(six, 3, { upper: 0, lower: 0 }).join(' ')).toBe(
      `-e -f ${six.service} -6 -r [fd00::51]:0 -g -w 3 -x 0 -y 0`,
    );
    expect(listThresholds(six)).toEqual(['-L', '-n', '-f', six.service, '-6', '--thresholds', '--exact']);
  });

  it('NAT needs no mark: its table has the VIP whatever the loop guard is', () => {
    const lvs = { scheduler: 'wrr', forwarding: 'nat', loopGuard: 'ingress-mark' } as const;

    expect(realServerOf(poolConfig({ lvs }), 'b')).toMatchObject({ service: b.service, destination: b.destination });
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 31])('%d is no weight', (weight) => {
    expect(() => edit(b, weight, { upper: 0, lower: 0 })).toThrow('no weight');
  });
});

describe('what ipvsadm says', () => {
  it('the thresholds of this service’s destination, of no other', () => {
    expect(parseThresholds(LISTED, b)).toEqual({ upper: 5000, lower: 4000 });
    expect(parseThresholds('', b)).toBeUndefined();
  });

  it('the thresholds of this mark’s destination, of no other mark', () => {
    const marked = { ...b, protocol: 'FWM', service: '1', destination: '192.168.81.234:0' } as const;
    const listed = LISTED.replace(
      '192.168.81.234:6379          7          7',
      '192.168.81.234:0             7          6',
    );

    expect(parseThresholds(listed, marked)).toEqual({ upper: 7, lower: 6 });
    expect(parseThresholds(listed, { ...marked, service: '2' })).toBeUndefined();
  });

  it('a row that cannot be read is an error, not a threshold of 0', () => {
    expect(() => parseThresholds(LISTED.replace('5000', '5K  '), b)).toThrow('cannot read');
  });

  it('nothing it prints makes up thresholds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseThresholds(text, b)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['Service not defined', 255, 'has no service TCP 192.168.81.229:6379'],
    ['No such service', 1, 'has no service'],
    ['No such destination', 255, 'not in the LVS table'],
    ['Destination already exists', 255, 'already'],
    ['Memory allocation problem', 255, 'no memory'],
    ["modprobe: FATAL\nCan't initialize ipvs: Protocol not available", 2, 'modprobe ip_vs'],
    ["modprobe: FATAL\nCan't initialize ipvs: Permission denied (you must be root)", 2, 'CAP_NET_ADMIN'],
  ])('%s (exit %i)', (stderr, exitCode, sentence) => {
    const error = new CommandError('x', { command: 'ipvsadm', exitCode, stderr });
    expect(messageOf(explain(error, b))).toContain(sentence);
    expect(explain(error, b)).toMatchObject({ exitCode, stderr });
  });
});

describe('running a program', () => {
  const run = createRun({ timeoutMs: 200 });

  it('gives what it printed, in English and without our environment', async () => {
    process.env.WEIR_TEST_SECRET = 'x';
    const printed = await run('env', []);
    expect(printed).toContain('LC_ALL=C');
    expect(printed).not.toContain('WEIR_TEST_SECRET');
  });

  it('says that it is not installed', async () => {
    await expect(run('weir-no-such-program', [])).rejects.toThrow('weir-no-such-program is not installed');
  });

  it('ends what hangs', async () => {
    await expect(run('sleep', ['5'])).rejects.toThrow('gave no answer within 200 ms');
  });

  it('hands on exit code and stderr', async () => {
    const error = await run('ls', ['/no/such/file']).catch((one: unknown) => one);
    expect(error).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('No such file'), code: 'system' });
  });

  it('takes arguments as they are', async () => {
    expect(await run('printf', ['%s', '; $(id) `id`'])).toBe('; $(id) `id`');
  });
});

describe('the table', () => {
  it('an edit keeps the thresholds that are there', async () => {
    const asked: string[][] = [];
    const lvs = createLvs({
      readTable: async () => ({}),
      run: async (_program, args) => {
        asked.push([...args]);
        return LISTED;
      },
    });
    await lvs.setWeight(b, 7);
    expect(asked).toEqual([listThresholds(b), edit(b, 7, { upper: 5000, lower: 4000 })]);
  });

  it('is tried at once by what changes nothing, and what is in the way is a sentence', async () => {
    const lvs = createLvs({
      readTable: async () => ({}),
      run: async (program, args) => {
        expect([program, ...args].join(' ')).toBe('ipvsadm -L --timeout');
        const stderr = "Can't initialize ipvs: Permission denied (you must be root)";
        throw new CommandError('x', { command: 'ipvsadm', exitCode: 2, stderr });
      },
    });
    await expect(lvs.check(poolConfig())).rejects.toThrow('CAP_NET_ADMIN');
  });

  it('a member is not taken out where its connections would vanish', async () => {
    const run = async () => expect.fail('ipvsadm must not run');
    for (const sysctlFile of ['/dev/null', '/no/such/file']) {
      const lvs = createLvs({ readTable: async () => ({}), run, sysctlFile });
      await expect(lvs.remove(b)).rejects.toThrow(/expire_nodest_conn|cannot be read/);
    }
  });
});
