import type { ActionJob, OwedLease } from '../model/action.ts';
import type { AuditRecord } from '../model/audit.ts';
import type { Decision, Finding, Severity } from '../model/decision.ts';
import { type Entry, entryTime } from '../model/entry.ts';
import type { TargetKind } from '../model/reading.ts';
import type { Rule, Scope } from '../model/rule.ts';
import { alertSignals, foldAlerts } from './alerts.ts';
import { foldAnswer, followWaiting } from './approvals.ts';
import { recordEvents } from './audit.ts';
import { decideDrill, decideRequest, proposeStep } from './decide.ts';
import { beginDraft, type Draft, finishDraft, freshOf, type StepEvent } from './draft.ts';
import { buildFacts, scopesOf } from './facts.ts';
import { advance, type Change } from './finding.ts';
import { foldOutcome, followOpen, forgetAttempts } from './follow.ts';
import { endHolds, foldHold, foldResume, learnHolds } from './holds.ts';
import { compareLeases, keepLeases, leaseIdOf } from './leases.ts';
import { foldAck, learnActs, learnLoads } from './memory.ts';
import { namedValues } from './named.ts';
import { measureAll } from './series.ts';
import { findingKey, hashesOf, type PoolState, type StepContext } from './state.ts';

export interface StepResult {
  readonly state: PoolState;
  readonly events: readonly StepEvent[];
  /** For the nodes' queues. */
  readonly jobs: readonly ActionJob[];
  /** New and changed decisions. */
  readonly records: readonly Decision[];
  /** For the audit, in their order. */
  readonly audit: readonly AuditRecord[];
  /** Changes of what directors are owed. */
  readonly owed: readonly OwedLease[];
}

/**
 * Folds one entry of a pool's stream into its state. Pure: `now` is the entry's time, so how entries were batched
 * changes nothing, and a replay gives the same bytes. `recorded` looks up decisions that are closed but may still get
 * news of their lease.
 */
export function step(
  context: StepContext,
  state: PoolState,
  entry: Entry,
  recorded: ReadonlyMap<string, Decision> = new Map(),
): StepResult {
  const draft = beginDraft(context, withRules(context, state, entry), entry);
  const { body } = entry;
  if (draft.state.settlesAt !== state.settlesAt) {
    draft.events.push({ type: 'settling', reason: draft.state.settleReason, at: draft.now });
  }
  if (body.kind === 'sweep' && draft.now <= body.at + context.poll.staleAfterMs) {
    learnActs(draft, body);
    learnHolds(draft, body);
    learnLoads(draft, body);
    const before = draft.sweeps[body.observer];
    if (before === undefined || before.at < body.at) draft.sweeps[body.observer] = body;
    if (context.pool.members[body.observer] !== undefined) compareLeases(draft, body);
  }
  if (body.kind === 'alerts') foldAlerts(draft, body);
  const external = alertSignals(draft.alerts, draft.now);
  const facts = buildFacts(context.pool, freshOf(draft), context.brokerTroubles, external);
  Object.assign(draft, measureAll(facts, context.ruleSet.extra, state.series, draft.now));
  if (body.kind === 'outcome') foldOutcome(draft, body, recorded.get(leaseIdOf(body.decision)));
  endHolds(draft);
  foldPeople(draft, body);
  evaluateRules(draft);
  followOpen(draft);
  followWaiting(draft);
  if (body.kind === 'request') {
    if (body.drill === undefined) decideRequest(draft, body);
    else decideDrill(draft, body, body.drill.rule);
  }
  if (body.kind === 'answer') foldAnswer(draft, body, recorded.get(body.decision));
  proposeAll(draft);
  keepLeases(draft);
  forgetAttempts(draft);
  const { records, head } = recordEvents(draft);
  const finished = finishDraft(draft);
  return {
    state: head === undefined ? finished : { ...finished, audit: head },
    audit: records,
    events: draft.events,
    jobs: draft.jobs,
    records: [...draft.records.values()],
    owed: [...draft.owed.values()],
  };
}

/** What people say that is no request to act. */
function foldPeople(draft: Draft, body: Entry['body']): void {
  if (body.kind === 'hold') foldHold(draft, body);
  else if (body.kind === 'resume') foldResume(draft, body);
  else if (body.kind === 'ack' && body.incident === undefined) foldAck(draft, body);
}

/**
 * New rules: the settle time starts anew. A rule that is as it was keeps its findings and their timers; of one that was
 * edited only what fires stays, and its ladder begins at its first step; of one that is gone nothing does.
 */
function withRules({ ruleSet, policy }: StepContext, state: PoolState, entry: Entry): PoolState {
  if (state.ruleSetHash === ruleSet.hash) return state;
  const ruleHashes = hashesOf(ruleSet.rules);
  const findings = Object.entries(state.findings).flatMap(([key, finding]): [string, Finding][] => {
    const hash = ruleHashes[finding.rule];
    if (hash === undefined) return [];
    if (hash === state.ruleHashes[finding.rule]) return [[key, finding]];
    return finding.phase === 'firing' ? [[key, fromTheFirstStep(finding)]] : [];
  });
  const gone = Object.values(state.findings).filter(
    ({ rule, phase }) => phase === 'firing' && ruleHashes[rule] === undefined,
  );
  const unwatched = gone.map(({ rule, target }) => `${rule} ${target}`).join(', ');
  return {
    ...state,
    findings: Object.fromEntries(findings),
    settlesAt: entryTime(entry.id) + policy.settleMs,
    settleReason: `The rules are new${unwatched === '' ? '' : ` (fired, and nobody looks for it any more: ${unwatched})`}`,
    ruleSetHash: ruleSet.hash,
    ruleHashes,
  };
}

