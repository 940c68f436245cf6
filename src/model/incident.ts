/**
 * What people see. An *incident* is one rule, target and episode. A *thread* is what they are told in: one message per
 * place, kept true, with replies below it; the incidents of one cause share one. Times are broker times in ms.
 */

import type { Decision, Finding, Severity } from './decision.ts';
import type { Signals, TargetKind } from './reading.ts';
import type { Rule } from './rule.ts';
import type { News, TellKind } from './tell.ts';

/** Who has taken it on, and when. */
export interface Acked {
  readonly by: string;
  readonly at: number;
}

export interface Incident {
  /** `<episode>.<rule>.<target>`; of one that nobody can evaluate, since when instead of the episode. */
  readonly id: string;
  readonly pool: string;
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  readonly severity: Severity;
  /** Of the rule. */
  readonly labels: Readonly<Record<string, string>>;
  readonly title: string;
  /** The signals that the rule names, as they were told last. */
  readonly values: Signals;
  readonly openedAt: number;
  readonly resolvedAt?: number;
  /** Not firing: nobody can tell whether it does. */
  readonly unknown?: true;
  /** The firing rule that mutes it now; of one that is over, at its end. */
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

/** One thing that happened, in words. */
export interface ThreadItem {
  /** From 1, one more each. */
  readonly seq: number;
  readonly at: number;
  readonly kind: TellKind;
  readonly severity: Severity;
  /** One line. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly from: string;
  /** The incident that it is about. */
  readonly incident?: string;
}

/** incident: of one cause; request: what a person wanted and what came of it; notice: said once. */
export type ThreadKind = 'incident' | 'request' | 'notice';

/** How a thread stands, for its colour and its buttons. */
export type ThreadState = 'firing' | 'acked' | 'silenced' | 'muted' | 'resolved' | 'said';

/** A decision in a thread that waits for a yes. */
export interface Waiting {
  readonly decision: string;
  /** "drain b" */
  readonly what: string;
  readonly until: number;
  readonly needed: number;
}

export interface Thread {
  readonly id: string;
  readonly pool: string;
  readonly kind: ThreadKind;
  readonly state: ThreadState;
  /** The worst of its open incidents, or of all where none is open. */
  readonly severity: Severity;
  readonly title: string;
  /** What its incidents have in common: the rule's name; `many` where there were too many to tell one by one. */
  readonly cause: string;
  /** Ids, oldest first. */
  readonly incidents: readonly string[];
  readonly openedAt: number;
  readonly closedAt?: number;
  readonly acked?: Acked;
  /** Opened and resolved so often that it is told once. */
  readonly flapping?: true;
  /** Oldest first; the oldest go first when there are too many. */
  readonly items: readonly ThreadItem[];
  readonly lastSeq: number;
  readonly waiting?: Waiting;
  /** Keys of the places where it is told (model/route.ts). */
  readonly places: readonly string[];
  /** Steps of escalation that were taken. */
  readonly escalated: number;
  /** The item of its last escalation: the reply with it is one that the whole channel sees. */
  readonly loudSeq?: number;
  /** One more at every change that people are to see. */
  readonly revision: number;
}

/** A thread with what it tells of. */
export interface ThreadView {
  readonly thread: Thread;
  /** Its incidents, oldest first. */
  readonly incidents: readonly Incident[];
  /** Open incidents of other threads that its cause mutes. */
  readonly mutes: readonly Incident[];
}

/** What of a rule people are told. */
export type RuleFacts = Pick<Rule, 'name' | 'labels' | 'owner' | 'runbook' | 'file' | 'line'>;

/** Something that the evaluation did or saw, with its words for people. */
export type Happening =
  | {
      readonly type: 'finding';
      readonly change: 'firing' | 'resolved' | 'unknown';
      readonly finding: Finding;
      readonly rule: RuleFacts;
      readonly news: News;
    }
  /** Of a decision, by its id; absent itself where it is no longer on record. */
  | {
      readonly type: 'decision' | 'closed' | 'outcome';
      readonly id: string;
      readonly decision?: Decision;
      readonly news: News;
    }
  | { readonly type: 'notice'; readonly news: News };

/** What a silence covers; what is not said covers everything. */
export interface Matcher {
  readonly rule?: string;
  readonly target?: string;
  readonly severity?: Severity;
  readonly labels?: Readonly<Record<string, string>>;
}

/** People mute telling, for a time. Acting goes on. */
export interface Silence {
  readonly id: string;
  readonly pool: string;
  readonly matcher: Matcher;
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number;
  /** When something that it covers was open last; absent: nothing has been. */
  readonly coveredAt?: number;
}

/** Nobody may forget a silence for longer than this, in ms. */
export const MAX_SILENCE_MS = 7 * 86_400_000;

/** "rule member-filling on b", "everything". */
export function matcherInWords({ rule, target, severity, labels = {} }: Matcher): string {
  const parts = [
    ...(rule === undefined ? [] : [`rule ${rule}`]),
    ...(target === undefined ? [] : [`target ${target}`]),
    ...(severity === undefined ? [] : [`severity ${severity}`]),
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

export function matches(
  { rule, target, severity, labels = {} }: Matcher,
  incident: Pick<Incident, 'rule' | 'target' | 'severity' | 'labels'>,
): boolean {
  return (
    (rule === undefined || rule === incident.rule) &&
    (target === undefined || target === incident.target) &&
    (severity === undefined || severity === incident.severity) &&
    Object.entries(labels).every(([name, value]) => incident.labels[name] === value)
  );
}
