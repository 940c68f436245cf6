/** People silence incidents: which are covered, since when, and when a silence ends. */

import { formatWhen } from '../../lib/times.ts';
import { formatDuration } from '../../model/duration.ts';
import type { SilenceRequest, UnsilenceRequest } from '../../model/entries/requests.ts';
import type { Incident } from '../../model/people/incident.ts';
import { MAX_SILENCE_MS, matcherInWords, matches, type Silence } from '../../model/people/silence.ts';
import { messageOfNotice } from '../wording/messages.ts';
import { foldNotice } from './notices.ts';
import type { IncidentDraft } from './state.ts';
import { addItem, noteOf, refresh, saveIncident } from './threads.ts';

/** The most live silences of a pool. With more of them one would lose sight of everything. */
const MAX_SILENCES = 100;

export function foldSilence(draft: IncidentDraft, { matcher, by, reason, silenceMs }: SilenceRequest): void {
  if (Object.keys(draft.silences).length >= MAX_SILENCES) return;
  const until = draft.now + Math.min(Math.max(0, silenceMs), MAX_SILENCE_MS);
  const id = draft.entryId;
  draft.silences[id] = { id, pool: draft.pool, matcher, by, reason, since: draft.now, until };
  const title = `Silenced by ${by}: ${matcherInWords(matcher)}`;
  const lines = [
    `Reason: ${reason}`,
    `Nobody is told until ${formatWhen(until, draft.now)}, for ${formatDuration(until - draft.now)}; Weir goes on to watch and to act.`,
    'It ends before when nothing that it covers is left.',
    `To end it sooner: \`weir silence end ${id}\``,
  ];
  tell(draft, `begun.${id}`, title, lines);
}

export function foldUnsilence(draft: IncidentDraft, { id, by }: UnsilenceRequest): void {
  const silence = draft.silences[id];
  if (silence !== undefined) end(draft, silence, `taken away by ${by}`);
}

/** What a silence covered may come again within so long, in ms. After that the silence has done its work. */
const LEFT_ALONE_MS = 300_000;

/** Finds which incidents are covered now. Silences end when their time or their cause is over. */
export function followSilences(draft: IncidentDraft): void {
  const open = Object.values(draft.incidents).filter(({ resolvedAt }) => resolvedAt === undefined);
  for (const silence of Object.values(draft.silences)) {
    if (silence.until <= draft.now) {
      end(draft, silence, 'its time is over');
    } else if (open.some((incident) => matches(silence.matcher, incident))) {
      // Not every second of it need be written down.
      if (draft.now - (silence.coveredAt ?? 0) > LEFT_ALONE_MS / 5) {
        draft.silences[silence.id] = { ...silence, coveredAt: draft.now };
      }
    } else if (silence.coveredAt !== undefined && draft.now - silence.coveredAt > LEFT_ALONE_MS) {
      end(draft, silence, 'nothing that it covers is left');
    }
  }
  const live = Object.values(draft.silences);
  for (const incident of open) cover(draft, incident, live.find(({ matcher }) => matches(matcher, incident))?.id);
}

function cover(draft: IncidentDraft, incident: Incident, silencedBy: string | undefined): void {
  if (incident.silencedBy === silencedBy) return;
  const { silencedBy: _, ...rest } = incident;
  saveIncident(draft, { ...rest, ...(silencedBy !== undefined && { silencedBy }) });
  const thread = draft.threads[incident.thread];
  if (thread === undefined) return;
  const silence = draft.silences[silencedBy ?? ''];
  const title =
    silence === undefined ? 'No longer silenced: it still fires' : `Silenced by ${silence.by}: ${silence.reason}`;
  addItem(draft, thread.id, { ...noteOf(draft, 'word', title), incident: incident.id });
  refresh(draft, thread.id);
}

function end(draft: IncidentDraft, silence: Silence, why: string): void {
  delete draft.silences[silence.id];
  const lasted = formatDuration(draft.now - silence.since);
  const title = `No longer silenced: ${matcherInWords(silence.matcher)} (${why})`;
  tell(draft, `ended.${silence.id}`, title, [`It was silenced by ${silence.by} for ${lasted}: ${silence.reason}`]);
}

function tell(draft: IncidentDraft, key: string, title: string, lines: readonly string[]): void {
  const { pool, now: at } = draft;
  foldNotice(
    draft,
    messageOfNotice({ pool, key: `silence.${key}`, severity: 'info', title, lines, at, from: 'worker' }),
  );
}
