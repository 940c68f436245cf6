import type { ActionJob, DesiredLease } from '../model/decisions/action.ts';
import type { AuditRecord } from '../model/decisions/audit.ts';
import type { Decision, Finding } from '../model/decisions/decision.ts';
import type { Rule, Scope } from '../model/decisions/rule.ts';
import { type Entry, isTrust } from '../model/entries/entry.ts';
import { findingKey, leaseIdOf } from '../model/ids.ts';
import type { TargetKind } from '../model/readings/signals.ts';
import { compareSeverities } from '../model/severity.ts';
import { foldAnswer, followWaiting } from './decisions/approvals.ts';
import { compareLeases } from './decisions/compare-leases.ts';
import { keepLeases } from './decisions/leases.ts';
import { foldOutcome, followOpen, forgetAttempts, mayAskAgain } from './decisions/open-decisions.ts';
import { decideDrill, decideRequest, proposeStep } from './decisions/propose.ts';
import { advance, type Change } from './findings/finding.ts';
import { isFirstLook } from './findings/first-look.ts';
import { forgetGone } from './findings/gone.ts';
import { endHolds, foldHold, foldResume, noteHolds } from './findings/holds.ts';
import { withRules } from './findings/new-rules.ts';
import { isHeldBy, isOutAlready, outBy } from './findings/out.ts';
import { namedValues } from './language/references.ts';
import { alertSignals, foldAlerts } from './state/alerts.ts';
import { recordEvents } from './state/audit.ts';
import { calendarAhead } from './state/calendar.ts';
import { beginDraft, type Draft, type FoldEvent, finishDraft, freshOf } from './state/draft.ts';
import { viewEditions, withEditions } from './state/editions.ts';
import { buildFacts, scopesOf } from './state/facts.ts';
import { foldTrust, noteLoads, notePastActions } from './state/rail-history.ts';
import { measureAll } from './state/series.ts';
import type { FoldContext, PoolState } from './state/state.ts';
import { foldUnreadable } from './state/unreadable.ts';

export interface FoldResult {
  readonly state: PoolState;
  readonly events: readonly FoldEvent[];
  /** For the nodes' queues. */
  readonly jobs: readonly ActionJob[];
  /** New and changed decisions. */
  readonly records: readonly Decision[];
  /** For the audit, in their order. */
  readonly audit: readonly AuditRecord[];
  /** Leases as directors are to hold them from now on. */
  readonly desired: readonly DesiredLease[];
}

/**
 * Folds one entry of a pool's stream into its state. Pure: `now` is the entry's time, so a replay gives the same bytes
 * however entries were batched. The order counts:
 *
 * 1. The sweep is taken in and the facts are built: everything after it looks at them.
 * 2. Outcomes come before the end of holds and before people, so that what a node did is known to both.
 * 3. Rules are evaluated; then open decisions are followed, for a finding may be over by now.
 * 4. Requests and answers of people come before what rules propose: a person goes first.
 * 5. Leases come last: they follow what was found and decided.
 *
 * @param recorded closed decisions, whose leases may still be reported on.
 */
export function foldEntry(
  context: FoldContext,
  state: PoolState,
  entry: Entry,
  recorded: ReadonlyMap<string, Decision> = new Map(),
): FoldResult {
  const next = withRules(context, withEditions(context, state, entry), entry);
  const draft = beginDraft(context, next, entry, state.ruleHashes);
  const { body } = entry;
  if (draft.state.settlesAt !== state.settlesAt) {
    draft.events.push({ type: 'settling', reason: draft.state.settleReason, at: draft.now });
  }
  if (body.kind === 'sweep' && draft.now <= body.at + context.poll.staleAfterMs) {
    notePastActions(draft, body);
    noteHolds(draft, body);
    noteLoads(draft, body);
    const before = draft.sweeps[body.observer];
    if (before === undefined || before.at < body.at) draft.sweeps[body.observer] = body;
    if (context.pool.members[body.observer] !== undefined) compareLeases(draft, body);
  }
  if (body.kind === 'unreadable') foldUnreadable(draft, body);
  if (body.kind === 'alerts') foldAlerts(draft, body);
  if (body.kind === 'tick') draft.calendarMs = calendarAhead(draft.calendarMs, body.calendarMs, freshOf(draft));
  draft.editions = viewEditions({ ...draft.state, sweeps: draft.sweeps }, draft.now);
  const external = { ...alertSignals(draft.alerts, draft.now), weir_yaml_differs: draft.editions.differs };
  const facts = buildFacts(context.pool, freshOf(draft), context.brokerTroubles, external);
  Object.assign(draft, measureAll(facts, context.ruleSet.extra, state.series, draft.now, draft.editions.isWhole));
  if (body.kind === 'outcome') foldOutcome(draft, body, recorded.get(leaseIdOf(body.decision)));
  endHolds(draft);
  foldPeople(draft, body);
  evaluateRules(draft);
  forgetGone(draft);
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
  return resultOf(draft);
}

