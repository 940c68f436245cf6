/** `seal` of weir.yaml: who seals what is written to the broker. */

import { z } from 'zod';
import { keys, oneOf } from '../lib/yaml/issue.ts';
import { SEAL_MODES, type SealConfig } from '../model/configuration/seal.ts';
import type { Complaint } from './checks/complaint.ts';
import { name, secretText } from './values.ts';

const KEY = 'expected a public key as `weir seal new` prints it';

function publicKeys() {
  const publicKey = z.string({ error: KEY }).regex(/^[A-Za-z0-9_-]{43}$/, { error: KEY });
  return z.array(publicKey).max(2, { error: 'expected two keys at most, the old one and the new one' });
}

export const sealSchema = keys({
  mode: oneOf(SEAL_MODES)
    .default('off')
    .describe('accept: seal, and take what is not sealed; require: refuse that; the order: docs/rotation.md'),
  key: secretText().optional().describe('the private key of this process, as $NAME'),
  public: keys({
    node: z
      .union([publicKeys(), z.record(name(), publicKeys())])
      .default([])
      .describe('of the nodes: a list, or a list for each by its name'),
    worker: publicKeys().default([]).describe('of the workers'),
    terminal: publicKeys().default([]).describe('of the terminals'),
  })
    .prefault({})
    .describe('whose seals are taken, two keys of each at a time'),
});

type WrittenSeal = z.output<typeof sealSchema>;

/** Pure. */
export function checkSeal({ mode, public: { node, worker, terminal } }: WrittenSeal): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: string[], message: string) => complaints.push({ path: ['seal', ...path], message });
  if (mode === 'off') return complaints;
  const lists = { node: Array.isArray(node) ? node : Object.values(node).flat(), worker, terminal };
  for (const [role, list] of Object.entries(lists)) {
    if (list.length === 0)
      complain(['mode'], `seal.public.${role} is empty: nothing that a ${role} writes would be taken`);
  }
  return complaints;
}

export function toSeal({ mode, key, public: { node, ...others } }: WrittenSeal): SealConfig {
  return {
    mode,
    ...(key !== undefined && { key }),
    public: { ...others, node: Array.isArray(node) ? { '*': node } : node },
  };
}
