/** Makes incidents of what the evaluation found, and the threads that tell of them. */

import { defined } from '../../lib/defined.ts';
import { formatWhen } from '../../lib/times.ts';
import type { Finding } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import { findingKey } from '../../model/ids.ts';
import { episodeOf, type Happened, type Incident } from '../../model/people/incident.ts';
import type { Thread } from '../../model/people/thread.ts';
import { messageOfFinding } from '../wording/messages.ts';
import { type IncidentDraft, nextId } from './state.ts';
import { addItem, incidentsOf, itemOf, noteOf, openThread, refresh, save, saveIncident } from './threads.ts';

/** A rule that fires so often in such a time flaps: that is said once, then its message is only kept true. */
const FLAP_TIMES = 4;
const FLAP_WITHIN_MS = 1_800_000;

type FindingHappening = Extract<Happened, { type: 'finding' }>;

export function foldFinding(draft: IncidentDraft, happening: FindingHappening): void {
  if (happening.change === 'resolved') {
    resolve(draft, happening);
    return;
  }
  const { finding, change } = happening;
  const begunAt = change === 'firing' ? (finding.episode ?? finding.since) : (finding.unknownSince ?? draft.now);
  const episode = String(begunAt);
  const incident = openOf(draft, finding.rule, finding.target);
  if (incident !== undefined && episodeOf(incident) === episode) return;
  if (change === 'firing') {
    endUnknown(draft, finding.rule, finding.target);
    draft.lastFired[finding.rule] = draft.now;
  } else if (incident !== undefined) {
    // It fired and is unknown now: that belongs to the incident that is open.
    addItem(draft, incident.thread, itemOf(happening.message, incident.id));
    return;
  }
  open(draft, episode, happening);
}

function open(draft: IncidentDraft, episode: string, { finding, rule, change, message }: FindingHappening): void {
  const times = change === 'firing' ? countFired(draft, rule.name, finding.target) : 1;
  const isFlapping = times >= FLAP_TIMES;
  const found = threadFor(draft, rule.name, isFlapping);
  const severity = finding.severity;
  const id = nextId(draft);
  const thread =
    found ??
    openThread(
      draft,
      { id, kind: 'incident', severity, title: finding.title, cause: rule.name },
      draft.plan.group.waitMs,
    );
  const mutedBy = muterOf(draft, finding, draft.now);
  saveIncident(draft, {
    ...{
      id,
      episode,
      pool: draft.pool,
      rule: rule.name,
      targetKind: finding.targetKind,
      target: finding.target,
      severity,
    },
    labels: rule.labels,
    title: message.title,
    values: finding.values,
    openedAt: draft.now,
    thread: thread.id,
    ...(change === 'unknown' && { unknown: true as const }),
    ...defined({ mutedBy, owner: rule.owner, runbook: rule.runbook }),
    place: `${rule.file}:${rule.line}`,
  });
  // An acknowledgement ends where the incident becomes worse: somebody took on less than this.
  const { acked, ...unacked } = thread;
  save(draft, { ...unacked, incidents: [...thread.incidents, id], revision: thread.revision + 1 });
  if (!isFlapping) addItem(draft, thread.id, itemOf(message, id));
  else if (thread.flapping === undefined) sayFlapping(draft, thread.id, id, times);
  if (acked !== undefined)
    addItem(draft, thread.id, noteOf(draft, 'word', `Open again: ${acked.by} had acknowledged what was there before`));
  refresh(draft, thread.id);
}

function countFired(draft: IncidentDraft, rule: string, target: string): number {
  const key = findingKey(rule, target);
  const times = [...(draft.fired[key] ?? []), draft.now].filter((at) => draft.now - at <= FLAP_WITHIN_MS);
  draft.fired[key] = times;
  return times.length;
}

function sayFlapping(draft: IncidentDraft, thread: string, incident: string, times: number): void {
  const within = formatDuration(FLAP_WITHIN_MS);
  const lines = ['From now on Weir only updates this message, and sends no new one until it has been quiet.'];
  const about = draft.incidents[incident] as Incident;
  const title = `Flapping: ${about.rule} on ${about.target} fired ${times} times within ${within}`;
  addItem(draft, thread, { ...noteOf(draft, 'notice', title, lines), severity: 'warn', incident });
  save(draft, { ...(draft.threads[thread] as Thread), flapping: true });
}

/** Finds the open thread of this cause; where the cause is flapping, also the one that was closed last. */
function threadFor(draft: IncidentDraft, cause: string, isFlapping: boolean): Thread | undefined {
  const all = Object.values(draft.threads).filter((thread) => thread.kind === 'incident' && thread.cause === cause);
  return all.find(({ closedAt }) => closedAt === undefined) ?? (isFlapping ? all.at(-1) : undefined);
}

export function openOf(draft: IncidentDraft, rule: string, target: string): Incident | undefined {
  return draft.incidents[draft.open.get(findingKey(rule, target)) ?? ''];
}

function resolve(draft: IncidentDraft, { finding, message }: FindingHappening): void {
  const incident = openOf(draft, finding.rule, finding.target);
  if (incident === undefined) return;
  const lasted = `It lasted ${formatDuration(draft.now - incident.openedAt)}.`;
  close(draft, incident, { ...itemOf(message, incident.id), lines: [...message.lines, lasted] });
}

