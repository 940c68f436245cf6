import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../src/model/people/message.ts';
import { threadOfMessage } from '../../src/tell/incidents/threads.ts';
import { createMailer, parseSmtpUrl } from '../../src/tell/notify/mail/mailer.ts';
import { createMailNotifier } from '../../src/tell/notify/mail/notifier.ts';
import { threadMail } from '../../src/tell/notify/mail/thread.ts';
import { showMessage } from '../../src/tell/notify/notifier.ts';
import { TellError } from '../../src/tell/notify/tell-error.ts';
import { news, secret } from './fixtures/news.ts';

const PASSWORD = 'p@ss/word';
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Received {
  readonly raw: string;
  readonly to: string[];
  readonly user: unknown;
}

async function startSmtp(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Received[] }> {
  const mails: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    // Not encrypted: this is loopback, the one place where Weir sends a password so.
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      password === PASSWORD ? done(null, { user: username }) : done(new Error('Invalid login')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        mails.push({ raw, to: session.envelope.rcptTo.map((one) => one.address), user: session.user });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

/** `timeoutMs`: short where a server is silent; else it is only that a test ends, for a busy machine may be slow. */
function by(smtp: string, timeoutMs = 30_000): { tell(message?: Message): Promise<void> } {
  const from = 'Weir <weir@example.com>';
  const mailer = createMailer({ smtp: secret(smtp), from, timeoutMs });
  closers.push(() => mailer.close());
  const to = ['oncall@example.com', 'second@example.com'];
  const notifier = createMailNotifier({ mailer, from, to, gapMs: 0 });
  return { tell: (message = news()) => showMessage(notifier, message) };
}

function withLogin(port: number, password: string): string {
  return `smtp://weir:${encodeURIComponent(password)}@127.0.0.1:${port}`;
}

async function failure(promise: Promise<void>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TellError);
  const { message } = error as TellError;
  expect(message).not.toContain(PASSWORD);
  expect(message).not.toContain(encodeURIComponent(PASSWORD));
  return message;
}

function header(raw: string, name: string): string | undefined {
  const head = raw.split('\r\n\r\n')[0]?.replace(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'mi').exec(head ?? '')?.[1];
}

describe('a mail', () => {
  it('arrives after a login, for everybody, in text and HTML, marked as automatic', async () => {
    const { port, mails } = await startSmtp({ authOptional: false });
    await by(withLogin(port, PASSWORD)).tell();

    const [mail] = mails;
    expect(mail?.user).toBe('weir');
    expect(mail?.to).toEqual(['oncall@example.com', 'second@example.com']);
    expect(header(mail?.raw ?? '', 'Subject')).toMatch(/\[weir logs\] PAGE: Downstream stalled/);
    expect(header(mail?.raw ?? '', 'Auto-Submitted')).toBe('auto-generated');
    expect(mail?.raw).toContain('Content-Type: text/plain');
    expect(mail?.raw).toContain('Content-Type: text/html');
  });

  it('has the same Message-ID when the same news is told twice', async () => {
    const { port, mails } = await startSmtp();
    const one = by(`smtp://127.0.0.1:${port}`);
    await one.tell();
    await one.tell();
    await one.tell(news({ id: 'another' }));

    const ids = mails.map((mail) => header(mail.raw, 'Message-ID'));
    expect(ids[0]).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('a line break in the title makes no header', async () => {
    const { port, mails } = await startSmtp();
    const title = 'full\r\nBcc: evil@example.com\nX-Evil: 1\u2028\r\n\r\nbody';
    await by(`smtp://127.0.0.1:${port}`).tell(news({ title, pool: 'logs\nX-Evil: 2' }));

    const [mail] = mails;
    expect(header(mail?.raw ?? '', 'Bcc')).toBeUndefined();
    expect(header(mail?.raw ?? '', 'X-Evil')).toBeUndefined();
    expect(mail?.to).not.toContain('evil@example.com');
    expect(header(mail?.raw ?? '', 'Subject')).toContain('Bcc: evil@example.com');
  });

  it('keeps what is not ASCII', async () => {
    const { port, mails } = await startSmtp();
    await by(`smtp://127.0.0.1:${port}`).tell(news({ title: 'Füllstand 日本', lines: ['größer als 85 %'] }));

    const subject = header(mails[0]?.raw ?? '', 'Subject') ?? '';
    const decoded = subject
      .replace(/\?=\s+=\?/g, '?==?')
      .replace(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString())
      .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) =>
        Buffer.from(
          text
            .replace(/_/g, ' ')
            .replace(/=(..)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        ).toString(),
      );
    expect(decoded).toContain('Füllstand 日本');
    expect(subject).toMatch(/^[\x20-\x7e]*$/);
  });

  it('escapes names in the HTML part', () => {
    const { html } = mailOf({ title: '<img src=x>', lines: ['<script>'] });
    expect(html).toContain('&lt;img src=x&gt;');
    expect(html).not.toContain('<script>');
  });
});

function mailOf(parts: Partial<Message>) {
  const message = news({ kind: 'notice', ...parts });
  const view = { thread: threadOfMessage(message), incidents: [], mutes: [] };
  return threadMail(view, { from: 'weir@example.com', since: 0, now: message.at });
}

describe('what a node tells by itself', () => {
  it('is urgent where it pages, says who tells it, and sends nobody to a broker that has nothing of it', () => {
    const { priority, text } = mailOf({ from: 'a', lines: ['It takes no new action.'] });
    expect(priority).toBe('high');
    expect(mailOf({ severity: 'warn' }).priority).toBe('normal');
    expect(text).toContain('It takes no new action.');
    expect(text).toContain('Told by: a');
    expect(text).not.toContain('weir why');
  });

  it('has one Message-ID whoever says it, and whenever', () => {
    expect(mailOf({ from: 'a' }).messageId).toBe(mailOf({ from: 'b', at: news().at + 1_000 }).messageId);
  });
});

describe('a failure', () => {
  it('a refused login', async () => {
    const { port, mails } = await startSmtp({ authOptional: false });
    expect(await failure(by(withLogin(port, 'wrong')).tell())).toMatch(/Invalid login.*Check tell\.mail/);
    expect(mails).toHaveLength(0);
  });

  it('a 4xx from the server', async () => {
    const { port } = await startSmtp({
      onMailFrom: (_address, _session, done) =>
        done(Object.assign(new Error('Greylisted, try later'), { responseCode: 451 })),
    });
    expect(await failure(by(`smtp://127.0.0.1:${port}`).tell())).toContain('451 Greylisted');
  });

  it('one recipient refused is a failure: somebody was not told', async () => {
    const { port } = await startSmtp({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('second') ? new Error('No such user') : null),
    });
    expect(await failure(by(`smtp://127.0.0.1:${port}`).tell())).toContain('second@example.com');
  });

  it('a server that accepts and says nothing', async () => {
    const port = await startSilent();
    const started = performance.now();
    expect(await failure(by(`smtp://127.0.0.1:${port}`, 200).tell())).toMatch(/Greeting never received|Timeout/i);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('a server that stops in the middle', async () => {
    const { port } = await startSmtp({ onData: (stream) => void stream.resume() });
    const started = performance.now();
    expect(await failure(by(`smtp://127.0.0.1:${port}`, 200).tell())).toMatch(/Timeout|closed|Greeting never/i);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('nobody listens', async () => {
    expect(await failure(by('smtp://127.0.0.1:1').tell())).toContain('ECONNREFUSED');
  });

  it('an address that is none of SMTP is said at once', () => {
    expect(() => by('mail.example.com')).toThrow(/not a URL/);
    expect(() => by('https://mail.example.com')).toThrow(/begins with https:\/\//);
  });
});

it.each([
  ['smtp://u:p@mail.example.com', true],
  ['smtp://mail.example.com', false],
  ['smtp://u:p@127.0.0.1:25', false],
  ['smtps://u:p@mail.example.com', false],
])('a password crosses a network encrypted only: %s demands STARTTLS: %s', (url, requireTls) => {
  expect(parseSmtpUrl(url).requireTls).toBe(requireTls);
});

async function startSilent(): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
