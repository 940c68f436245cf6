/** keepalived's dump without secrets, and without what others need not know. Pure. */

import type { Anonymiser } from './anonymous.ts';

/**
 * The texts that stay: those that Weir reads, or that say how a VIP is put up. All others are left out, since the VRRP
 * password is one of them up to 2.4.0 (vrrp_json.c, auth_data), and paths of scripts are.
 */
const KEPT: ReadonlySet<string> = new Set(['ifp_ifname', 'vmac_ifname', 'vips', 'evips', 'process', 'param_match']);

export const LEFT_OUT = '[left out]';

/** Without `anonymous`, addresses and the names of instances stay as they are. */
export function withoutSecrets(dump: unknown, anonymous?: Pick<Anonymiser, 'text' | 'name'>): unknown {
  return kept('', dump);

  function kept(key: string, value: unknown): unknown {
    if (typeof value === 'string') return textOf(key, value);
    if (Array.isArray(value)) return value.map((item) => kept(key, item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, kept(name, one)]));
  }

  function textOf(key: string, value: string): string {
    if (key === 'iname') return anonymous === undefined ? value : anonymous.name('instance', value);
    if (!KEPT.has(key)) return value === '' ? '' : LEFT_OUT;
    return anonymous === undefined ? value : anonymous.text(value);
  }
}
