/** One mail per news, through nodemailer. */

import { oneLine, trimTo } from '../../../lib/plain-text.ts';
import { formatIso } from '../../../lib/times.ts';
import type { Message } from '../../../model/people/message.ts';
import { html } from '../../wording/html.ts';
import { messageLevel, messageWord, SIGN } from '../../wording/levels.ts';
import type { Teller } from '../teller.ts';
import { createMailer, type MailerOptions, messageIdOf } from './mailer.ts';

export interface MailTellerOptions extends MailerOptions {
  readonly to: readonly string[];
}

/** @throws WeirError when the URL is none; TellError from `tell`: one sentence. */
export function createMailTeller(options: MailTellerOptions): Teller {
  const mailer = createMailer(options);
  return {
    name: 'mail',
    tell: (news) => mailer.send(options.to, mailMessage(news, options.from)),
    close: () => mailer.close(),
  };
}

/** Subject, body and headers of one mail. Pure. */
export function mailMessage(news: Message, from: string) {
  const title = oneLine(news.title);
  const word = messageWord(news);
  const sign = SIGN[messageLevel(news)];
  const lines = news.lines.map(oneLine);
  const foot = `Pool ${oneLine(news.pool)}, told by ${oneLine(news.from)}, ${formatIso(news.at)}.`;
  return {
    // Never a line break: it would end the header and begin another.
    subject: trimTo(`[weir ${oneLine(news.pool)}] ${word}: ${title}`, 200),
    // The same news twice is the same message: a mail program that has it shows it once.
    messageId: messageIdOf(news.id, from),
    date: new Date(news.at),
    priority: news.severity === 'page' && news.kind !== 'resolved' ? ('high' as const) : ('normal' as const),
    text: [`${sign} ${word}: ${title}`, '', ...lines, ...(lines.length > 0 ? [''] : []), foot, ''].join('\n'),
    html: html`<!doctype html><html><body style="font: 15px/1.5 sans-serif">
<p style="font-size: 18px"><strong>${sign} ${word}: ${title}</strong></p>
${lines.map((line) => html`<p>${line}</p>\n`)}<p style="color: #666">${foot}</p>
</body></html>`.toString(),
  };
}