/** Ends an incident. Nothing is said of it in a thread that is flapping. */
function close(draft: IncidentDraft, incident: Incident, item: Parameters<typeof addItem>[2]): void {
  saveIncident(draft, { ...incident, resolvedAt: draft.now });
  if (draft.threads[incident.thread]?.flapping === undefined) addItem(draft, incident.thread, item);
  refresh(draft, incident.thread);
}

function endUnknown(draft: IncidentDraft, rule: string, target: string): void {
  const incident = openOf(draft, rule, target);
  if (incident?.unknown !== true) return;
  close(draft, incident, { ...noteOf(draft, 'resolved', `Known again: ${incident.title}`), incident: incident.id });
}

/** Follows what changes without an event: muting, findings that are known again, rules that are gone. */
export function followFindings(draft: IncidentDraft): void {
  for (const finding of Object.values(draft.findings)) adopt(draft, finding);
  for (const incident of Object.values(draft.incidents)) {
    if (incident.resolvedAt !== undefined) continue;
    const finding = draft.findings[findingKey(incident.rule, incident.target)];
    if (incident.unknown === true && draft.goneBecause === undefined) {
      if (finding?.unknownSince === undefined) endUnknown(draft, incident.rule, incident.target);
      else followMuting(draft, incident, finding);
      continue;
    }
    if (finding?.phase !== 'firing') {
      // Nobody saw its end: the rule was taken away, or the entries in between were skipped.
      const isGone = draft.ruleOf(incident.rule) === undefined;
      const lines = [draft.goneBecause ?? (isGone ? 'Nobody looks for it any more.' : 'Nobody saw when it ended.')];
      const poolIsGone = draft.goneBecause !== undefined;
      const what = poolIsGone ? 'Nobody looks for it any more' : isGone ? 'The rule is gone' : 'It is over';
      const title = `${what}: ${incident.title}`;
      close(draft, incident, { ...noteOf(draft, 'resolved', title, lines), incident: incident.id });
      continue;
    }
    followMuting(draft, incident, finding);
  }
}

function followMuting(draft: IncidentDraft, incident: Incident, finding: Finding): void {
  const mutedBy = muterOf(draft, finding, incident.openedAt) ?? (finding.muted ? incident.mutedBy : undefined);
  if (mutedBy === incident.mutedBy) return;
  const { mutedBy: _, ...rest } = incident;
  saveIncident(draft, { ...rest, ...(mutedBy !== undefined && { mutedBy }) });
  const still = incident.unknown === true ? 'it is still not known' : 'it still fires';
  const title = mutedBy === undefined ? `No longer muted: ${still}` : mutedInWords(finding, mutedBy);
  addItem(draft, incident.thread, { ...noteOf(draft, 'notice', title), incident: incident.id });
  refresh(draft, incident.thread);
}

/** Returns the firing rule that mutes it, or the person who has its member out; undefined where people are told. */
function muterOf(draft: IncidentDraft, { muted, outBy, rule, target }: Finding, since: number): string | undefined {
  if (!muted) return undefined;
  if (outBy === undefined) return draft.muterOf(rule);
  return `${outBy.by}, who has ${target} out of service until ${formatWhen(outBy.until, since)}`;
}

function mutedInWords({ outBy }: Finding, mutedBy: string): string {
  return outBy === undefined ? `Muted: ${mutedBy} fires and explains it` : `Muted by ${mutedBy}`;
}

/** Opens incidents for what fires and has none: the broker has lost the incident state, or had none. */
function adopt(draft: IncidentDraft, finding: Finding): void {
  if (finding.phase !== 'firing' || openOf(draft, finding.rule, finding.target) !== undefined) return;
  const rule = draft.ruleOf(finding.rule);
  if (rule === undefined) return;
  const { runbook } = rule;
  const about = { pool: draft.pool, at: draft.now, ...(runbook !== undefined && { runbook }) };
  const message = messageOfFinding(finding, 'firing', about);
  foldFinding(draft, { type: 'finding', change: 'firing', finding, rule, message });
}

/** Keeps titles and values of firing incidents as they are now. */
export function takeFigures(draft: IncidentDraft, thread: Thread): void {
  for (const incident of incidentsOf(draft, thread)) {
    const finding = draft.findings[findingKey(incident.rule, incident.target)];
    if (incident.resolvedAt !== undefined || incident.unknown === true || finding?.phase !== 'firing') continue;
    if (finding.title === incident.title && JSON.stringify(finding.values) === JSON.stringify(incident.values))
      continue;
    saveIncident(draft, { ...incident, title: finding.title, values: finding.values });
    const now = draft.threads[thread.id] as Thread;
    save(draft, { ...now, revision: now.revision + 1 });
  }
  refresh(draft, thread.id);
}

/** So many times are remembered of one rule and target. */
const NEAR_MISSES = 50;

/** Counts rules that nearly fired: pending before, and neither pending nor firing now. */
export function countNearMisses(draft: IncidentDraft, before: IncidentDraft['findings']): void {
  for (const [key, { phase, rule, target }] of Object.entries(before)) {
    const now = draft.findings[key]?.phase ?? 'inactive';
    if (phase !== 'pending' || now !== 'inactive') continue;
    const times = [...(draft.nearMisses[key]?.times ?? []), draft.now].slice(-NEAR_MISSES);
    draft.nearMisses[key] = { rule, target, times };
  }
}
