/** Names the environment variables for the passwords of VRRP. No password leaves this file. Pure. */

import { allOf } from '../keepalived/syntax.ts';
import type { ExistingInstance } from './instance.ts';

/** VRRP sends no more bytes of a password. */
const SENT_BYTES = 8;
const COMMON = 'VRRP_PASS';

/** One variable serves all instances that have the same password; else each has its own. */
export function authVariables(instances: readonly ExistingInstance[]): ReadonlyMap<ExistingInstance, string> {
  const guarded = [...new Set(instances)].filter(({ authentication }) => authentication === 'PASS');
  if (new Set(guarded.map(passwordOf)).size < 2) return new Map(guarded.map((instance) => [instance, COMMON]));
  const names = guarded.map(({ name }) => `${COMMON}_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`);
  return new Map(
    guarded.map((one, index) => {
      const name = names[index] as string;
      return [one, names.indexOf(name) === index ? name : `${name}_${index + 1}`];
    }),
  );
}

function passwordOf({ statement }: ExistingInstance): string {
  const inside = allOf(statement.block, 'authentication').flatMap(({ block = [] }) => block);
  const password = allOf(inside, 'auth_pass').at(-1)?.words[1]?.text ?? '';
  return Buffer.from(password).subarray(0, SENT_BYTES).toString('hex');
}
