/** The page at `/`: one document from the server, no build, nothing from elsewhere; it refreshes itself in place. */

import { createHash, randomBytes } from 'node:crypto';
import { oneLine } from '../../lib/text/plain-text.ts';
import { formatClock, formatIso, zoneOf } from '../../lib/times.ts';
import { messageOf } from '../../model/error.ts';
import type { Status } from '../../model/people/status.ts';
import { poolSection } from '../page/pool.ts';
import { SCRIPT } from '../page/script.ts';
import { STYLE } from '../page/style.ts';
import { type Html, html, trusted } from '../wording/html.ts';
import { SIGN } from '../wording/levels.ts';
import { summarizePool } from '../wording/summary.ts';
import { type Handler, onPath, respond, respondText } from './handler.ts';

/** A browser that holds the page of another version loads it anew. */
const VERSION = createHash('sha256').update(SCRIPT).update(STYLE).digest('hex').slice(0, 12);

/** A circle of water over a weir's crest. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#17456b"/><path d="M5 11h9c5 0 4 10 13 10" fill="none" stroke="#8fd0ff" stroke-width="4" stroke-linecap="round"/><path d="M5 25V16h6v9z" fill="#fff"/></svg>',
)}`;

/** `/` gives the document, `/?part=main` only what changes. */
export function pageHandler(status: () => Promise<Status>): Handler {
  return onPath('/', async ({ url }, response) => {
    const part = url.searchParams.get('part') === 'main';
    let seen: Status | undefined;
    let trouble = '';
    try {
      seen = await status();
    } catch (error) {
      trouble = oneLine(messageOf(error));
    }
    if (part && seen === undefined) return respondText(response, 503, trouble);
    const nonce = randomBytes(16).toString('base64');
    const main = seen === undefined ? troubleMain(trouble) : statusMain(seen);
    const body = part ? main : document(main, seen === undefined ? 'Weir has no answer' : titleOf(seen), nonce);
    return respond(response, {
      status: seen === undefined ? 503 : 200,
      type: 'text/html; charset=utf-8',
      body: body.toString(),
      headers: { 'Content-Security-Policy': policy(nonce) },
    });
  });
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The whole document. `nonce` allows its one style and its one script, and nothing else. Pure but for its arguments. */
function document(main: Html, title: string, nonce: string): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${trusted(STYLE)}</style>
<noscript><meta http-equiv="refresh" content="2"></noscript>
</head>
<body>
<p id="lost" role="alert" hidden></p>
${main}
<script nonce="${nonce}">${trusted(SCRIPT)}</script>
</body>
</html>
`;
}

/** Makes <main>, with header and footer in it: everything that changes. Pure. */
export function statusMain(status: Status): Html {
  const several = status.pools.length > 1;
  return html`<main data-version="${VERSION}" data-title="${titleOf(status)}">
<header class="top">
<h1>Weir</h1>
${several && html`<nav aria-label="Pools">${status.pools.map((pool) => poolLink(pool.name, summarizePool(pool, status.at).level))}</nav>`}
<p class="when"><time datetime="${formatIso(status.at)}">${formatClock(status.at)}</time> <span class="dim">${zoneOf(status.at)}</span> <span id="live" class="dim"></span></p>
</header>
<p class="sr-only" role="status" aria-live="polite">${findingsAloud(status)}</p>
${status.troubles.length > 0 && html`<section class="troubles" aria-label="Troubles of broker and workers"><ul>${status.troubles.map((trouble) => html`<li><span class="sign warn" aria-hidden="true">${SIGN.warn}</span> ${oneLine(trouble)}</li>`)}</ul></section>`}
${status.pools.length === 0 && html`<p class="empty">No pool is configured. Add one under <code>pools:</code> in weir.yaml.</p>`}
${status.pools.map((pool) => poolSection(pool, status.at))}
${status.version !== undefined && html`<footer class="dim">Weir ${oneLine(status.version)}</footer>`}
</main>`;
}

function troubleMain(trouble: string): Html {
  return html`<main data-version="${VERSION}" data-title="Weir has no answer">
<header class="top"><h1>Weir</h1></header>
<p class="headline bad"><span class="sign" aria-hidden="true">${SIGN.bad}</span> <span>What the pools do is not known. ${trouble}</span></p>
</main>`;
}

function poolLink(name: string, level: keyof typeof SIGN): Html {
  return html`<a href="#pool-${encodeURIComponent(name)}"><span class="sign ${level}" aria-hidden="true">${SIGN[level]}</span> ${oneLine(name)}</a> `;
}

function firing(status: Status): string[] {
  return status.pools.flatMap((pool) =>
    pool.findings
      .filter((finding) => finding.phase === 'firing' && !finding.muted)
      .map((finding) => oneLine(`${finding.rule} ${finding.target}`)),
  );
}

/** Names only: a screen reader would read figures out every two seconds. */
function findingsAloud(status: Status): string {
  const names = firing(status);
  return names.length === 0 ? 'No finding fires.' : `Firing: ${names.join(', ')}.`;
}

/** The title of the tab says how many findings fire: one sees it among many tabs. */
function titleOf(status: Status): string {
  const count = firing(status).length;
  return `${count === 0 ? '' : `${SIGN.bad} ${count} · `}${status.pools.map((pool) => oneLine(pool.name)).join(', ') || 'no pool'} · Weir`;
}
