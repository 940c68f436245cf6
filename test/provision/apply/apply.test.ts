/** `weir render --apply` with a real keepalived in a network namespace: what it changes, what it refuses, what it takes back. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine } from '../../../src/operations/apply-machine.ts';
import { CAN_RUN_KEEPALIVED, VIP, VRRP_INTERFACE } from '../../observe/director/keepalived-fixture.ts';
import { until } from '../../support/waiting.ts';
import { type Server, startServer } from '../apply-fixture.ts';

const WITHIN_MS = 300_000;

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const conf = () => readFileSync(server.layout.keepalivedConf, 'utf8');

/** Applied, and keepalived runs with it. */
async function applied(): Promise<Awaited<ReturnType<Server['startKeepalived']>>> {
  await expect(server.apply()).rejects.toThrow('keepalived does not run here');
  return server.startKeepalived();
}

const CAN_APPLY = CAN_RUN_KEEPALIVED && process.getuid?.() === 0;

describe.runIf(CAN_APPLY)('applied on a server', { timeout: WITHIN_MS }, () => {
  it('where nothing was: files, kernel and run folder are made, and it says how to start keepalived', async () => {
    await expect(server.apply()).rejects.toThrow(
      `start it with \`keepalived --use-file ${server.layout.keepalivedConf}\` and run this again`,
    );

    const made = server.built().files.map(({ path, mode }) => [path, mode]);
    expect(made.map(([path]) => [path, statSync(path as string).mode & 0o777])).toEqual(made);
    expect(statSync(server.layout.run.vrrpFifo).isFIFO() && statSync(server.layout.run.lvsFifo).isFIFO()).toBe(true);
    expect(readFileSync(join(server.layout.run.folder, 'handover'), 'utf8')).toBe('0\n');
    expect(await server.run('ip', 'address', 'show', 'dev', 'lo')).toContain(`inet ${VIP}/32`);
    expect(await server.run('sysctl', '-n', `net.ipv4.conf.${VRRP_INTERFACE}.arp_ignore`)).toBe('1\n');
    expect(server.candidates()).toEqual({ tried: 1, left: [] });
  });

  it('with a systemd it starts keepalived, and sees that it took it', async () => {
    const asked: string[] = [];
    server.told.systemctl = async (args) => {
      asked.push(args.join(' '));
      if (args[0] === 'is-active') throw new Error('inactive');
      if (args.includes('--now') && args.includes('keepalived.service')) await server.startKeepalived();
    };

    await server.apply();

    expect(asked).toEqual([
      'daemon-reload',
      'enable --quiet --now weir-address.service',
      'enable --quiet --now keepalived.service',
      'is-active --quiet weir-node.service',
      'enable --quiet --now weir-node.service',
    ]);
    expect(server.said.slice(-3)).toEqual([
      'keepalived was started.',
      'weir-node.service was started.',
      'a is as weir.yaml says.',
    ]);
  });

  it('with a systemd a node that runs is started again for another unit only, and one that does not come up is told', async () => {
    const asked: string[] = [];
    await applied();
    server.told.systemctl = async (args) => asked.push(args.join(' '));
    await writeFile(server.layout.nodeUnit, '[Service]\nUser=root\n');

    await server.apply();

    expect(asked.slice(-3)).toEqual([
      'is-active --quiet weir-node.service',
      'enable --quiet weir-node.service',
      'restart weir-node.service',
    ]);
    expect(server.said.slice(-2)).toEqual([
      'weir-node.service was started again, for its unit is another one.',
      'a is as weir.yaml says.',
    ]);
    await server.apply();
    expect(server.said).toEqual(['Nothing was changed: a is as weir.yaml says.']);
    expect(asked.filter((one) => one.startsWith('restart'))).toHaveLength(1);

    server.told.systemctl = async (args) => {
      if (args.includes('weir-node.service')) throw new Error('It ended with 2.');
    };
    await expect(server.apply()).rejects.toMatchObject({
      code: 'unverified',
      message: expect.stringMatching(
        /^All is applied, but weir-node\.service does not run: It ended with 2\. `journalctl/,
      ),
    });
  });

  it('twice, it changes nothing the second time and says so', async () => {
    const keepalived = await applied();
    await writeFile(join(server.layout.run.folder, 'handover'), '-9\n');
    const times = () => server.built().files.map(({ path }) => statSync(path).mtimeMs);
    const before = times();

    await server.apply();

    expect(server.said).toEqual(['Nothing was changed: a is as weir.yaml says.']);
    expect(times()).toEqual(before);
    expect(keepalived.log()).not.toContain('Reloading');
    expect(readFileSync(join(server.layout.run.folder, 'handover'), 'utf8')).toBe('-9\n');
  });

  it('again after a change, it swaps that file, and the running keepalived has it', async () => {
    const keepalived = await applied();

    await server.apply({ priority: 200 });

    expect(server.said).toEqual([
      `${server.layout.keepalivedConf} written.`,
      'keepalived was told to read its configuration again.',
      'a is as weir.yaml says.',
    ]);
    await until(() => keepalived.log().includes('Reload complete'));
    expect(statSync(server.layout.keepalivedConf).mode & 0o777).toBe(0o600);
    expect(existsSync(join(dirname(server.layout.run.folder), 'state/last-good.json'))).toBe(false);
  });

  it('reloads nothing where keepalived reads nothing of what changed', async () => {
    const keepalived = await applied();
    await chmod(server.layout.sysctl, 0o666);

    await server.apply();

    expect(server.said).toEqual([`${server.layout.sysctl} written.`, 'a is as weir.yaml says.']);
    expect(statSync(server.layout.sysctl).mode & 0o777).toBe(0o644);
    expect(keepalived.log()).not.toContain('Reloading');
  });

  it('where the file is right and keepalived has read another text, it is told to read', async () => {
    await applied();
    const right = conf();
    await server.apply({ priority: 200 });
    await writeFile(server.layout.keepalivedConf, right);

    await server.apply();

    expect(server.said).toContain('keepalived was told to read its configuration again.');
    await expect(server.apply()).resolves.toBeUndefined();
    expect(server.said).toEqual(['Nothing was changed: a is as weir.yaml says.']);
  });

  it('a wide mask on lo goes, and arp_ignore is set before the VIP is there', async () => {
    await server.run('ip', 'address', 'add', `${VIP}/24`, 'dev', 'lo');

    await expect(server.apply()).rejects.toThrow('does not run');

    const lo = await server.run('ip', 'address', 'show', 'dev', 'lo');
    expect([lo.includes(`${VIP}/32`), lo.includes(`${VIP}/24`)]).toEqual([true, false]);
    const order = ['net.ipv4.conf.all.arp_ignore', `${VIP}/32 put`].map((text) =>
      server.said.findIndex((line) => line.startsWith(text)),
    );
    expect(order[0]).toBeGreaterThanOrEqual(0);
    expect(order[1]).toBeGreaterThan(order[0] as number);
  });

  it('notify-swap: a node that is no MASTER gets an empty table, which keepalived.conf can include', async () => {
    await expect(server.apply({ lvs: 'loop_guard: notify-swap' })).rejects.toThrow('does not run');

    expect(readFileSync(server.layout.table, 'utf8')).toBe('');
  });

  it('notify-swap on a MASTER: the table is there with the configuration that includes it', async () => {
    await applied();

    await server.apply({ lvs: 'loop_guard: notify-swap' });

    expect(readFileSync(server.layout.table, 'utf8')).toContain(`virtual_server ${VIP} 6379`);
    const told = 'keepalived was told to read its configuration again.';
    expect(server.said.filter((line) => line === told)).toEqual([told]);
  });
});

describe.runIf(CAN_APPLY)('what is refused changes nothing', { timeout: WITHIN_MS }, () => {
  const nothing = () =>
    expect([existsSync(server.root), server.said, server.candidates().left]).toEqual([false, [], []]);

  it('an interface that is not there, with its place', async () => {
    await expect(server.apply({ interface: 'eth9' })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/^weir\.yaml:7:23 this server has no interface eth9; it has lo, /),
    });
    nothing();
  });

  it('a scheduler that the kernel has not, with its place', async () => {
    await expect(server.apply({ lvs: 'loop_guard: ingress-mark, scheduler: sh' })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/^weir\.yaml:6:48 this kernel has no scheduler sh \(module ip_vs_sh\)/),
    });
    nothing();
  });

  it('what keepalived itself refuses, in its own words and with the file as it will be called', async () => {
    await expect(server.apply({ interface: 'lo' })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(
        /^keepalived refuses what was built, so nothing was changed: \(\/etc\/keepalived\/keepalived\.conf: Line \d+\)/,
      ),
    });
    nothing();
  });

  it('what keepalived says with exit code 0 counts too: of a file that is not there', async () => {
    const machine = await createMachine({ pidFile: '/none', dumpFile: '/none', runDir: '/none' });
    expect(await machine.configTest('/none/keepalived.conf')).toBe("Config files missing '/none/keepalived.conf'.");
  });

  it('a keepalived that reads another file', async () => {
    const other = join(dirname(server.root), 'other.conf');
    await mkdir(server.layout.run.folder, { recursive: true });
    await writeFile(other, OTHER_CONF, { mode: 0o600 });
    await server.startKeepalived(other);
    await expect(server.apply()).rejects.toThrow(`reads ${other} and not ${server.layout.keepalivedConf}`);
    nothing();
  });
});

const OTHER_CONF = `vrrp_instance VI_9 {
  state BACKUP
  interface ${VRRP_INTERFACE}
  virtual_router_id 9
  version 3
  priority 9
  advert_int 0.1
  virtual_ipaddress {
    10.99.0.9/32
  }
}
`;

describe.runIf(CAN_APPLY)('what keepalived does not take is taken back', { timeout: WITHIN_MS }, () => {
  it('a keepalived that hangs: the last good files are back, and it reads them when it goes on', async () => {
    const keepalived = await applied();
    const before = conf();
    process.kill(keepalived.vrrpPid(), 'SIGSTOP');

    await expect(server.apply({ priority: 200 }, 1_000)).rejects.toMatchObject({
      code: 'unverified',
      message: expect.stringMatching(
        /^keepalived did not take it within 1 s\. .*no fresh dump.* The last good files are back/,
      ),
    });

    expect(conf()).toBe(before);
    process.kill(keepalived.vrrpPid(), 'SIGCONT');
    await until(async () => {
      await server.apply();
      return server.said.join() === 'Nothing was changed: a is as weir.yaml says.';
    });
  });

  it('what was done to the kernel too', async () => {
    await applied();
    await server.run('ip', 'address', 'delete', `${VIP}/32`, 'dev', 'lo');
    await server.run('sysctl', '-qw', 'net.ipv4.conf.all.arp_announce=1');
    server.told.services = [];

    await expect(server.apply({}, 500)).rejects.toThrow(/The LVS table has no service .* Nothing was written/);

    expect(await server.run('ip', 'address', 'show', 'dev', 'lo')).not.toContain(`${VIP}/32`);
    expect(await server.run('sysctl', '-n', 'net.ipv4.conf.all.arp_announce')).toBe('1\n');
  });

  it('but not a member whose Redis is silent, nor a weight that is held: these are told', async () => {
    await applied();
    server.told.services = [
      { ...service(), destinations: [{ address: '10.99.0.1', port: 6379, forwarding: 'Route', weight: 0 }] },
    ];

    await server.apply();

    expect(server.said).toEqual([
      'a has weight 0 in the LVS table, and not 100.',
      'b is not in the LVS table: keepalived does not reach its Redis.',
      'Nothing was changed: a is as weir.yaml says.',
    ]);
  });
});

const service = () => server.told.services[0] as Server['told']['services'][number];
