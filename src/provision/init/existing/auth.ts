/** The variables of the environment that hold the passwords of VRRP. Pure. No password leaves this file. */

import { allOf } from '../keepalived/syntax.ts';
import type { ExistingInstance } from './instance.ts';

/** VRRP sends no more. */
const SENT_BYTES = 8;
const COMMON = 'VRRP_PASS';

/** One for all where they have the same password, else one for each instance. */
export function authVariables(instances: readonly ExistingInstance[]): ReadonlyMap<ExistingInstance, string> {
  const guarded = [...new Set(instances)].filter(({ authentication }) => authentication === 'PASS');
  if (new Set(guarded.map(passwordOf)).size < 2) return new Map(guarded.map((one) => [one, COMMON]));
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
