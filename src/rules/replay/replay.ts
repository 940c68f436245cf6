/** Replays a recording: the evaluation and the rails that run in earnest, on entries of another time. Pure. */

import type { ActionKind } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { Verdict } from '../../model/decisions/verdict.ts';
import type { Entry } from '../../model/entries/entry.ts';
import { entryTime, findingKey } from '../../model/ids.ts';
import { foldEntry } from '../fold-entry.ts';
import { type FoldContext, initialState, type PoolState, resettle } from '../state/state.ts';

/** An action that a rule wanted, and the answer of the rails. */
export interface Proposal {
  /** Broker time in ms. */
  readonly at: number;
  readonly action: ActionKind;
  readonly verdict: Verdict;
  /** The rail that refused; absent for other verdicts. */
  readonly rail?: string;
}

/** From firing to resolved. */
export interface Episode {
  readonly rule: string;
  readonly target: string;
  readonly firedAt: number;
  /** Absent: it fires to the end of the recording. */
  readonly resolvedAt?: number;
  readonly title: string;
  readonly wishes: readonly Proposal[];
}

export type ReplayParts = Pick<FoldContext, 'pool' | 'policy' | 'poll' | 'ruleSet' | 'judge'>;

export interface Replay {
  /** In the order of the stream. */
  fold(entry: Entry): void;
  /** In the order in which they began. */
  episodes(): Episode[];
  /** By id, as each is now. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

type Open = { -readonly [K in keyof Episode]: Episode[K] } & { wishes: Proposal[] };

/** A longer pause between two entries is a hole, as for the evaluation (GAP_MS in workers/evaluation/ready.ts). In ms. */
const HOLE_MS = 30_000;

/** Begins with a pool of which nothing is known and that has settled, so that two replays begin alike. */
export function createReplay({ pool, policy, poll, ruleSet, judge }: ReplayParts): Replay {
  const context = { pool, policy, poll, ruleSet, judge };
  const decisions = new Map<string, Decision>();
  const episodes: Open[] = [];
  const firing = new Map<string, Open>();
  let state: PoolState | undefined;

  return {
    decisions,
    episodes: () => episodes,
    fold(entry) {
      const now = entryTime(entry.id);
      if (entry.body.kind === 'request' && entry.body.drill !== undefined) return;
      if (state !== undefined && now - entryTime(state.cursor) > HOLE_MS) {
        state = resettle(state, now, 0, 'The recording has a hole');
      }
      const begun = { now, settleMs: 0, reason: 'The recording begins', ruleSet, brokerRunId: 'recording' };
      const result = foldEntry(context, state ?? initialState({ cursor: `${now}-0`, ...begun }), entry, decisions);
      state = result.state;
      for (const event of result.events) {
        if (event.type !== 'finding') continue;
        const { rule, target, title } = event.finding;
        const key = findingKey(rule, target);
        const open = firing.get(key);
        if (event.change === 'fired' && open === undefined) {
          const episode: Open = { rule, target, firedAt: now, title, wishes: [] };
          firing.set(key, episode);
          episodes.push(episode);
        } else if (event.change === 'resolved' && open !== undefined) {
          open.resolvedAt = now;
          firing.delete(key);
        }
      }
      for (const decision of result.records) {
        if (!decisions.has(decision.id))
          firing.get(findingKey(decision.rule, decision.target))?.wishes.push(proposalOf(decision));
        decisions.set(decision.id, decision);
      }
    },
  };
}

function proposalOf({ at, action, verdict, rails }: Decision): Proposal {
  const rail = verdict === 'refuse' ? rails.find(({ pass }) => !pass)?.rail : undefined;
  return { at, action, verdict, ...(rail !== undefined && { rail }) };
}
