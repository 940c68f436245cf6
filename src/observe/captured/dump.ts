/** keepalived's dump without what is a secret or none of anybody's business. Pure. */

import type { Anonymiser } from './anonymous.ts';

/**
 * Texts that Weir reads, or that say how a VIP is put up. Every other text is left out: up to 2.4.0 the VRRP password is one
 * of them (vrrp_json.c, auth_data), and paths of scripts are.
 */
const KEPT: ReadonlySet<string> = new Set(['ifp_ifname', 'vmac_ifname', 'vips', 'evips', 'process', 'param_match']);

export const LEFT_OUT = '[left out]';

/** Left out `anonymous`, addresses and the names of instances stay as they are. */
export function withoutSecrets(dump: unknown, anonymous?: Pick<Anonymiser, 'text' | 'name'>): unknown {
  return kept('', dump);

  function kept(key: string, value: unknown): unknown {
    if (typeof value === 'string') return textOf(key, value);
    if (Array.isArray(value)) return value.map((one) => kept(key, one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, kept(name, one)]));
  }

  function textOf(key: string, value: string): string {
    if (key === 'iname') return anonymous === undefined ? value : anonymous.name('instance', value);
    if (!KEPT.has(key)) return value === '' ? '' : LEFT_OUT;
    return anonymous === undefined ? value : anonymous.text(value);
  }
}
