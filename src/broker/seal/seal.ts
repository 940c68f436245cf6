/**
 * A seal says who wrote a text: its last field, `seal`, ends with an Ed25519 signature over every byte before it. A role has
 * its private key, the others only the public one, so that root of a node cannot write a worker's job. A process of a version
 * that knows no seals reads the same text and passes the field over.
 *
 * Signing costs 0.1 ms and checking 0.2 ms (test/bench/seal.bench.ts), where an HMAC would cost a tenth: but who can check an
 * HMAC can write it, and every node checks what a worker writes.
 */

import { type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { SealConfig, SealMode, SealRole } from '../../model/configuration/seal.ts';
import { SEAL_ROLES } from '../../model/configuration/seal.ts';
import { formatDuration } from '../../model/duration.ts';
import { WeirError } from '../../model/error.ts';
import { publicKeyOf } from './keys.ts';
import { mayNot, nameOf } from './may.ts';

/** What is sealed with the text: its pool, its kind, its process and its end. */
export interface SealMark {
  readonly role: SealRole;
  /** The process: its numbers only grow. */
  readonly from: string;
  readonly n: number;
  readonly pool: string;
  readonly kind: string;
  /** Broker time in ms after which it is not taken any more. */
  readonly until: number;
}

export interface SealTerms {
  readonly pool: string;
  readonly kind: string;
  readonly until: number;
}

/** The result of checking a seal: who wrote it; none, which is accepted; or why it is refused, in a part of a sentence. */
export type SealFound = { readonly mark: SealMark } | 'none' | { readonly fault: string };

export interface Seal {
  readonly mode: Exclude<SealMode, 'off'>;
  /**
   * The JSON of the value with its seal as the last field; without one where this process has no key.
   * @throws WeirError 'config' where it has none and seals are required.
   */
  sealed(value: object, terms: SealTerms): string;
  /** @param text the JSON that the value was read from; left out: what it is as JSON. @param now broker time in ms */
  find(value: unknown, expected: Omit<SealTerms, 'until'>, now: number, text?: string): SealFound;
}

export interface SealParts {
  readonly mode: Exclude<SealMode, 'off'>;
  readonly role: SealRole;
  readonly key?: KeyObject | undefined;
  /** Why there is no key, in a sentence. */
  readonly unfit?: string;
  readonly public: SealConfig['public'];
  /** Pool to the names of its members. */
  readonly members: Readonly<Record<string, ReadonlySet<string>>>;
}

/** The end of a sealed text; what comes before is signed. */
const TAIL = /,"sig":"([A-Za-z0-9_-]{86})"\}\}$/;

export function createSeal({ mode, role, key, unfit, public: keys, members }: SealParts): Seal {
  const from = randomBytes(6).toString('base64url');
  const parsedKeys = new Map<string, KeyObject>();
  let last = 0;

  function next(): number {
    last = Math.max(last + 1, Date.now());
    return last;
  }

  function keyOf(text: string): KeyObject {
    const key = parsedKeys.get(text) ?? publicKeyOf(text);
    parsedKeys.set(text, key);
    return key;
  }

  function keysFor({ role: by }: SealMark, value: object): readonly string[] {
    if (by !== 'node') return keys[by];
    const own = nameOf(value as Readonly<Record<string, unknown>>);
    return (Object.hasOwn(keys.node, own) ? keys.node[own] : keys.node['*']) ?? [];
  }

  return {
    mode,
    sealed(value, { pool, kind, until }) {
      if (key === undefined) {
        if (mode === 'require') throw new WeirError('config', unfit ?? 'seal.key is not set.');
        return JSON.stringify(value);
      }
      const mark: SealMark = { role, from, n: next(), pool, kind, until: Math.ceil(until) };
      const { seal: _, ...rest } = value as { readonly seal?: unknown };
      const signed = JSON.stringify({ ...rest, seal: mark }).slice(0, -2);
      return `${signed},"sig":"${sign(null, Buffer.from(signed), key).toString('base64url')}"}}`;
    },
    find(value, expected, now, text = JSON.stringify(value)) {
      const mark = markIn(value);
      if (mark === undefined) return mode === 'accept' ? 'none' : { fault: 'it is not sealed' };
      const fault = misfit(mark, expected, now);
      if (fault !== undefined) return { fault };
      const signature = TAIL.exec(text);
      const signed = Buffer.from(text.slice(0, signature?.index ?? 0));
      const made = Buffer.from(signature?.[1] ?? '', 'base64url');
      const isTheirs = keysFor(mark, value as object).some((key) => verify(null, signed, keyOf(key), made));
      if (!isTheirs) return { fault: `its seal is by none of the keys of a ${mark.role}` };
      const wrong = mayNot(
        mark.role,
        mark.kind,
        value as Readonly<Record<string, unknown>>,
        members[mark.pool] ?? new Set(),
      );
      return wrong === undefined ? { mark } : { fault: wrong };
    },
  };
}

/** The claim; a value that has one in another form is sealed by nobody. */
function markIn(value: unknown): SealMark | undefined {
  return typeof value === 'object' && value !== null && 'seal' in value ? (value.seal as SealMark) : undefined;
}

function misfit(mark: SealMark, { pool, kind }: Omit<SealTerms, 'until'>, now: number): string | undefined {
  const { role, from, n, until } = (mark ?? {}) as SealMark;
  const isOne =
    SEAL_ROLES.includes(role) && typeof from === 'string' && Number.isSafeInteger(n) && Number.isFinite(until);
  if (!isOne) return 'its seal is none';
  if (mark.pool !== pool) return 'it was sealed for another pool';
  if (mark.kind !== kind) return 'it was sealed as something else';
  return now > until ? `its seal ended ${formatDuration(now - until)} ago` : undefined;
}
