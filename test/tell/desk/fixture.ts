/** A desk on paper: findings come and go, people say things, time passes. */

import type { TellPlan } from '../../../src/model/config.ts';
import type { Decision, Finding, Severity } from '../../../src/model/decision.ts';
import type { EntryBody } from '../../../src/model/entry.ts';
import type { Happening, Incident, RuleFacts, Thread } from '../../../src/model/incident.ts';
import { DEFAULT_PLAN } from '../../../src/model/plan.ts';
import { type Desk, type DeskResult, newDesk, type Show } from '../../../src/tell/desk/desk.ts';
import { foldDesk } from '../../../src/tell/desk/fold.ts';
import { newsOfClosed, newsOfDecision, newsOfFinding, newsOfNotice } from '../../../src/tell/news.ts';

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
  desk: Desk = newDesk(T0);
  now = T0;
  /** Everything that was ever shown, in order. */
  readonly shows: (Show & { at: number })[] = [];
  readonly incidents = new Map<string, Incident>();
  readonly threads = new Map<string, Thread>();
  mutes: Readonly<Record<string, string>> = {};
  /** Rules that are not in force any more. */
  readonly gone = new Set<string>();
  findings: Record<string, Finding> = {};
  private happenings: Happening[] = [];
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
      news: this.news(finding, 'firing'),
    });
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
      news: this.news(finding, 'resolved'),
    });
  }

  decide(decision: Decision): this {
    return this.happen({ type: 'decision', id: decision.id, decision, news: newsOfDecision(decision) });
  }

  end(decision: Decision): this {
    return this.happen({ type: 'closed', id: decision.id, decision, news: newsOfClosed(decision) });
  }

  notice(key: string, severity: Severity = 'info'): this {
    const news = newsOfNotice({ pool: 'logs', key, severity, title: `Notice ${key}`, at: this.now, from: 'worker' });
    return this.happen({ type: 'notice', news });
  }

  happen(happening: Happening): this {
    this.happenings.push(happening);
    return this;
  }

  /** Folds what was prepared, so much later. */
  pass(
    ms: number,
    body: EntryBody = { kind: 'tick', pool: 'logs' },
    before: Record<string, Finding> = this.findings,
  ): DeskResult {
    this.now += ms;
    this.seq += 1;
    const happenings = this.happenings;
    this.happenings = [];
    const result = foldDesk(this.desk, {
      ...{ pool: 'logs', now: this.now, entryId: `${this.now}-${this.seq}`, body, happenings, before },
      ...{ findings: this.findings, plan: this.plan },
      muterOf: (rule) => this.mutes[rule],
      ruleOf: (name) => (this.gone.has(name) ? undefined : factsOf(name)),
    });
    this.desk = result.desk;
    for (const one of result.incidents) this.incidents.set(one.id, one);
    for (const one of result.threads) this.threads.set(one.id, one);
    this.shows.push(...result.shows.map((show) => ({ ...show, at: this.now })));
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

  titles(cause: string): string[] {
    return this.thread(cause).items.map(({ title }) => title);
  }

  private news(finding: Finding, change: 'firing' | 'resolved') {
    return newsOfFinding(finding, change, { pool: 'logs', at: this.now });
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
