/** Why the broker cannot be had, in one sentence: what was tried, what was seen, what to do. */

import type { Redis } from 'ioredis';
import { lastFault } from '../lib/redis/connections.ts';
import { asksForCertificate, speaksPlain, speaksTls, wordAtTheDoor } from '../lib/redis/refusals.ts';
import { messageOf, WeirError } from '../model/error.ts';

/** The broker as a sentence needs it. */
interface Named {
  /** redis://host:port or the path of a socket. */
  readonly url: string;
  readonly username?: string;
  readonly password?: unknown;
  /** Whether it is the one that `weir up` starts. */
  readonly isEmbedded?: boolean;
}

interface Fault {
  /** Matches the code and the message of an error. */
  readonly says: RegExp;
  readonly seen: string | ((broker: Named) => string);
  readonly next: string;
}

const CHECK_URL = 'Correct broker.url in weir.yaml, or start the broker there.';
const CERTIFICATE = 'Give the broker a certificate that is good for broker.url';
/** Node reads it at its start, whatever the program. */
const TRUST = 'Name the file with that CA in $NODE_EXTRA_CA_CERTS, and start Weir again.';

const NOBODY_ANSWERED = 'nobody answered the connection in time';
const DOES_NOT_ANSWER = 'it took the connection and does not answer';
const TIME_OUTS = [NOBODY_ANSWERED, DOES_NOT_ANSWER];

/** The first that fits counts. Codes of sockets: errno(3); of TLS: Node's tls.html, "X509 certificate error codes". */
const FAULTS: readonly Fault[] = [
  {
    says: /^\S* ?(WRONGPASS|ERR invalid password)/,
    seen: ({ username }) =>
      username === undefined
        ? 'it refuses the password'
        : `it refuses the user ${username}: the password is another, or there is no such user`,
    next: 'Correct broker.password in weir.yaml; `ACL LIST` on the broker shows its users.',
  },
  {
    says: /\bNOAUTH\b/,
    seen: ({ password }) =>
      password === undefined ? 'it asks for a password, and weir.yaml has none' : 'it does not take the password',
    next: 'Set broker.password in weir.yaml.',
  },
  {
    says: /\bNOPERM\b/,
    seen: 'its user may not do what Weir does there',
    next: 'Give that user its rights on the broker (ACL SETUSER).',
  },
  {
    says: /\bDENIED\b/,
    seen: 'it is in protected mode, which lets in its own host only',
    next: 'Give the broker a password (requirepass) and set broker.password in weir.yaml.',
  },
  {
    says: /max number of clients/i,
    seen: 'it has as many clients as it takes',
    next: 'Raise maxclients on the broker, or end what else is connected there.',
  },
  { says: /\b(ENOTFOUND|EAI_AGAIN|EAI_NODATA)\b/, seen: 'its host is not known here', next: CHECK_URL },
  { says: /\bECONNREFUSED\b/, seen: 'nothing listens there', next: CHECK_URL },
  { says: /\bENOENT\b/, seen: 'there is no such socket', next: CHECK_URL },
  {
    says: /\b(EACCES|EPERM)\b/,
    seen: 'this user may not connect to it',
    next: 'Run Weir as a user that may open that socket.',
  },
  {
    says: /\b(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ENETDOWN)\b/,
    seen: 'there is no way there from this host',
    next: 'Look at the routes of this host and at the firewall, or correct broker.url in weir.yaml.',
  },
  {
    says: /\bconnect ETIMEDOUT\b/,
    seen: NOBODY_ANSWERED,
    next: 'Look whether that host is up, and at the firewall; or correct broker.url in weir.yaml.',
  },
  {
    says: /\b(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_UNTRUSTED)\b/,
    seen: 'its certificate is of a CA that is not known here',
    next: TRUST,
  },
  {
    says: /\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    seen: 'its certificate is for another name',
    next: `${CERTIFICATE}, or write a name of the certificate there.`,
  },
  { says: /\bCERT_HAS_EXPIRED\b/, seen: 'its certificate has expired', next: `${CERTIFICATE} and for today.` },
  {
    says: /\bCERT_NOT_YET_VALID\b/,
    seen: 'its certificate is not valid yet',
    next: 'Look at the clock of this host, and at the certificate.',
  },
  {
    says: /ALERT_CERTIFICATE_REQUIRED|certificate required|ALERT_HANDSHAKE_FAILURE/i,
    seen: 'it asks for a certificate of the client',
    next: 'Set `tls-auth-clients no` on the broker.',
  },
  {
    says: /\b(SPEAKS_PLAIN|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)\b/,
    seen: 'it does not speak TLS',
    next: 'Write redis:// in broker.url, or give the broker a tls-port.',
  },
  {
    says: /\bSPEAKS_TLS\b/,
    seen: 'it speaks TLS, and broker.url does not',
    next: 'Write rediss:// in broker.url.',
  },
  {
    says: /Unknown RESP type|Protocol error/i,
    seen: 'what answers there is no Redis',
    next: 'Correct broker.url in weir.yaml.',
  },
  {
    says: /\b(HUNG_UP|ECONNRESET|EPIPE)\b/,
    seen: 'it took the connection and hung up without a word',
    next: 'Look whether that is the broker, and into its log.',
  },
  {
    says: /Command timed out|Socket timeout|no answer within/i,
    seen: DOES_NOT_ANSWER,
    next: 'Look whether the broker hangs or is overloaded.',
  },
];

