/**
 * A worker: its own code over the stand-in for the broker (workers/evaluation/ready.ts: what an evaluation begins with;
 * fold.ts there: what it makes of new entries for the pool's state and for people). It is an observer too, that is no node.
 */

import { isWord } from '../../../src/model/entries/entry.ts';
import { compareEntryIds, type EntryId } from '../../../src/model/ids.ts';
import { judge } from '../../../src/rails/index.ts';
import { type FoldContext, freshSweeps } from '../../../src/rules/state/state.ts';
import { newIncidentState } from '../../../src/tell/incidents/state.ts';
import { createClockWatch } from '../../../workers/evaluation/clock-watch.ts';
import { decisionsAskedFor, foldEntries } from '../../../workers/evaluation/fold.ts';
import { makeReady } from '../../../workers/evaluation/ready.ts';
import type { Setting } from '../setting.ts';
import type { Broker, Evaluated } from './broker.ts';
import { createModelClock } from './clock.ts';
import { editionOfParts, type Worker } from './parts.ts';
import type { World } from './world.ts';

/** Reads what is new and folds it; nothing is written yet. */
export function fold({ broker, workerClock }: Setting, { name, parts }: Worker): Evaluated {
  const { pool, policy, poll, plan, ruleSet } = parts;
  const now = workerClock.now();
  const { state: stored, incidentState, entries: kept, decisions } = broker.kept;
  const ready = makeReady({
    ...{ now, settleMs: policy.settleMs, staleAfterMs: poll.staleAfterMs, ruleSet, brokerRunId: String(broker.runId) },
    stored: stored && { cursor: stored.cursor, state: stored },
  });
  const { gap } = ready;
  // They are in order, and a minute of them is kept: only the last few are new.
  const behind = (after: EntryId) => kept.findLastIndex(({ id }) => compareEntryIds(id, after) <= 0) + 1;
  const words = gap && kept.slice(behind(gap.after), behind(gap.upTo)).filter(({ body }) => isWord(body));
  const entries = kept.slice(behind(gap?.upTo ?? ready.state.cursor));
  const edition = { worker: name, ...editionOfParts(parts) };
  const context: FoldContext = { pool, policy, poll, ruleSet, judge, edition };
  const closed = decisionsAskedFor([...(words ?? []), ...entries]).flatMap((id) => decisions.get(id) ?? []);
  const folded = foldEntries(
    {
      ...{
        context,
        plan,
        entries,
        state: ready.state,
        events: ready.events,
        incidentState: incidentState ?? newIncidentState(now),
      },
      ...(gap && words && { gap: { ...gap, words } }),
    },
    closed,
  );
  // A worker sets aside what it cannot fold; here that is a fault.
  for (const fault of folded.faults) throw fault;
  const forgotten = Object.keys(stored?.ended ?? {}).filter((id) => folded.state.ended[id] === undefined);
  return { ...folded, readCursor: ready.readCursor, forgotten, parts };
}

/** As `worker-<host>`. */
export const OBSERVER = 'worker-w';

/** The worker's own look at every member. */
export function observe({ broker, world, sight, parts: { pool } }: Setting, now: number): void {
  const seen = sight.poll(OBSERVER, Object.keys(pool.members));
  const members = Object.fromEntries([...seen].map(([name, isSeen]) => [name, world.reading(name, isSeen)]));
  const sweep = { kind: 'sweep', pool: pool.name, observer: OBSERVER, at: now, members } as const;
  broker.append({ ...sweep, consumers: {}, leases: [], troubles: [] }, now);
}

/** What a worker that has just started goes by, on a machine whose clocks are right. */
export function createWorkerClock(world: World, broker: Broker): Pick<Setting, 'workerClock' | 'clockWatch'> {
  const monotonic = () => world.now;
  const clock = createModelClock(broker, { isCut: false, monotonic, calendar: monotonic });
  const sweeps = async () => {
    const { state } = broker.kept;
    return state === undefined ? [] : freshSweeps(state, clock.now(), 3_000);
  };
  return { workerClock: clock, clockWatch: createClockWatch({ clock, sweeps, monotonic }) };
}
