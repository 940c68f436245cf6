/** Incidents: one rule, target and episode, as people see it. Times are broker times in ms. */

import type { Decision, Finding } from '../decisions/decision.ts';
import type { Rule } from '../decisions/rule.ts';
import { entryOf } from '../ids.ts';
import type { Signals, TargetKind } from '../readings/signals.ts';
import type { Severity } from '../severity.ts';
import type { Message } from './message.ts';

/** Who has taken it on, and when. */
export interface Acked {
  readonly by: string;
  readonly at: number;
}

export interface Incident {
  /** `<pool>-<number>`, as people type it; made by a version before this one: `<episode>.<rule>.<target>`. */
  readonly id: string;
  /** See `episodeOf`. */
  readonly episode?: string;
  readonly pool: string;
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly title: string;
  /** The signals that the rule names, as they were told last. */
  readonly values: Signals;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  /** Not firing: nobody can tell whether it does. */
  readonly unknown?: true;
  /** The firing rule that mutes it now, or the person who has the member out, in words; of one that is over, at its end. */
  readonly mutedBy?: string;
  /** Id of the silence that covers it now; of one that is over, at its end. */
  readonly silencedBy?: string;
  /** Which thread tells of it. */
  readonly thread: string;
  readonly owner?: string;
  readonly runbook?: string;
  /** `file:line` of the rule. */
  readonly place: string;
}

/**
 * Which firing of its rule it tells of: the episode of the finding; of one that nobody can evaluate, since when (broker
 * ms). The id of an incident that a version before this one opened begins with it.
 */
export function episodeOf({ id, episode }: Pick<Incident, 'id' | 'episode'>): string {
  return episode ?? entryOf(id);
}

/** The part of a rule that people are told. */
export type RuleFacts = Pick<Rule, 'name' | 'labels' | 'owner' | 'runbook' | 'file' | 'line'>;

/** Something that the evaluation did or saw, with its words for people. */
export type Happened =
  | {
      readonly type: 'finding';
      readonly change: 'firing' | 'resolved' | 'unknown';
      readonly finding: Finding;
      readonly rule: RuleFacts;
      readonly message: Message;
    }
  /** About a decision, by its id; the decision itself is absent where it is no longer on record. */
  | {
      readonly type: 'decision' | 'closed' | 'outcome';
      readonly id: string;
      readonly decision?: Decision;
      readonly message: Message;
    }
  | { readonly type: 'notice'; readonly message: Message };
