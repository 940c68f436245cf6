/** A desk on paper: findings come and go, people say things, time passes. */

import type { TellPlan } from '../../../src/model/configuration/config.ts';
import { DEFAULT_PLAN } from '../../../src/model/configuration/default-plan.ts';
import type { Decision, Finding } from '../../../src/model/decisions/decision.ts';
import type { EntryBody } from '../../../src/model/entries/entry.ts';
import type { Happened, Incident, RuleFacts } from '../../../src/model/people/incident.ts';
import type { Thread } from '../../../src/model/people/thread.ts';
import type { Severity } from '../../../src/model/severity.ts';
import { foldIncidents } from '../../../src/tell/incidents/fold.ts';
import {
  type IncidentResult,
  type IncidentState,
  type Notification,
  newIncidentState,
} from '../../../src/tell/incidents/state.ts';
import {
  messageOfClosed,
  messageOfDecision,
  messageOfFinding,
  messageOfNotice,
} from '../../../src/tell/wording/messages.ts';

export const T0 = 1_795_403_000_000;
export const SLACK = { kind: 'slack', channel: '#log' } as const;
export const PLAN: TellPlan = {
  ...DEFAULT_PLAN,
  routes: [{ match: {}, to: [SLACK], escalate: [], goesOn: false }],
};

export interface Fires {
  readonly severity?: Severity;
  readonly muted?: boolean;
  readonly title?: string;
  readonly values?: Finding['values'];
}

export class DeskOnPaper {
  readonly plan: TellPlan;
  desk: IncidentState = newIncidentState(T0);
  now = T0;
  /** By how much the calendar is ahead of that. */
  calendarMs = 0;
  /** Everything that was ever shown, in order. */
  readonly shows: (Notification & { at: number })[] = [];
  readonly incidents = new Map<string, Incident>();
  readonly threads = new Map<string, Thread>();
  mutes: Readonly<Record<string, string>> = {};
  /** Rules that are not in force any more. */
  readonly gone = new Set<string>();
  /** Targets that weir.yaml has no more. */
  readonly goneTargets = new Set<string>();
  findings: Record<string, Finding> = {};
  private happenings: Happened[] = [];
  private seq = 0;

  constructor(plan: TellPlan = PLAN) {
    this.plan = plan;
  }

  fire(rule: string, target: string, { severity = 'page', muted = false, title, values = {} }: Fires = {}): this {
    const finding: Finding = {
      ...{ rule, target, targetKind: 'member', phase: 'firing', since: this.now, episode: `${this.now}-0` },
      ...{ values, title: title ?? `${target}: ${rule}`, severity, muted },
    };
    this.findings = { ...this.findings, [`${rule}/${target}`]: finding };
    return this.happen({
      type: 'finding',
      change: 'firing',
      finding,
      rule: factsOf(rule),
      message: this.news(finding, 'firing'),
    });
  }

  /** The same firing is told once more. */
  refire(finding: Finding): this {
    const message = this.news(finding, 'firing');
    return this.happen({ type: 'finding', change: 'firing', finding, rule: factsOf(finding.rule), message });
  }

  /** Nobody can tell whether the rule is true. */
  lose(rule: string, target: string, parts: Partial<Finding> = {}): this {
    const finding: Finding = {
      ...{ rule, target, targetKind: 'director', phase: 'inactive', since: this.now, unknownSince: this.now },
      ...{ unknownTold: true, values: {}, title: `${target}: ${rule}`, severity: 'page', muted: false, ...parts },
    };
    this.findings = { ...this.findings, [`${rule}/${target}`]: finding };
    const message = messageOfFinding(finding, 'unknown', { pool: 'logs', at: this.now });
    return this.happen({ type: 'finding', change: 'unknown', finding, rule: factsOf(rule), message });
  }

  /** The rule is true, and not for long enough yet. */
  pend(rule: string, target: string): this {
    const finding: Finding = {
      ...{ rule, target, targetKind: 'member', phase: 'pending', since: this.now, values: {}, title: '' },
      ...{ severity: 'page', muted: false },
    };
    this.findings = { ...this.findings, [`${rule}/${target}`]: finding };
    return this;
  }

