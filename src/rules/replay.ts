/** Rules over what was recorded: the evaluation and the rails that run, on entries of another time. Pure. */

import type { ActionKind } from '../model/action.ts';
import type { PolicyConfig, PollConfig, PoolConfig } from '../model/config.ts';
import type { Decision, Verdict } from '../model/decision.ts';
import { type Entry, entryTime } from '../model/entry.ts';
import type { Judge } from '../model/rail.ts';
import type { RuleSet } from '../model/rule.ts';
import { initialState, type PoolState, resettle } from './state.ts';
import { step } from './step.ts';

/** What a rule wanted to do, and what the rails said. */
export interface Wish {
  /** Broker time in ms. */
  readonly at: number;
  readonly action: ActionKind;
  readonly verdict: Verdict;
  /** For refuse. */
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
  readonly wishes: readonly Wish[];
}

export interface ReplayParts {
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly ruleSet: RuleSet;
  readonly judge: Judge;
}

export interface Replay {
  /** In the order of the stream. */
  fold(entry: Entry): void;
  /** In the order in which they began. */
  episodes(): Episode[];
  /** By id, as each is now. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Entries that were folded. */
  readonly count: number;
}

type Open = { -readonly [K in keyof Episode]: Episode[K] } & { wishes: Wish[] };

/** As the evaluation does with a cursor that is so far behind, in ms. */
const HOLE_MS = 30_000;

/** The first entry finds a pool that nothing is known of and that has settled: what is compared begins alike. */
export function createReplay({ pool, policy, poll, ruleSet, judge }: ReplayParts): Replay {
  const context = { pool, policy, poll, ruleSet, judge };
  const decisions = new Map<string, Decision>();
  const episodes: Open[] = [];
  const firing = new Map<string, Open>();
  let state: PoolState | undefined;
  let count = 0;

  return {
    decisions,
    get count() {
      return count;
    },
    episodes: () => episodes,
    fold(entry) {
      const now = entryTime(entry.id);
      count += 1;
      if (entry.body.kind === 'request' && entry.body.drill !== undefined) return;
      if (state !== undefined && now - entryTime(state.cursor) > HOLE_MS) {
        state = resettle(state, now, 0, 'The recording has a hole');
      }
      const begun = { now, settleMs: 0, reason: 'The recording begins', ruleSet, brokerRunId: 'recording' };
      const result = step(context, state ?? initialState({ cursor: `${now}-0`, ...begun }), entry, decisions);
      state = result.state;
      for (const event of result.events) {
        if (event.type !== 'finding') continue;
        const { rule, target, title } = event.finding;
        const key = `${rule}/${target}`;
        const known = firing.get(key);
        if (event.change === 'fired' && known === undefined) {
          const episode: Open = { rule, target, firedAt: now, title, wishes: [] };
          firing.set(key, episode);
          episodes.push(episode);
        } else if (event.change === 'resolved' && known !== undefined) {
          known.resolvedAt = now;
          firing.delete(key);
        }
      }
      for (const decision of result.records) {
        if (!decisions.has(decision.id))
          firing.get(`${decision.rule}/${decision.target}`)?.wishes.push(wishOf(decision));
        decisions.set(decision.id, decision);
      }
    },
  };
}

function wishOf({ at, action, verdict, rails }: Decision): Wish {
  const rail = verdict === 'refuse' ? rails.find((one) => !one.pass)?.rail : undefined;
  return { at, action, verdict, ...(rail !== undefined && { rail }) };
}
