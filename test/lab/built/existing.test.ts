/** A pool that Weir did not render: keepalived as the article built it, and a weir.yaml that `weir init` wrote from that. */

import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildArticle, FOLDER, setPriority } from '../../../lab/failover/article.ts';
import { Lab } from '../../../lab/lab.ts';
import { bundled } from '../../../lab/paths.ts';
import { untilCalm } from '../../../lab/pool/steady-state.ts';
import { ADDRESS, MEMBERS } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';
import type { Tree } from '../../../lab/weir/weir-yaml.ts';
import { atEnd, stop } from '../support/shared.ts';
import { storyteller, untilWeight } from '../support/watch.ts';

/** What only a rendered configuration has. */
const RENDERED = ['handover', 'vrrp.fifo', 'lvs.fifo', 'weight-logs-a', 'weight-logs-b'].map((n) => `/run/weir/${n}`);

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ producers: 8 });
  await lab.killWorker();
  for (const node of MEMBERS) await lab.killNode(node);
  await buildArticle(lab);
  for (const node of MEMBERS) await lab.host(node).exec(['rm', '-f', ...RENDERED]);
  // The script on the MASTER has put the table's file in place, and keepalived has read it.
  await untilValue(
    async () => ({
      master: await lab.master(),
      conf: await lab.host('a').read(`${FOLDER}/keepalived.conf`),
      table: Object.keys(await lab.table('a')),
    }),
    ({ master, conf, table }) => master === 'a' && conf.includes('virtual_server') && table.length === 2,
    60_000,
    'the article to have a as MASTER, with both in its table',
  );
  await lab.configure({ pools: await initialised() });
  await Promise.all([lab.startWorker(), ...MEMBERS.map((node) => lab.startNode(node))]);
  await untilCalm(lab);
  await lab.producers.reconnect();
});
atEnd((ended) => stop(lab, ended));

/** What `weir init` on a makes of the file that the article's script puts in place on a MASTER, after what it says is to be filled in. */
async function initialised(): Promise<Tree> {
  const out = '/tmp/weir-init.yaml';
  const argv = [process.execPath, bundled('weir'), 'init', '--from', `${FOLDER}/master.conf`, '--out', out, '--force'];
  const { code, stderr } = await lab.host('a').exec(argv);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/Weir cannot move the VIP yet: VI_1 must follow the track file/);
  const { pools } = parse(await lab.host('a').read(out)) as {
    pools: Record<string, Tree & { vrrp: Tree; members: Record<string, { address: string }> }>;
  };
  const [name = '', pool] = Object.entries(pools)[0] ?? [];
  const named = MEMBERS.map((node) => [
    node,
    Object.values(pool?.members ?? {}).find((m) => m.address === ADDRESS[node]),
  ]);
  return {
    [name]: {
      ...pool,
      vrrp: { ...pool?.vrrp, auth: null },
      members: Object.fromEntries(named),
      consumers: null,
    },
  };
}

it('takes a member out that keepalived believes in, and puts it back', async () => {
  const tell = storyteller("Weir on the article's own pool: the Redis of b hangs");
  await lab.freezeRedis('b');
  try {
    await untilWeight(lab, 'a', 'b', 0, 60_000);
    tell('b is at weight 0 in the table of a');
    expect(await lab.connections(20)).toMatchObject({ a: 20, b: 0, hung: 0 });
  } finally {
    await lab.thawRedis('b');
  }
  await untilWeight(lab, 'a', 'b', 1, 60_000);
  tell('b has its weight again');
  await untilCalm(lab);
});

it('keeps a drain where the VIP goes, though the notify script puts the file there with its own weight', async () => {
  const drained = await lab.weir(['drain', 'logs/b', '--for', '10m']);
  expect(drained.code, drained.stdout).toBe(0);
  await untilWeight(lab, 'a', 'b', 0, 10_000);
  await setPriority(lab, 'a', 50);
  await untilValue(
    () => lab.master(),
    (master) => master === 'b',
    30_000,
    'b to be MASTER',
  );
  try {
    await untilWeight(lab, 'b', 'b', 0, 30_000);
    await untilWeight(lab, 'b', 'a', 1, 10_000);
  } finally {
    await setPriority(lab, 'a');
    await lab.weir(['restore', 'logs/b']);
  }
  await untilWeight(lab, 'a', 'b', 1, 60_000);
  await untilCalm(lab);
});

it('says what is missing where it cannot move the VIP, and moves nothing', async () => {
  const asked = await lab.weir(['failover', 'logs']);
  expect(asked).toMatchObject({ code: 4, stdout: expect.stringMatching(/has no handover file: .*weir init/) });
  expect(await lab.masters()).toEqual(['a']);
});
