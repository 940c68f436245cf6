/** A real SMTP server for one test; what it took is parsed by mailparser. */

import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface TestSmtp {
  readonly port: number;
  readonly mails: (ParsedMail & { readonly raw: string })[];
  /** Refuses from now on. */
  refuse: boolean;
  stop(): Promise<void>;
}

/** @param passwords by user, looked at with each log-in; left out: nobody need log in. */
export async function startSmtp(passwords?: ReadonlyMap<string, string>): Promise<TestSmtp> {
  const mails: TestSmtp['mails'] = [];
  const server = new SMTPServer({
    authOptional: passwords === undefined,
    allowInsecureAuth: true,
    onAuth({ username = '', password }, _session, done) {
      const isKnown = passwords === undefined || passwords.get(username) === password;
      // A server may quote what it was given.
      done(isKnown ? null : new Error(`Not known: ${username} ${password}`), isKnown ? { user: username } : undefined);
    },
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        if (smtp.refuse) return done(new Error('451 try again later'));
        const raw = Buffer.concat(chunks).toString();
        mails.push(Object.assign(await simpleParser(raw), { raw }));
        return done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const smtp: TestSmtp = {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refuse: false,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return smtp;
}
