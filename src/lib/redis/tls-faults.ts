/** Why TLS with a Redis does not come about, in clauses: of the broker, of its Sentinels and of the members of a pool. */

import { messageOf } from '../../model/error.ts';
import { lowerFirst } from '../text/plain-text.ts';
import { type Door, misunderstanding } from './door.ts';

/** Whose TLS it is. */
export interface TlsWhere {
  /** Of weir.yaml: `broker.tls`. */
  readonly key: string;
  /** `the broker` */
  readonly whose: string;
}

interface TlsFault {
  /** Of the code and the message of an error. Codes: Node's tls.html, "X509 certificate error codes", and OpenSSL's alerts. */
  readonly says: RegExp;
  readonly seen: string;
  next(where: TlsWhere): string;
}

/** The first that fits counts. */
const TLS_FAULTS: readonly TlsFault[] = [
  {
    says: /\b(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_UNTRUSTED)\b/,
    seen: 'its certificate is of a CA that is not known here',
    next: ({ key }) => `Name the file with that CA in ${key}.ca.`,
  },
  {
    says: /\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    seen: 'its certificate is for another name',
    next: ({ key, whose }) =>
      `Give ${whose} a certificate for the name or address that Weir connects to, or write a name of the certificate into ${key}.server_name.`,
  },
  {
    says: /\bCERT_HAS_EXPIRED\b/,
    seen: 'its certificate has expired',
    next: ({ whose }) => `Give ${whose} a certificate that is good for today, and look at the clock of this host.`,
  },
  {
    says: /\bCERT_NOT_YET_VALID\b/,
    seen: 'its certificate is not valid yet',
    next: () => 'Look at the clock of this host, and at the certificate.',
  },
  {
    says: /ALERT_(CERTIFICATE_EXPIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED)\b/,
    seen: 'it refuses the certificate of this host',
    next: ({ key }) => `Look at ${key}.cert: who signed it and until when it is good; and at the CA that it takes.`,
  },
  {
    says: /ALERT_CERTIFICATE_REQUIRED|certificate required|ALERT_HANDSHAKE_FAILURE/i,
    seen: 'it asks for a certificate of the client',
    next: ({ key, whose }) => `Set ${key}.cert and ${key}.key, or \`tls-auth-clients no\` on ${whose}.`,
  },
  {
    says: /\b(SPEAKS_PLAIN|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)\b/,
    seen: 'it does not speak TLS',
    next: ({ key, whose }) => `Give ${whose} a tls-port, or take TLS out of weir.yaml (${key}).`,
  },
  {
    says: /\bSPEAKS_TLS\b/,
    seen: 'it speaks TLS, and weir.yaml does not ask for that',
    next: ({ key }) => `Set ${key}.`,
  },
];

/** Both sides understand each other's TLS, and one of them wants to go on without it, or without the other. */
export interface TlsTrouble {
  /** "its certificate has expired" */
  readonly seen: string;
  /** A sentence. */
  readonly next: string;
}

/** @returns undefined where the error tells nothing of TLS. Pure. */
export function tlsFaultOf(error: unknown, where: TlsWhere): TlsTrouble | undefined {
  if (error === undefined) return undefined;
  const { code } = error as { code?: unknown };
  const said = `${typeof code === 'string' ? code : ''} ${messageOf(error)}`;
  const fault = TLS_FAULTS.find(({ says }) => says.test(said));
  return fault && { seen: fault.seen, next: fault.next(where) };
}

/** As the Redis of a member is called. */
export const MEMBER_TLS: TlsWhere = { key: 'redis.tls', whose: 'that Redis' };

/**
 * Why a member's Redis is not spoken with, when TLS is why: what was seen, and what to do. It is asked where the connection
 * knows nothing of it (`fault`). @returns a clause; undefined where it is something else.
 */
export async function whyNotTls(fault: unknown, door: Door | undefined): Promise<string | undefined> {
  const known = tlsFaultOf(fault, MEMBER_TLS);
  const trouble = known ?? (door && tlsFaultOf(await misunderstanding(door), MEMBER_TLS));
  return trouble && `${trouble.seen} (${lowerFirst(trouble.next).replace(/\.$/, '')})`;
}