function fromTheFirstStep({ lastAnswer: _, ...finding }: Finding): Finding {
  return { ...finding, nextStep: 0 };
}

interface Changed {
  readonly rule: Rule;
  readonly change: Change;
  /** As it is now; for a resolved one, as it was. */
  readonly finding: Finding;
}

function evaluateRules(draft: Draft): void {
  const { ruleSet, pool } = draft.context;
  const seen = new Map<TargetKind, ReadonlyMap<string, Scope>>();
  const scopes = (kind: TargetKind) => {
    const known = seen.get(kind) ?? scopesOf(kind, draft.facts, pool.name);
    seen.set(kind, known);
    return known;
  };
  const changed: Changed[] = [];
  for (const rule of ruleSet.rules) {
    for (const [target, scope] of scopes(rule.forEach)) {
      const change = evaluateOne(draft, rule, target, scope);
      if (change !== undefined) changed.push(change);
    }
  }
  const muted = mutedRules(draft);
  for (const [key, finding] of Object.entries(draft.findings)) {
    const mute = muted.has(finding.rule);
    if (finding.muted === mute) continue;
    draft.findings[key] = { ...finding, muted: mute };
    // What was muted since it fired is told once the cause is gone and it still fires.
    const rule = draft.context.ruleSet.rules.find((one) => one.name === finding.rule);
    const justFired = changed.some((one) => one.finding.rule === finding.rule && one.finding.target === finding.target);
    if (!mute && finding.phase === 'firing' && rule !== undefined && !justFired) {
      draft.events.push({ type: 'finding', change: 'fired', finding: { ...finding, muted: false }, rule });
    }
  }
  for (const { rule, change, finding } of changed) {
    const current =
      change === 'resolved' ? finding : (draft.findings[findingKey(rule.name, finding.target)] ?? finding);
    draft.events.push({ type: 'finding', change, finding: current, rule });
  }
}

function evaluateOne(draft: Draft, rule: Rule, target: string, scope: Scope): Changed | undefined {
  const truth = rule.when.evaluate(scope);
  // Of a pool in which nothing is found, which is most of the time, not even the key is made.
  if (truth === false && draft.isQuiet) return undefined;
  const key = findingKey(rule.name, target);
  const before = draft.findings[key];
  if (before === undefined && truth === false) return undefined;
  draft.isQuiet = false;
  const values = truth === undefined && before !== undefined ? before.values : namedValues(rule.when, scope);
  const title = truth === undefined && before !== undefined ? before.title : titleOf(rule, target, scope);
  const rest = {
    rule: rule.name,
    targetKind: rule.forEach,
    target,
    values,
    title,
    severity: rule.severity,
    muted: before?.muted ?? false,
  };
  const seen = {
    truth,
    cleared: rule.clearWhen?.evaluate(scope),
    now: draft.now,
    elapsedMs: draft.elapsedMs,
    staleAfterMs: draft.context.poll.staleAfterMs,
    entryId: draft.entry.id,
  };
  const { finding, change } = advance(rule, before, seen, rest);
  if (finding === undefined) delete draft.findings[key];
  else draft.findings[key] = finding;
  const shown = finding ?? before;
  return change === undefined || shown === undefined ? undefined : { rule, change, finding: shown };
}

/** What people read first: whom it is about, then what the rule says of it. */
function titleOf(rule: Rule, target: string, scope: Scope): string {
  const text = rule.title.render(scope);
  return rule.forEach === 'pool' ? text : `${target}: ${text}`;
}

function mutedRules(draft: Draft): Set<string> {
  const firing = new Set(
    Object.values(draft.findings)
      .filter((one) => one.phase === 'firing')
      .map((one) => one.rule),
  );
  return new Set(draft.context.ruleSet.rules.filter((rule) => firing.has(rule.name)).flatMap((rule) => rule.mutes));
}

/** The most urgent first, then by name: what an earlier one holds is a fact for the next, and files have no order. */
function proposeAll(draft: Draft): void {
  const firing = Object.entries(draft.findings).filter(([, { phase }]) => phase === 'firing');
  for (const [key, finding] of firing.sort(byUrgency)) {
    if (finding.openDecision !== undefined || finding.nextStep === undefined) continue;
    if (finding.unknownSince !== undefined) continue;
    const rule = draft.context.ruleSet.rules.find((one) => one.name === finding.rule);
    const next = rule?.steps[finding.nextStep];
    if (rule === undefined || next === undefined) continue;
    const held = Object.values(draft.leases).some(
      (lease) => lease.rule === rule.name && lease.member === finding.target,
    );
    if (held || (draft.attempts[key]?.notBefore ?? 0) > draft.now) continue;
    proposeStep(draft, finding, rule, next);
  }
}

const URGENCY: Readonly<Record<Severity, number>> = { page: 0, warn: 1, info: 2 };

function byUrgency([keyX, x]: [string, Finding], [keyY, y]: [string, Finding]): number {
  return URGENCY[x.severity] - URGENCY[y.severity] || (keyX < keyY ? -1 : 1);
}