/** Ends the draft: the next state, and everything that follows from it. */
export function resultOf(draft: Draft): FoldResult {
  const { records, head } = recordEvents(draft);
  const finished = finishDraft(draft);
  return {
    state: head === undefined ? finished : { ...finished, audit: head },
    audit: records,
    events: draft.events,
    jobs: draft.jobs,
    records: [...draft.records.values()],
    desired: [...draft.desired.values()],
  };
}

/** Folds a hold, its end, or a person's trust in the rules. */
export function foldPeople(draft: Draft, body: Entry['body']): void {
  if (body.kind === 'hold') foldHold(draft, body);
  else if (body.kind === 'resume') foldResume(draft, body);
  else if (isTrust(body)) foldTrust(draft, body);
}

interface Changed {
  readonly rule: Rule;
  readonly change: Change;
  /** As it is now; a resolved finding as it was. */
  readonly finding: Finding;
}

function evaluateRules(draft: Draft): void {
  const { ruleSet, pool } = draft.context;
  const cachedScopes = new Map<TargetKind, ReadonlyMap<string, Scope>>();
  const scopes = (kind: TargetKind) => {
    const cached = cachedScopes.get(kind) ?? scopesOf(kind, draft.facts, pool.name);
    cachedScopes.set(kind, cached);
    return cached;
  };
  const changed: Changed[] = [];
  for (const rule of ruleSet.rules) {
    for (const [target, scope] of scopes(rule.forEach)) {
      const change = evaluateOne(draft, rule, target, scope);
      if (change !== undefined) changed.push(change);
    }
  }
  const justChanged = new Set(changed.map(({ finding }) => findingKey(finding.rule, finding.target)));
  const muted = mutedRules(draft);
  const byName = new Map(ruleSet.rules.map((rule) => [rule.name, rule]));
  for (const [key, finding] of Object.entries(draft.findings)) {
    const rule = byName.get(finding.rule);
    const out = outBy(draft, finding, rule);
    const mute = out !== undefined || muted.has(finding.rule);
    if (finding.muted === mute && finding.outBy?.by === out?.by && finding.outBy?.until === out?.until) continue;
    const { outBy: _, ...rest } = finding;
    draft.findings[key] = { ...rest, muted: mute, ...(out !== undefined && { outBy: out }) };
    if (finding.muted === mute) continue;
    // A finding that was muted since it fired is told once its mute is gone and it still fires.
    const justFired = justChanged.has(key);
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
  // Fast path: usually nothing is found, so not even the key is made.
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
    outBy: before?.outBy,
  };
  const seen = {
    truth,
    cleared: rule.clearWhen?.evaluate(scope),
    now: draft.now,
    elapsedMs: draft.elapsedMs,
    staleAfterMs: draft.context.poll.staleAfterMs,
    intervalMs: draft.context.poll.intervalMs,
    // Where no observer is heard, every entry sees that anew.
    readAt: draft.facts.readAt[rule.forEach][target] ?? draft.now,
    entryId: draft.entry.id,
    isFirst: before === undefined && truth === undefined && isFirstLook(draft, rule, target),
  };
  const { finding, change } = advance(rule, before, seen, rest);
  if (finding === undefined) delete draft.findings[key];
  else draft.findings[key] = finding;
  const shown = finding ?? before;
  return change === undefined || shown === undefined ? undefined : { rule, change, finding: shown };
}

/** What people read first: the target, then what the rule says of it. */
function titleOf(rule: Rule, target: string, scope: Scope): string {
  const text = rule.title.render(scope);
  return rule.forEach === 'pool' ? text : `${target}: ${text}`;
}

function mutedRules(draft: Draft): Set<string> {
  const firing = new Set(
    Object.values(draft.findings)
      .filter((finding) => finding.phase === 'firing')
      .map((finding) => finding.rule),
  );
  return new Set(draft.context.ruleSet.rules.filter((rule) => firing.has(rule.name)).flatMap((rule) => rule.mutes));
}

/**
 * Proposes the next step of each firing finding. The most urgent goes first, then by name: what an earlier proposal holds is
 * a fact for the next, and rule files have no order.
 */
function proposeAll(draft: Draft): void {
  const firing = Object.entries(draft.findings).filter(([, { phase }]) => phase === 'firing');
  for (const [key, finding] of firing.sort(byUrgency)) {
    if (finding.openDecision !== undefined || finding.nextStep === undefined) continue;
    if (finding.unknownSince !== undefined) continue;
    const rule = draft.context.ruleSet.rules.find((candidate) => candidate.name === finding.rule);
    const next = rule?.steps[finding.nextStep];
    if (rule === undefined || next === undefined) continue;
    const { target } = finding;
    // A decision of the episode before is still open: it comes to its end first.
    if (Object.values(draft.open).some((open) => open.finding === key)) continue;
    const isDone = isHeldBy(draft, rule, finding, next) || isOutAlready(draft, next, target);
    if (isDone || !mayAskAgain(draft, key, target)) continue;
    proposeStep(draft, finding, rule, next);
  }
}

function byUrgency([keyX, x]: [string, Finding], [keyY, y]: [string, Finding]): number {
  return compareSeverities(x.severity, y.severity) || (keyX < keyY ? -1 : 1);
}
