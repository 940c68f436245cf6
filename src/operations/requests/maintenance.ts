/** A person takes a node out of service for maintenance, and puts it back: a chain of requests, each judged by the rails. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Request } from '../../model/entries/requests.ts';
import { WeirError } from '../../model/error.ts';
import type { PoolStatus, Status } from '../../model/people/status.ts';
import type { MemberSignals } from '../../model/readings/signals.ts';
import { poolsWith } from '../lookup.ts';
import { readStatus } from '../views/status.ts';
import { askAndWait, sentence } from './submit.ts';
import { type Person, requestTerms, type Submit, type Terms } from './terms.ts';

interface MaintainDependencies {
  /** Puts a request on its pool's stream and waits for its end. */
  ask(request: Request): Promise<Decision>;
  status(): Promise<Status>;
  /** What came of a decision, for people. */
  sentenceOf(decision: Decision): string;
  say(line: string): void;
  sleep(ms: number): Promise<unknown>;
  /** Monotonic, in ms. */
  now(): number;
}

type MaintenanceRequest = Pick<Request, 'kind' | 'by' | 'force' | 'reason'>;

export interface MaintainWish extends Terms {
  readonly node: string;
  /** Put it back into service; else `forMs` says for how long it is taken out. */
  readonly end: boolean;
}

/**
 * Takes a node out of service, or puts it back. `say` is handed each line as it comes.
 * @throws WeirError 'usage' where there is no such node, or what is asked is incomplete. What it returns throws as
 * `beginMaintenance` does.
 */
export function maintain(
  config: WeirConfig,
  wish: MaintainWish,
  person: Person,
  say: (line: string) => void,
): Submit<void> {
  const { node, end } = wish;
  const { leaseMs, ask: _, ...request } = requestTerms(config, wish, person);
  if (end === (leaseMs !== undefined)) throw new WeirError('usage', howToMaintain(node, person));
  poolsOf(config, node);
  return (redis) => {
    const deps: MaintainDependencies = {
      ask: (asked) => askAndWait(redis, asked),
      status: () => readStatus(redis, config),
      sentenceOf: sentence,
      say,
      sleep,
      now: () => performance.now(),
    };
    return leaseMs === undefined
      ? endMaintenance(config, node, request, deps)
      : beginMaintenance(config, node, { ...request, leaseMs }, deps);
  };
}

function howToMaintain(node: string, { via }: Person): string {
  return via === 'terminal'
    ? `Say either --for how long, like \`weir maintain ${node} --for 2h\`, or --end.`
    : `Say either for how long, like \`/weir maintain ${node} for 2h\`, or \`/weir maintain ${node} end\`.`;
}

const LOOK_EVERY_MS = 1_000;
/** Between two lines of progress, which come only when the figures have changed. In ms. */
const SAY_EVERY_MS = 5_000;

/**
 * Drains the node's member in every pool, which moves its producers, waits until its lists are empty, and keeps the node
 * off the VIP. When a step is refused, the steps before it stay: the sentence says so, and `--end` undoes them.
 * @throws WeirError 'refused' or 'unverified' with the reason; 'usage' when no pool has the node.
 */
async function beginMaintenance(
  config: WeirConfig,
  node: string,
  wish: MaintenanceRequest & { readonly leaseMs: number },
  deps: MaintainDependencies,
): Promise<void> {
  const pools = poolsOf(config, node);
  const startedAt = deps.now();
  for (const pool of pools) await submit({ ...wish, pool, action: 'drain', target: node }, deps);
  await untilEmpty(pools, node, startedAt + wish.leaseMs, deps);
  for (const pool of pools) {
    const { directors } = await statusOf(pool, deps);
    // Pools that share a VRRP instance move together, by one handover file.
    if (directors[node]?.kept_off === true && directors[node]?.state === 'BACKUP') continue;
    const leaseMs = Math.max(1_000, wish.leaseMs - Math.round(deps.now() - startedAt));
    await submit({ ...wish, leaseMs, pool, action: 'failover', target: node }, deps);
  }
  deps.say(`${node} is out of service for ${formatDuration(wish.leaseMs)}: no producer, no item, no VIP.`);
  deps.say(`When it is done: \`weir maintain ${node} --end\`.`);
}

/** Ends every lease on the node's member; on the node itself the VIP comes first, then the weight. */
async function endMaintenance(
  config: WeirConfig,
  node: string,
  wish: MaintenanceRequest,
  deps: MaintainDependencies,
): Promise<void> {
  for (const pool of poolsOf(config, node)) await submit({ ...wish, pool, action: 'restore', target: node }, deps);
  deps.say(`${node} is in service again.`);
}

function poolsOf(config: WeirConfig, node: string): string[] {
  return poolsWith(config, node).map(({ name }) => name);
}

async function submit(request: Request, deps: MaintainDependencies): Promise<void> {
  const decision = await deps.ask(request);
  const sentence = deps.sentenceOf(decision);
  if (decision.state === 'verified') return deps.say(sentence);
  const code = decision.verdict === 'refuse' ? 'refused' : 'unverified';
  const undo =
    request.action === 'failover'
      ? `\nWhat was done until then stays: \`weir maintain ${request.target} --end\` undoes it.`
      : '';
  throw new WeirError(code, `${sentence}${undo}`);
}

/** Waits until the consumers have emptied the lists; no producer adds to them any more. */
async function untilEmpty(pools: readonly string[], node: string, until: number, deps: MaintainDependencies) {
  let lastLine: string | undefined;
  let sayAt = 0;
  for (;;) {
    const members = await Promise.all(pools.map(async (pool) => (await statusOf(pool, deps)).members[node] ?? {}));
    const depths = members.map(({ queue_depth: depth }) => depth);
    if (depths.every((depth) => depth === 0)) return deps.say(`The lists of ${node} are empty.`);
    const line = progress(node, members);
    if (line !== lastLine && deps.now() >= sayAt) {
      deps.say(line);
      lastLine = line;
      sayAt = deps.now() + SAY_EVERY_MS;
    }
    if (deps.now() > until) {
      const why = `The time is over and the lists of ${node} are not empty: its consumers do not take, or take too slowly.`;
      throw new WeirError('unverified', `${why} Its drain ends now; the VIP was not touched.`);
    }
    await deps.sleep(LOOK_EVERY_MS);
  }
}

function progress(node: string, members: readonly MemberSignals[]): string {
  const sum = (signal: 'queue_depth' | 'queue_growth') => {
    const values = members.flatMap((member) => member[signal] ?? []);
    return values.length < members.length ? undefined : values.reduce((all, value) => all + value, 0);
  };
  const depth = sum('queue_depth');
  if (depth === undefined) return `Waiting for the lists of ${node}: its Redis is not read now.`;
  const growth = sum('queue_growth') ?? 0;
  const left = growth < 0 ? `, empty in about ${formatDuration(Math.ceil(depth / -growth) * 1_000)}` : '';
  return `Waiting for the lists of ${node}: ${Math.round(depth)} items${left}.`;
}

async function statusOf(pool: string, deps: MaintainDependencies): Promise<PoolStatus['facts']> {
  const { pools } = await deps.status();
  return (pools.find(({ name }) => name === pool) as PoolStatus).facts;
}
