/**
 * Every word that a server's error begins with, but ERR: taken out of the sources of Redis 2.4.18, 2.6.17, 2.8.24, 3.0.7,
 * 3.2.13, 4.0.14, 5.0.14, 6.0.20, 6.2.14, 7.0.15, 7.2.5, 7.4.1 and 8.0-m01, and of Valkey 7.2.7 and 8.0.1 (string literals
 * of src/*.c that begin with a dash, and `-%s` with its words). To each what it tells of.
 */

interface ErrorWord {
  /** The first of these versions that has it. */
  readonly since: string;
  readonly tellsOf: 'member' | 'password' | 'permission' | 'protected-mode' | 'other';
}

const member = (since: string): ErrorWord => ({ since, tellsOf: 'member' });
const other = (since: string): ErrorWord => ({ since, tellsOf: 'other' });

export const ERROR_WORDS: Readonly<Record<string, ErrorWord>> = {
  ASK: member('3.0'),
  BUSY: member('2.6'),
  CLUSTERDOWN: member('3.0'),
  LOADING: member('2.4'),
  MASTERDOWN: member('2.6'),
  MISCONF: member('2.6'),
  MOVED: member('3.0'),
  NOREPLICAS: member('2.8'),
  OOM: member('2.6'),
  READONLY: member('2.6'),
  REDIRECT: member('Valkey 8.0'),
  TRYAGAIN: member('3.0'),

  DENIED: { since: '3.2', tellsOf: 'protected-mode' },
  NOAUTH: { since: '2.8', tellsOf: 'password' },
  NOPERM: { since: '6.0', tellsOf: 'permission' },
  WRONGPASS: { since: '6.0', tellsOf: 'password' },

  BUSYGROUP: other('5.0'),
  BUSYKEY: other('3.0'),
  CROSSSLOT: other('3.0'),
  DISABLED: other('5.0'),
  EXECABORT: other('2.6'),
  IDONTKNOW: other('2.6'),
  INPROG: other('2.6'),
  INVALIDOBJ: other('2.8'),
  IOERR: other('2.6'),
  NOGOODSLAVE: other('2.6'),
  NOGROUP: other('5.0'),
  NOMASTERLINK: other('4.0'),
  NOPROTO: other('6.0'),
  NOQUORUM: other('2.8'),
  NOSCRIPT: other('2.6'),
  NOSUB: other('Valkey 8.0'),
  NOTBUSY: other('2.6'),
  UNBLOCKED: other('2.8'),
  UNKILLABLE: other('2.6'),
  WRONGTYPE: other('2.8'),
};
