/** One mail per news, through nodemailer. */

import { createHash } from 'node:crypto';
import nodemailer from 'nodemailer';
import type { Secret } from '../model/config.ts';
import { messageOf, WeirError } from '../model/error.ts';
import type { News } from '../model/tell.ts';
import { html } from './html.ts';
import { oneLine, trimTo } from './plain.ts';
import { newsLevel, newsWord, SIGN } from './signs.ts';
import { quoteAnswer, TellError, type Teller } from './teller.ts';
import { formatIso } from './times.ts';

export interface MailTellerOptions {
  /** `smtp://user:password@host:port` (STARTTLS where offered) or `smtps://` (TLS from the first byte). */
  readonly smtp: Secret;
  readonly from: string;
  readonly to: readonly string[];
  /** For the connection, the greeting, and any silence after them, in ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** @throws WeirError when the URL is none; TellError from `tell`: one sentence. */
export function createMailTeller(options: MailTellerOptions): Teller {
  const server = parseSmtpUrl(options.smtp.reveal());
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const transport = nodemailer.createTransport({
    url: options.smtp.reveal(),
    pool: true,
    maxConnections: 1,
    // A pooled connection that has died is noticed at the next mail: one more try, the rest is the queue's.
    maxRequeues: 1,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    requireTLS: server.requireTls,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as Parameters<typeof nodemailer.createTransport>[0]);
  return {
    name: 'mail',
    async tell(news) {
      try {
        const sent = await transport.sendMail({
          from: options.from,
          to: [...options.to],
          ...mailMessage(news, options.from),
        });
        const { rejected } = sent as { rejected?: readonly (string | { address: string })[] };
        if (rejected !== undefined && rejected.length > 0) {
          const names = rejected.map((one) => (typeof one === 'string' ? one : one.address)).join(', ');
          throw new Error(`the server refused ${names}`);
        }
      } catch (error) {
        const seen = quoteAnswer(messageOf(error), server.secrets);
        const text = `A mail through ${server.host} did not arrive: ${seen}. Check tell.mail; it will be tried again.`;
        throw new TellError('mail', text);
      }
    },
    close() {
      transport.close();
    },
  };
}

export interface SmtpServer {
  readonly host: string;
  readonly requireTls: boolean;
  readonly secrets: readonly string[];
}

/** A password never crosses a network in clear: with one, and a host that is not this one, STARTTLS is demanded. */
export function parseSmtpUrl(url: string): SmtpServer {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new WeirError('config', 'tell.mail.smtp is not a URL; write smtp://user:password@host:port or smtps://...');
  }
  if (parsed.protocol !== 'smtp:' && parsed.protocol !== 'smtps:') {
    throw new WeirError('config', `tell.mail.smtp begins with ${parsed.protocol}//; write smtp:// or smtps://.`);
  }
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  const password = parsed.password;
  return {
    host: parsed.host,
    requireTls: parsed.protocol === 'smtp:' && password !== '' && !loopback,
    secrets: password === '' ? [] : [password, decodeURIComponent(password)],
  };
}

/** Subject, body and headers of one mail. Pure. */
export function mailMessage(news: News, from: string) {
  const title = oneLine(news.title);
  const word = newsWord(news);
  const sign = SIGN[newsLevel(news)];
  const lines = news.lines.map(oneLine);
  const foot = `Pool ${oneLine(news.pool)}, told by ${oneLine(news.from)}, ${formatIso(news.at)}.`;
  return {
    // Never a line break: it would end the header and begin another.
    subject: trimTo(`[weir ${oneLine(news.pool)}] ${word}: ${title}`, 200),
    // The same news twice is the same message: a mail program that has it shows it once.
    messageId: `<${createHash('sha256').update(news.id).digest('hex').slice(0, 32)}@${domainOf(from)}>`,
    date: new Date(news.at),
    priority: news.severity === 'page' && news.kind !== 'resolved' ? ('high' as const) : ('normal' as const),
    // RFC 3834: out-of-office programs must not answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: [`${sign} ${word}: ${title}`, '', ...lines, ...(lines.length > 0 ? [''] : []), foot, ''].join('\n'),
    html: html`<!doctype html><html><body style="font: 15px/1.5 sans-serif">
<p style="font-size: 18px"><strong>${sign} ${word}: ${title}</strong></p>
${lines.map((line) => html`<p>${line}</p>\n`)}<p style="color: #666">${foot}</p>
</body></html>`.toString(),
  };
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'weir.invalid';
}
