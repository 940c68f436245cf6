import { oneLine } from '../../lib/text/plain-text.ts';
import { formatIso, formatWhen } from '../../lib/times.ts';
import type { Finding } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import { formatValues } from '../wording/figures.ts';
import { incidentText } from '../wording/holds-and-approvals.ts';
import { type Html, html } from '../wording/html.ts';
import { type Level, SEVERITY_LEVEL } from '../wording/levels.ts';
import { sortFindings } from '../wording/summary.ts';
import { badge } from './badge.ts';

/** First what fires, then what may fire soon, then what is unknown. */
export function findingsList(pool: PoolStatus, now: number, serving: string): Html {
  const { firing, pending, unknown } = sortFindings(pool.findings);
  if (firing.length + pending.length + unknown.length === 0) {
    return html`<p class="empty">${pool.evaluatedAt === undefined ? 'Nothing evaluated yet.' : `No finding. ${serving}`}</p>`;
  }
  return html`<ul class="findings">
${firing.map((finding) => item(finding, now, finding.muted ? 'note' : SEVERITY_LEVEL[finding.severity], finding.muted ? 'muted' : `firing, ${finding.severity}`, incidentText(pool, finding)))}
${pending.map((finding) => item(finding, now, 'note', 'pending'))}
${unknown.map((finding) => item({ ...finding, since: finding.unknownSince ?? finding.since }, now, 'unknown', 'unknown'))}
</ul>`;
}

function item(finding: Finding, now: number, level: Level, word: string, incident?: string): Html {
  const id = encodeURIComponent(`${finding.rule} ${finding.target}`);
  const { outBy } = finding;
  const values = formatValues(finding.values);
  const title = level === 'unknown' ? `Nobody can tell whether ${finding.rule} holds` : finding.title || finding.rule;
  return html`<li id="finding-${id}" class="finding ${level}">
<p>${badge({ level, text: word })} <b>${oneLine(title)}</b></p>
<p class="dim">${incident !== undefined && html`<b>${oneLine(incident)}</b> `}<code>${oneLine(finding.rule)}</code> ${finding.targetKind} <b>${oneLine(finding.target)}</b> since <time datetime="${formatIso(finding.since)}">${formatWhen(finding.since, now)}</time>, ${formatDuration(Math.max(0, now - finding.since))}${outBy && `; ${oneLine(outBy.by)} has it out of service until ${formatWhen(outBy.until, now)}`}</p>
${values.length > 0 && html`<p class="values">${values.map((value) => html`<code>${oneLine(value)}</code> `)}</p>`}
</li>`;
}
