/** `weir render --apply` on a node of a real pool: on a kernel with LVS, beside producers that must not notice. */

import { beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../../lab/lab.ts';
import { NODE_ROOT } from '../../../lab/pool/nodes.ts';
import type { Member } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';
import { NODE_CONFIG } from '../../../lab/weir/weir.ts';
import { atEnd, borrow, leave } from '../support/shared.ts';
import { storyteller } from '../support/watch.ts';

const CONF = `${NODE_ROOT}/etc/keepalived/keepalived.conf`;

let lab: Lab;
let written: string;
const tell = storyteller('render --apply');
beforeAll(async () => {
  lab = await borrow();
  written = await lab.node('a').read(NODE_CONFIG);
});
atEnd(leave);

async function apply(node: Member) {
  const ended = await lab.node(node).weir(['render', '--node', node, '--apply', '--root', NODE_ROOT]);
  tell(`${node}: exit ${ended.code}\n${ended.stdout}${ended.stderr}`);
  return { code: ended.code, said: `${ended.stdout}${ended.stderr}`.trim().split('\n') };
}

/** weir.yaml of a with a change in its pool. */
async function rewrite(change: (pool: Pool) => void): Promise<void> {
  const yaml = parse(written) as { pools: { logs: Pool } };
  change(yaml.pools.logs);
  await lab.node('a').write(NODE_CONFIG, stringify(yaml));
}

interface Pool {
  vip: { port: number };
  lvs: { scheduler: string; loop_guard: string };
  members: Record<Member, { weight: number; mac?: string }>;
}

async function macOf(node: Member): Promise<string> {
  const { stdout } = await lab.node(node).exec(['ip', '-json', 'link', 'show', 'dev', 'eth0']);
  return (JSON.parse(stdout) as { address: string }[])[0]?.address ?? '';
}

const daemon = async () => (await lab.node('a').exec(['ipvsadm', '-L', '--daemon'])).stdout;

async function signalChecker(signal: string): Promise<void> {
  const pid = (await lab.node('a').read('/run/keepalived-checkers.pid')).trim();
  await lab.node('a').exec(['kill', '-s', signal, pid]);
}

it('changes nothing on the MASTER and on the BACKUP of a pool that is as weir.yaml says', async () => {
  for (const node of ['a', 'b'] as const) {
    expect(await apply(node)).toEqual({ code: 0, said: [`Nothing was changed: ${node} is as weir.yaml says.`] });
  }
});

it('brings back a sync daemon that was stopped: backup_only is nothing without it', async () => {
  await lab.node('a').exec(['ipvsadm', '--stop-daemon', 'master']);
  expect(await daemon()).toBe('');

  const { code, said } = await apply('a');

  expect([code, said[0]]).toEqual([0, expect.stringContaining('which brings the sync daemon back')]);
  expect(await daemon()).toMatch(/^master sync daemon \(mcast=eth0, syncid=51/);
});

it('puts a changed weight into the table of the MASTER, and no producer is refused', async () => {
  await rewrite(({ members }) => {
    members.b.weight = 50;
  });

  const { code, said } = await apply('a');

  expect([code, said]).toEqual([
    0,
    [`${CONF} written.`, 'keepalived was told to read its configuration again.', 'a is as weir.yaml says.'],
  ]);
  expect((await lab.table('a')).b?.weight).toBe(50);
  expect(await lab.master()).toBe('a');
  expect(await lab.connections(20)).toMatchObject({ hung: 0, refused: 0 });
  expect((await lab.producers.stats()).map(({ refused }) => refused)).toEqual(Array(8).fill(0));
});

it('refuses a scheduler that the kernel has not, with its place, and changes nothing', async () => {
  const before = await lab.node('a').read(CONF);
  await rewrite(({ lvs }) => {
    lvs.scheduler = 'lblcr';
  });

  const { code, said } = await apply('a');

  expect([code, said]).toEqual([2, [expect.stringMatching(/weir\.yaml:\d+:\d+ this kernel has no scheduler lblcr /)]]);
  expect(await lab.node('a').read(CONF)).toBe(before);
});

it('takes back what keepalived does not take: its checker hangs, so the new service does not come', async () => {
  const before = await lab.node('a').read(CONF);
  await rewrite(({ vip }) => {
    vip.port = 6380;
  });
  await signalChecker('STOP');

  const { code, said } = await apply('a');

  expect([code, said.at(-1)]).toEqual([
    1,
    expect.stringMatching(/did not take it within 15 s\. The LVS table has no service .* port 6380\..* are back/),
  ]);
  expect(await lab.node('a').read(CONF)).toBe(before);
  await signalChecker('CONT');
  await rewrite(({ members }) => {
    members.b.weight = 50;
  });
  await untilValue(
    async () => (await apply('a')).said,
    (seen) => seen.join() === 'Nothing was changed: a is as weir.yaml says.',
    60_000,
    'the last good configuration to be the running one',
  );
  expect((await lab.table('a')).b?.weight).toBe(50);
});

it('changes the loop guard of a running MASTER to ingress-mark: marks, sysctl and table, and clients are balanced', async () => {
  const macs = { a: await macOf('a'), b: await macOf('b') };
  await rewrite(({ lvs, members }) => {
    lvs.loop_guard = 'ingress-mark';
    for (const node of ['a', 'b'] as const) members[node].mac = macs[node];
  });

  const { code, said } = await apply('a');

  expect([code, said]).toEqual([0, expect.arrayContaining(['net.ipv4.vs.backup_only set to 0, it was 1.'])]);
  expect(said).toContain('Marks of what comes from clients loaded (tc filter show).');
  expect(await lab.node('a').read('/proc/net/ip_vs')).toMatch(/^FWM {2}776533EB wrr/m);
  expect(await lab.connections(20)).toMatchObject({ a: 10, b: 10, hung: 0, refused: 0 });
  expect(await apply('a')).toEqual({ code: 0, said: ['Nothing was changed: a is as weir.yaml says.'] });
});
