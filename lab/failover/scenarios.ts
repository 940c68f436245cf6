/** What can happen to the pool: done to both builds of it, each in the way that its operator has. */

import type { Lab } from '../lab.ts';
import { poolOf, untilCalm } from '../pool/steady-state.ts';
import { MEMBERS } from '../pool/topology.ts';
import { untilValue } from '../until.ts';
import { setPriority } from './article.ts';

export interface Scenario {
  readonly name: string;
  /** The VIP is moved on purpose, so that redis-benchmark can be looked at too. */
  readonly onPurpose?: true;
  /** With Weir; for `alone` keepalived with the article's files. Each gives what undoes it. */
  weir(lab: Lab): Promise<Undo>;
  alone(lab: Lab): Promise<Undo>;
}

type Undo = () => Promise<unknown>;

const READY_WITHIN_MS = 60_000;

/** The same in both. */
function fault(name: string, act: (lab: Lab) => Promise<Undo>): Scenario {
  return { name, weir: act, alone: act };
}

async function ask(lab: Lab, ...args: string[]): Promise<Undo> {
  const { code, stdout, stderr } = await lab.weir(args);
  if (code !== 0) throw new Error(`weir ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return () => lab.weir(['restore', 'logs/a']);
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'soft failover',
    onPurpose: true,
    weir: (lab) => ask(lab, 'failover', 'logs', '--soft'),
    async alone(lab) {
      await setPriority(lab, 'a', 50);
      return () => setPriority(lab, 'a');
    },
  },
  {
    name: 'hard failover',
    onPurpose: true,
    weir: (lab) => ask(lab, 'failover', 'logs', '--hard'),
    async alone(lab) {
      await lab.stopKeepalived('a');
      return () => lab.startKeepalived('a');
    },
  },
  fault('`kill -9` of keepalived on the MASTER', async (lab) => {
    await lab.killKeepalived('a');
    return () => lab.startKeepalived('a');
  }),
  fault('Redis killed on the BACKUP', async (lab) => {
    await lab.killRedis('b');
    return () => lab.startRedis('b');
  }),
  fault('Redis killed on the MASTER', async (lab) => {
    await lab.killRedis('a');
    return () => lab.startRedis('a');
  }),
  fault('Redis hangs on the BACKUP', async (lab) => {
    await lab.freezeRedis('b');
    return () => lab.thawRedis('b');
  }),
  {
    name: 'Redis hangs on the MASTER',
    async weir(lab) {
      await lab.freezeRedis('a');
      return async () => {
        await lab.thawRedis('a');
        // Where the pool preempts, Weir keeps a node whose Redis has hung off the VIP until somebody says otherwise.
        await untilServing(lab);
        await lab.weir(['restore', 'logs/a']);
      };
    },
    async alone(lab) {
      await lab.freezeRedis('a');
      return () => lab.thawRedis('a');
    },
  },
  fault('the MASTER cut off from the network', async (lab) => {
    await lab.partition('a');
    return () => lab.heal('a');
  }),
];

async function untilServing(lab: Lab): Promise<void> {
  await untilValue(
    async () => (await poolOf(lab)).facts.pool.serving_members,
    (serving) => serving === MEMBERS.length,
    READY_WITHIN_MS,
    'both members to serve',
  );
}

/** The pool is as it was before: with Weir nothing fires and nothing is held either. The producers are spread over both. */
export async function untilReady(lab: Lab, how: 'weir' | 'alone'): Promise<void> {
  if (how === 'weir') await untilCalm(lab);
  await untilValue(
    async () => ({ master: await lab.master(), table: await lab.table('a') }),
    ({ master, table }) => master === 'a' && MEMBERS.every((member) => (table[member]?.weight ?? 0) > 0),
    READY_WITHIN_MS,
    'a to be MASTER and both members to have weight',
  );
  await lab.producers.reconnect();
}
