/** Sends mail: one pooled connection, bounded in time, every failure one sentence. */

import { createHash } from 'node:crypto';
import nodemailer from 'nodemailer';
import type { Secret } from '../../../model/configuration/secret.ts';
import { messageOf, WeirError } from '../../../model/error.ts';
import { quoteReply, TellError } from '../tell-error.ts';

export interface MailerOptions {
  /** `smtp://user:password@host:port` (STARTTLS where offered) or `smtps://` (TLS from the first byte). */
  readonly smtp: Secret;
  readonly from: string;
  /** The limit for the connection, for the greeting, and for any silence after them, in ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** The parts of a mail, without its sender. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly date?: Date;
  readonly priority?: 'high' | 'normal';
  readonly inReplyTo?: string;
  readonly references?: readonly string[];
  /** Pictures that the HTML names by `cid:`. */
  readonly images?: readonly { readonly cid: string; readonly png: Uint8Array }[];
}

export interface Mailer {
  /** @throws TellError: one sentence. */
  send(to: readonly string[], mail: Mail): Promise<void>;
  close(): void;
}

/** @throws WeirError when the URL is none. */
export function createMailer(options: MailerOptions): Mailer {
  const server = parseSmtpUrl(options.smtp.reveal());
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const transport = nodemailer.createTransport({
    url: options.smtp.reveal(),
    pool: true,
    maxConnections: 1,
    // A pooled connection that has died is noticed here: one more try, further ones by the queue.
    // queue.
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
    async send(to, { images = [], references, ...mail }) {
      try {
        const sent = await transport.sendMail({
          from: options.from,
          to: [...to],
          ...mail,
          // RFC 3834: programs that answer while somebody is away must not answer this.
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...(references !== undefined && { references: [...references] }),
          attachments: images.map(({ cid, png }) => ({
            ...{ cid, filename: `${cid}.png`, contentType: 'image/png', contentDisposition: 'inline' as const },
            content: Buffer.from(png),
          })),
        });
        const { rejected } = sent as { rejected?: readonly (string | { address: string })[] };
        if (rejected !== undefined && rejected.length > 0) {
          const names = rejected
            .map((recipient) => (typeof recipient === 'string' ? recipient : recipient.address))
            .join(', ');
          throw new Error(`the server refused ${names}`);
        }
      } catch (error) {
        const seen = quoteReply(messageOf(error), server.secrets);
        const text = `A mail through ${server.host} did not arrive: ${seen}. Check tell.mail; it will be tried again.`;
        throw new TellError('mail', text);
      }
    },
    close: () => transport.close(),
  };
}

/** The same thing told twice is the same message, and a mail program shows it once. */
export function messageIdOf(id: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'weir.invalid';
  return `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@${domain}>`;
}

export interface SmtpServer {
  readonly host: string;
  readonly requireTls: boolean;
  readonly secrets: readonly string[];
}

/** A password never crosses a network in clear. With one, and a server that is not this host, STARTTLS is demanded. */
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
