/** `npm run pictures`: one picture of each kind of message, for docs/telling.md. Drawn in Debian's Chromium. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chartSvg } from '../../src/tell/chart/chart.ts';
import { pngOf } from '../../src/tell/chart/png.ts';
import { helpText } from '../../src/tell/chatops/help.ts';
import { replyTable } from '../../src/tell/chatops/reply.ts';
import { digestMail } from '../../src/tell/digest/mail.ts';
import { digestSlack } from '../../src/tell/digest/slack.ts';
import { threadMail } from '../../src/tell/notify/mail/thread.ts';
import { slackReply, slackThread } from '../../src/tell/notify/slack/thread-message.ts';
import { ROOT } from '../paths.ts';
import { messagePage } from './blocks.ts';
import { DIGEST, LOUD_ITEMS, MAIL_VIEW, NOW, REPLY_ITEMS, trend, VIEWS } from './samples.ts';

const FOLDER = join(ROOT, 'docs/pictures');

function pages(): Record<string, string> {
  const threads = Object.entries(VIEWS).map(([name, view]) => [`slack-${name}`, messagePage(slackThread(view, NOW))]);
  const first = threadMail(MAIL_VIEW, { from: 'weir@example.com', since: 0, now: NOW });
  const digest = digestMail(DIGEST);
  const drawn = digest.images.reduce(
    (html, { cid, svg }) => html.replace(`cid:${cid}`, `data:image/svg+xml,${encodeURIComponent(svg)}`),
    digest.html,
  );
  return {
    ...Object.fromEntries(threads),
    'slack-reply': messagePage(slackReply(REPLY_ITEMS, NOW), 'in the thread'),
    'slack-escalation': messagePage(slackReply(LOUD_ITEMS, NOW), 'in the thread, and to the channel'),
    'slack-digest': messagePage(digestSlack(DIGEST)),
    'slack-help': messagePage(replyTable(helpText()), 'only visible to you'),
    'mail-incident': mailPage(first.subject, first.html),
    'mail-digest': mailPage(digest.subject, drawn),
  };
}

/** A mail as a program shows it: its subject above it. */
function mailPage(subject: string, html: string): string {
  const escaped = subject.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const head = `<p style="font: 17px sans-serif; margin: 0 0 16px; padding: 0 0 12px; border-bottom: 1px solid #ccc">${escaped}</p>`;
  return html
    .replace(/<body style="/, '<body style="margin: 0; padding: 24px; width: 820px; background: #fff; ')
    .replace(/(<body[^>]*>)/, `$1${head}`);
}

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  for (const [name, html] of Object.entries(pages())) {
    await page.setViewportSize({ width: name.startsWith('mail') ? 868 : 768, height: 200 });
    await page.setContent(html);
    await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true });
    process.stdout.write(`docs/pictures/${name}.png\n`);
  }
} finally {
  await browser.close();
}
const svg = chartSvg(trend(360, 10_000), { title: 'Pool logs', now: NOW });
await writeFile(join(FOLDER, 'chart.png'), await pngOf(svg));
process.stdout.write('docs/pictures/chart.png\n');
