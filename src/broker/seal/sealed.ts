/** Which process a connection to the broker writes for, and how it looks at what it reads there. */

import type { KeyObject } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { SealRole } from '../../model/configuration/seal.ts';
import { WeirError } from '../../model/error.ts';
import { isKeyText, privateKeyOf, publicTextOf } from './keys.ts';
import { createSeal, type Seal } from './seal.ts';

const seals = new WeakMap<Redis, Seal>();

/** Seals from now on what these connections append, commit or agree on, and checks what they read. */
export function sealOn(connections: readonly Redis[], seal: Seal | undefined): void {
  if (seal !== undefined) for (const connection of connections) seals.set(connection, seal);
}

/** undefined where nothing is sealed. */
export function sealOf(redis: Redis): Seal | undefined {
  return seals.get(redis);
}

/**
 * The seal of a process. A terminal may have no key, or that of its host's worker: then it reads, and writes nothing that must
 * be sealed.
 * @throws WeirError 'config' where the key of a node or worker cannot be used: all that it writes would be refused.
 */
export function openSeal({ seal, pools }: Pick<WeirConfig, 'seal' | 'pools'>, role: SealRole): Seal | undefined {
  const { mode } = seal;
  if (mode === 'off') return undefined;
  const key = keyIn(seal);
  const unfit = whyUnfit(seal, role, key);
  if (unfit !== undefined && role !== 'terminal') throw new WeirError('config', unfit);
  const members = Object.values(pools).map(({ name, members: all }) => [name, new Set(Object.keys(all))] as const);
  const parts = { mode, role, public: seal.public, members: Object.fromEntries(members) };
  return createSeal({ ...parts, ...(unfit === undefined ? { key } : { unfit }) });
}

function whyUnfit(seal: WeirConfig['seal'], role: SealRole, key: KeyObject | undefined): string | undefined {
  if (key === undefined)
    return `${placeOf(seal)}seal.key is not set, expected the key of a ${role}: what it writes would be refused.`;
  const own = publicTextOf(key);
  const taken = role === 'node' ? Object.values(seal.public.node).flat() : seal.public[role];
  if (taken.includes(own)) return undefined;
  return `${placeOf(seal)}seal.key is of no ${role}, expected one of those in seal.public.${role}: its public key, ${own}, is not there.`;
}

/** "weir.yaml:5:8 ": as every fault of weir.yaml begins. */
function placeOf({ keyAt }: WeirConfig['seal']): string {
  return keyAt === undefined ? '' : `${keyAt} `;
}

function keyIn(seal: WeirConfig['seal']): KeyObject | undefined {
  const text = seal.key?.reveal();
  if (text === undefined) return undefined;
  if (isKeyText(text)) return privateKeyOf(text);
  throw new WeirError('config', `${placeOf(seal)}seal.key is no key, expected one as \`weir seal new\` prints it.`);
}