/** Errors that say that the embedded broker does not run: its socket is missing, or nobody listens there. */
const EMBEDDED_IS_AWAY = /\b(ENOENT|ECONNREFUSED)\b/;

/**
 * The sentence. `error` is what the connection last failed with (`lastFault` of src/lib/redis/connections.ts). What is
 * known of no fault is quoted. Pure.
 */
function brokerSentence(broker: Named, error: unknown): string {
  const { code } = error as { code?: unknown };
  const said = `${typeof code === 'string' ? code : ''} ${messageOf(error)}`.trim();
  if (broker.isEmbedded === true && EMBEDDED_IS_AWAY.test(said)) {
    return `weir.yaml has no broker.url, and no \`weir up\` with its own broker runs here (${broker.url}). Start that, or name the broker in broker.url.`;
  }
  const fault = FAULTS.find(({ says }) => says.test(said));
  if (fault === undefined) return `The broker cannot be used: ${broker.url}: ${messageOf(error)}.`;
  const seen = typeof fault.seen === 'string' ? fault.seen : fault.seen(broker);
  return `The broker cannot be used: ${broker.url}: ${seen}. ${fault.next}`;
}

/** What clients of Redis say of a connection that is not there. */
const AWAY =
  /^Connection is closed\.?$|Stream isn't writeable|max retries per request|Command timed out|Socket timeout|Command aborted due to connection close|\b(connect|getaddrinfo|read|write) E[A-Z_]+\b|^(WRONGPASS|NOAUTH) /;

/** Whether an error of a Redis client only says that the broker is away: the connection itself knows why. */
export function isBrokerAway(error: unknown): boolean {
  return error instanceof Error && !(error instanceof WeirError) && AWAY.test(error.message);
}

/**
 * Why the broker is away, as the last try to connect has it, else `error`. A silence is looked at once more: a Redis that
 * turns a connection away says why at its door, and who speaks TLS and who does not do not understand each other.
 */
export async function whyAway(broker: Named, redis: Redis, error: unknown): Promise<string> {
  const fault = lastFault(redis) ?? error;
  const { code, message } = fault as { code?: unknown; message?: unknown };
  const isSilence = /\b(HUNG_UP|ECONNRESET|EPIPE|connect ETIMEDOUT)\b/.test(`${String(code)} ${String(message)}`);
  return brokerSentence(broker, (isSilence ? await atTheDoor(broker.url) : undefined) ?? fault);
}

async function atTheDoor(url: string): Promise<Error | undefined> {
  if (!/^rediss?:/.test(url)) return undefined;
  const { protocol, hostname, port: written } = new URL(url);
  const [host, port] = [hostname.replace(/^\[|\]$/g, ''), Number(written || 6379)];
  if (protocol === 'rediss:') {
    if (await speaksPlain(host, port)) return new Error('SPEAKS_PLAIN');
    return (await asksForCertificate(host, port)) ? new Error('ALERT_CERTIFICATE_REQUIRED') : undefined;
  }
  const word = await wordAtTheDoor(host, port);
  if (word !== undefined) return new Error(word);
  return (await speaksTls(host, port)) ? new Error('SPEAKS_TLS') : undefined;
}

/** Whether an error is a time-out, which says less than any other fault. */
export function isTimeOut(sentence: string): boolean {
  return TIME_OUTS.some((timeOut) => sentence.includes(`: ${timeOut}. `));
}
