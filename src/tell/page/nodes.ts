import { oneLine } from '../../lib/text/plain-text.ts';
import { formatDuration } from '../../model/duration.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import type { DirectorSignals } from '../../model/readings/signals.ts';
import { formatSignal } from '../wording/figures.ts';
import { type Html, html } from '../wording/html.ts';
import { type Summary, summarizeDirector } from '../wording/summary.ts';
import { badge } from './badge.ts';

const DIRECTOR_COLUMNS: readonly (readonly [head: string, signal: keyof DirectorSignals])[] = [
  ['VIP', 'vip'],
  ['Priority', 'priority'],
  ['Adverts', 'adverts_received_rate'],
  ['Listed', 'listed_members'],
  ['Weighted', 'weighted_members'],
  ['Packets in', 'packet_rate'],
  ['Last change', 'last_transition_seconds'],
];

export function directorsTable({ facts }: PoolStatus): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Directors, all figures"><table>
<thead><tr><th scope="col">Node</th><th scope="col">State</th>${DIRECTOR_COLUMNS.map(([head]) => html`<th scope="col" class="num">${head}</th>`)}</tr></thead>
<tbody>${Object.entries(facts.directors).map(
    ([name, director]) =>
      html`<tr><th scope="row">${oneLine(name)}</th><td>${badge(summarizeDirector(director))}</td>${DIRECTOR_COLUMNS.map(([, signal]) => html`<td class="num">${oneLine(formatSignal(`director.${signal}`, director[signal]))}</td>`)}</tr>`,
  )}</tbody>
</table></div>`;
}

/** Troubles of the observers stand at the top of the pool, not here. */
export function observersTable({ observers }: PoolStatus, now: number): Html {
  if (observers.length === 0) return html`<p class="empty">Nobody observes this pool yet.</p>`;
  return html`<table>
<thead><tr><th scope="col">Observer</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col" class="num">Last sweep</th></tr></thead>
<tbody>${observers.map(({ name, node, at, fresh }) => {
    const state: Summary = fresh ? { level: 'good', text: 'heard' } : { level: 'unknown', text: 'not heard' };
    const ago = at === undefined ? 'never' : `${formatDuration(Math.max(0, now - at))} ago`;
    return html`<tr><th scope="row">${oneLine(name)}</th><td>${node ? 'node' : 'worker'}</td><td>${badge(state)}</td><td class="num">${ago}</td></tr>`;
  })}</tbody>
</table>`;
}
