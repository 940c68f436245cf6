/** Who seals what is written to the broker, and whose seals are taken. */

import type { Secret } from './secret.ts';

/**
 * off: nothing is sealed or asked. accept: this process seals, refuses what is wrongly sealed, and takes what is not sealed.
 * require: it refuses that too.
 */
export const SEAL_MODES = ['off', 'accept', 'require'] as const;
export type SealMode = (typeof SEAL_MODES)[number];

/** Each has keys of its own: what one of them holds is not worth more than what it may say. */
export const SEAL_ROLES = ['node', 'worker', 'terminal'] as const;
export type SealRole = (typeof SEAL_ROLES)[number];

export interface SealConfig {
  readonly mode: SealMode;
  /** The private key of this process; absent: it writes nothing that must be sealed. */
  readonly key?: Secret;
  /** Where weir.yaml has the key, or should: `file:line:column`; absent where it came from no file. */
  readonly keyAt?: string;
  /** Public keys that are taken, two of each at a time: the old one and the new one. */
  readonly public: {
    /** By the node's name, or under `*` those that any node may have. */
    readonly node: Readonly<Record<string, readonly string[]>>;
    readonly worker: readonly string[];
    readonly terminal: readonly string[];
  };
}
