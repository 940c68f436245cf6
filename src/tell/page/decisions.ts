import { oneLine } from '../../lib/text/plain-text.ts';
import { formatClock, formatIso, formatWhen } from '../../lib/times.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { RailVerdict } from '../../model/decisions/verdict.ts';
import { ownerText } from '../../model/owner.ts';
import { type Html, html } from '../wording/html.ts';
import { decisionLevel, decisionWord } from '../wording/levels.ts';
import { actionText, decisionSentence } from '../wording/summary.ts';
import { badge } from './badge.ts';

const SHOWN = 20;

export function decisionsTable(decisions: readonly Decision[], now: number): Html {
  if (decisions.length === 0) return html`<p class="empty">Nothing was decided yet.</p>`;
  return html`<table class="stack">
<thead><tr><th scope="col">Time</th><th scope="col">Action</th><th scope="col">Rule</th><th scope="col">Verdict</th><th scope="col">Why, and what came of it</th></tr></thead>
<tbody>${decisions.slice(0, SHOWN).map((decision) => row(decision, now))}</tbody>
</table>`;
}

function row(decision: Decision, now: number): Html {
  const by = decision.rule === 'request' ? ownerText(decision.by) : decision.rule;
  return html`<tr id="decision-${encodeURIComponent(decision.id)}">
<td class="nowrap"><time datetime="${formatIso(decision.at)}">${formatWhen(decision.at, now)}</time></td>
<th scope="row">${oneLine(actionText(decision))}</th>
<td>${oneLine(by)}</td>
<td class="nowrap">${badge({ level: decisionLevel(decision), text: decisionWord(decision) })}</td>
<td><details><summary>${oneLine(decisionSentence(decision))}</summary>${story(decision)}</details></td>
</tr>`;
}

function story(decision: Decision): Html {
  const outcomes = [...decision.outcomes, ...decision.history];
  return html`<div class="story">
${decision.reason !== '' && html`<p>Reason: ${oneLine(decision.reason)}</p>`}
<ul>${decision.rails.map(railItem)}</ul>
${outcomes.length > 0 && html`<ul>${outcomes.map((outcome) => html`<li>${formatClock(outcome.at)} <b>${oneLine(outcome.node)}</b> ${outcome.result}: ${oneLine(outcome.detail)}</li>`)}</ul>`}
<p class="dim"><code>weir why ${oneLine(decision.id)}</code></p>
</div>`;
}

function railItem({ rail, pass, sentence }: RailVerdict): Html {
  return html`<li>${badge(pass ? { level: 'good', text: 'passed' } : { level: 'warn', text: 'refused' })} <b>${oneLine(rail)}</b> ${oneLine(sentence)}</li>`;
}
