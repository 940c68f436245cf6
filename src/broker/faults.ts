/** What can be wrong with the broker, or with one of its Sentinels: what is seen then, and what to do. */

import { type TlsWhere, tlsFaultOf } from '../lib/redis/tls-faults.ts';
import type { SentinelsConfig, TlsConfig } from '../model/configuration/config.ts';
import { messageOf } from '../model/error.ts';

/** The broker as a sentence needs it. */
export interface Named {
  /** redis://host:port or the path of a socket. */
  readonly url: string;
  readonly username?: string;
  readonly password?: unknown;
  /** Whether it is the one that `weir up` starts. */
  readonly isEmbedded?: boolean;
  readonly sentinels?: SentinelsConfig;
  readonly tls?: TlsConfig;
}

interface Fault {
  /** Matches the code and the message of an error. */
  readonly says: RegExp;
  readonly seen: string | ((broker: Named) => string);
  readonly next: string | ((broker: Named) => string);
}

/** Users as `weir broker acl` names them. */
const OF_ONE_ROLE = /^weir-(worker|terminal|node-.+)$/;

const CHECK_URL = 'Correct broker.url in weir.yaml, or start the broker there.';
const TLS: TlsWhere = { key: 'broker.tls', whose: 'the broker' };

const NOBODY_ANSWERED = 'nobody answered the connection in time';
const DOES_NOT_ANSWER = 'it took the connection and does not answer';
export const TIME_OUTS = [NOBODY_ANSWERED, DOES_NOT_ANSWER];

/** Where it is, its Sentinels say. */
const CHECK_MASTER = 'Start the broker there, or wait until its Sentinels make another one the master.';

/** The first that fits counts. Codes of sockets: errno(3). What TLS fails with is in src/lib/redis/tls-faults.ts. */
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
    seen: ({ username = 'default' }) => `its user ${username} may not do what Weir does there`,
    next: ({ username = '' }) =>
      OF_ONE_ROLE.test(username)
        ? `That user is for one role: a command at the terminal has weir-terminal, with its files in /etc/weir/terminal (docs/deploy.md). A process that has its own lacks what \`weir broker acl\` prints.`
        : 'Give that user its rights on the broker: `weir broker acl` prints them.',
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
    says: /^OPEN_MASTER$/,
    seen: 'its Sentinels name a master beyond this machine, and weir.yaml has no broker.password or no broker.tls',
    next: 'Set both, or broker.insecure: true, which takes it as it is.',
  },
  {
    says: /^NOT_MASTER$/,
    seen: 'its Sentinels name it the master, and it is a replica',
    next: 'Wait for the switch-over to end; `SENTINEL MASTERS` on the Sentinels shows what they see.',
  },
  {
    says: /unknown command/i,
    seen: 'it does not know a command that Weir needs',
    next: 'Look whether that is the broker, and nothing else.',
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

/** What an error says of itself: its code and its message. */
export function saidBy(error: unknown): string {
  const { code } = error as { code?: unknown };
  return `${typeof code === 'string' ? code : ''} ${messageOf(error)}`.trim();
}

/** Whether TLS is what an error tells of. */
export function isTlsFault(error: unknown): boolean {
  return tlsFaultOf(error, TLS) !== undefined;
}

/** What is seen, a clause, and what to do, a sentence; undefined where nothing is known of the error. Pure. */
export function faultOf(broker: Named, error: unknown): { readonly seen: string; readonly next: string } | undefined {
  const tls = tlsFaultOf(error, TLS);
  if (tls !== undefined) return tls;
  const said = saidBy(error);
  const fault = FAULTS.find(({ says }) => says.test(said));
  if (fault === undefined) return undefined;
  const [seen = '', next = ''] = [fault.seen, fault.next].map((part) =>
    typeof part === 'string' ? part : part(broker),
  );
  return { seen, next: next === CHECK_URL && broker.sentinels !== undefined ? CHECK_MASTER : next };
}
