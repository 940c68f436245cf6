import { oneLine } from '../../lib/text/plain-text.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import { holdTexts, silenceTexts, waitingTexts } from '../wording/holds-and-approvals.ts';
import { type Html, html } from '../wording/html.ts';
import { SIGN } from '../wording/levels.ts';
import { observerTroubles, servingText, settlingText, summarizePool, summarizeVrrp } from '../wording/summary.ts';
import { badge } from './badge.ts';
import { decisionsTable } from './decisions.ts';
import { findingsList } from './findings.ts';
import { flow } from './flow.ts';
import { leasesTable } from './leases.ts';
import { membersTable } from './members.ts';
import { directorsTable, observersTable } from './nodes.ts';

/** One pool: the sentence about it, what is wrong, the flow, and what was done. */
export function poolSection(pool: PoolStatus, now: number): Html {
  const id = encodeURIComponent(pool.name);
  const summary = summarizePool(pool, now);
  const settling = settlingText(pool, now);
  const master = oneLine(pool.facts.pool.master ?? '');
  const troubles = observerTroubles(pool, now);
  return html`<section class="pool" id="pool-${id}" aria-labelledby="name-${id}">
<div class="poolhead">
<h2 id="name-${id}">${oneLine(pool.name)}</h2>
<dl class="chips">
<div><dt>VIP</dt><dd><code>${oneLine(pool.vip)}</code></dd></div>
<div><dt>MASTER</dt><dd>${master === '' ? html`<span class="unknown">${SIGN.unknown} nobody</span>` : master}</dd></div>
<div><dt>VRRP</dt><dd>${badge(summarizeVrrp(pool.facts.pool))}</dd></div>
<div><dt>mode</dt><dd>${pool.mode}</dd></div>
<div><dt>state</dt><dd>${settling ?? 'settled'}</dd></div>
</dl>
</div>
<p class="headline ${summary.level}"><span class="sign" aria-hidden="true">${SIGN[summary.level]}</span> <span>${oneLine(summary.text)}</span></p>
${troubles.length > 0 && html`<section class="troubles" aria-label="Troubles of the observers"><ul>${troubles.map((trouble) => html`<li><span class="sign warn" aria-hidden="true">${SIGN.warn}</span> ${oneLine(trouble)}</li>`)}</ul></section>`}
${peopleSection('Held: Weir watches and does not act', holdTexts(pool, now))}
${peopleSection('Silenced: people are not told', silenceTexts(pool, now))}
${peopleSection('Waits for approval', waitingTexts(pool, now))}
${block('Flow', flow(pool))}
${block('Findings', findingsList(pool, now, servingText(pool)))}
${block('Decisions', decisionsTable(pool.decisions, now))}
${block('Held by Weir', leasesTable(pool.leases, now))}
${block('Members', membersTable(pool))}
<div class="pair">
${block('Directors', directorsTable(pool))}
${block('Observers', observersTable(pool, now))}
</div>
<p class="dim foot">Rule set <code>${oneLine(pool.ruleSetHash).slice(0, 12)}</code></p>
</section>`;
}

/** What people hold or are asked stands where troubles stand: the next one on call must see it first. */
function peopleSection(title: string, texts: readonly string[]): Html | false {
  if (texts.length === 0) return false;
  return html`<section class="troubles" aria-label="${title}"><p><b>${title}</b></p><ul>${texts.map((text) => html`<li><span class="sign warn" aria-hidden="true">${SIGN.warn}</span> ${oneLine(text)}</li>`)}</ul></section>`;
}

function block(title: string, content: Html): Html {
  return html`<section class="block" aria-label="${title}"><h3>${title}</h3>${content}</section>`;
}