  change(rule: string, target: string, parts: Partial<Finding>): this {
    const key = `${rule}/${target}`;
    this.findings = { ...this.findings, [key]: { ...(this.findings[key] as Finding), ...parts } };
    return this;
  }

  drop(rule: string, target: string): this {
    const { [`${rule}/${target}`]: _, ...rest } = this.findings;
    this.findings = rest;
    return this;
  }

  clear(rule: string, target: string): this {
    const finding = this.findings[`${rule}/${target}`] as Finding;
    this.drop(rule, target);
    return this.happen({
      type: 'finding',
      change: 'resolved',
      finding,
      rule: factsOf(rule),
      message: this.news(finding, 'resolved'),
    });
  }

  decide(decision: Decision): this {
    return this.happen({ type: 'decision', id: decision.id, decision, message: messageOfDecision(decision) });
  }

  end(decision: Decision): this {
    return this.happen({ type: 'closed', id: decision.id, decision, message: messageOfClosed(decision) });
  }

  notice(key: string, severity: Severity = 'info'): this {
    const message = messageOfNotice({
      pool: 'logs',
      key,
      severity,
      title: `Notice ${key}`,
      at: this.now,
      from: 'worker',
    });
    return this.happen({ type: 'notice', message });
  }

  happen(happening: Happened): this {
    this.happenings.push(happening);
    return this;
  }

  /** Folds what was prepared, so much later. */
  pass(
    ms: number,
    body: EntryBody = { kind: 'tick', pool: 'logs' },
    before: Record<string, Finding> = this.findings,
  ): IncidentResult {
    this.now += ms;
    this.seq += 1;
    const happenings = this.happenings;
    this.happenings = [];
    const result = foldIncidents(this.desk, {
      ...{ pool: 'logs', now: this.now, entryId: `${this.now}-${this.seq}`, body, happenings, before },
      calendarMs: this.calendarMs,
      ...{ findings: this.findings, plan: this.plan },
      muterOf: (rule) => this.mutes[rule],
      hasTarget: (name) => !this.goneTargets.has(name),
      ruleOf: (name) => (this.gone.has(name) ? undefined : factsOf(name)),
    });
    this.desk = result.state;
    for (const one of result.incidents) this.incidents.set(one.id, one);
    for (const one of result.threads) this.threads.set(one.id, one);
    this.shows.push(...result.notifications.map((show) => ({ ...show, at: this.now })));
    return result;
  }

  /** Ticks, one a second. */
  tick(seconds: number): this {
    for (let i = 0; i < seconds; i++) this.pass(1_000);
    return this;
  }

  thread(cause: string): Thread {
    const found = [...this.threads.values()].findLast((one) => one.cause === cause);
    if (found === undefined) throw new Error(`no thread of ${cause}`);
    return found;
  }

  /** The cause of each thread that was shown, in order; of what has none the thread's id. */
  shown(): string[] {
    return this.shows.map(({ thread: id }) => {
      const { kind, cause } = this.threads.get(id) ?? {};
      return kind === 'incident' && cause !== undefined ? cause : id;
    });
  }

  titles(cause: string): string[] {
    return this.thread(cause).items.map(({ title }) => title);
  }

  private news(finding: Finding, change: 'firing' | 'resolved') {
    return messageOfFinding(finding, change, { pool: 'logs', at: this.now });
  }
}

function factsOf(name: string): RuleFacts {
  return { name, labels: { team: name.startsWith('disk') ? 'storage' : 'logs' }, file: 'rules/members.yaml', line: 7 };
}

export function decisionOf(parts: Partial<Decision> = {}): Decision {
  return {
    ...{ id: `${T0}-9.member-unwritable.b`, pool: 'logs', at: T0, rule: 'member-unwritable', ruleText: '' },
    ...{ ruleSetHash: 'h', target: 'b', action: 'drain', by: 'rule:member-unwritable', reason: 'b: refuses writes' },
    ...{ verdict: 'act', rails: [], values: {}, state: 'open', nodes: ['a', 'b'], outcomes: [], history: [] },
    ...parts,
  };
}
