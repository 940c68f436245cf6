/** The digest by mail, with the course of every pool as a picture. Pure. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatDayMinute } from '../../lib/times.ts';
import { altText, chartSvg } from '../chart/chart.ts';
import { html } from '../wording/html.ts';
import { type DigestData, type DigestList, headline, listsOf, type PoolDigest } from './digest.ts';

export interface DigestMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the HTML names by `cid:`. */
  readonly images: readonly { readonly cid: string; readonly svg: string }[];
}

/** Lines of one list that a mail has. */
const SHOWN = 200;

export function digestMail(data: DigestData): DigestMail {
  const { from, to, timeZone, pools } = data;
  const when = (ms: number) => formatDayMinute(ms, timeZone);
  const head = headline(pools);
  const span = `From ${when(from)} to ${when(to)}, ${timeZone}.`;
  const parts = pools.map((pool, index) => ({
    pool,
    lists: listsOf(pool, when).map(cut),
    cid: `course-${index + 1}`,
    course: altText(pool.trend),
  }));
  return {
    subject: `[weir] Digest: ${head}`,
    text: [head, span, ...parts.map(({ pool, lists, course }) => poolText(pool, lists, course)), ''].join('\n\n'),
    html: html`<!doctype html><html><body style="font: 15px/1.5 sans-serif; color: #1a1a1a">
<p style="font-size: 18px; margin: 0"><strong>${head}</strong></p>
<p style="color: #666; margin: 0 0 16px">${span}</p>
${parts.map(
  ({ pool, lists, cid, course }) => html`<h2 style="font-size: 17px; margin: 24px 0 4px">Pool ${oneLine(pool.name)}</h2>
<p style="margin: 0 0 8px">${headline([pool])}.</p>
<img src="cid:${cid}" alt="${course}" width="800" style="max-width: 100%; border: 1px solid #ddd">
<p style="color: #666; margin: 4px 0 8px; font-size: 13px">At the end: ${course}</p>
${lists.map(
  ({ heading, lines }) => html`<h3 style="font-size: 15px; margin: 16px 0 4px">${heading} (${lines.length})</h3>
<ul style="margin: 0; padding-left: 20px">${lines.map((line) => html`<li>${oneLine(line)}</li>`)}</ul>
`,
)}`,
)}
</body></html>`.toString(),
    images: parts.map(({ pool, cid }) => ({
      cid,
      svg: chartSvg(pool.trend, { title: `Pool ${pool.name}`, now: to, timeZone }),
    })),
  };
}

function poolText(pool: PoolDigest, lists: readonly DigestList[], course: string): string {
  const blocks = lists.map(({ heading, lines }) =>
    [`${heading} (${lines.length})`, ...lines.map((line) => `  ${oneLine(line)}`)].join('\n'),
  );
  return [`Pool ${oneLine(pool.name)}: ${headline([pool])}.\nAt the end: ${course}`, ...blocks].join('\n\n');
}

function cut({ heading, lines }: DigestList): DigestList {
  if (lines.length <= SHOWN) return { heading, lines };
  return { heading, lines: [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more`] };
}
