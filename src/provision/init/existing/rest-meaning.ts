/** Says what it means to lose a keyword of keepalived.conf, for people who use `weir render`. Pure. */

import type { Statement } from '../keepalived/syntax.ts';
import { grouped } from './values.ts';

const NOT_HEARD =
  'a server that is rendered and one that is not yet do not hear each other then, and both become MASTER';
const TAKEN_AWAY = 'keepalived takes away what it has set, so they go from the server';

/** By keyword, the first that fits. What is in none of them is named and needs no more words. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^(vrrp_mcast_group[46]|mcast_dst_ip|unicast_peer)$/, NOT_HEARD],
  [/^(static_ipaddress|static_routes|static_rules|virtual_routes|virtual_rules)$/, TAKEN_AWAY],
  [/^vrrp_instance$/, 'its addresses go from the server, and all that it runs and tracks'],
  [/^virtual_ipaddress$/, 'they go from the server, and its adverts list other addresses than those of its peers'],
  [/^excluded$/, 'they go from the server'],
  [/^details$/, '`weir render` has the address alone, on the interface of VRRP'],
  [/^vrrp_sync_group$/, 'its instances move each by itself, and what it runs and tracks is gone'],
  [/^(notify(_|$)|quorum_(up|down)$|startup_script|shutdown_script)/, 'these programs are not run'],
  [/^(smtp_alert|notification_email|smtp_server)/, 'keepalived sends no mail'],
  [/^(track_script|track_interface|track_process|track_bfd|track_file)$/, 'what they watch moves no VIP any more'],
  [/^(use_vmac|use_ipvlan|vmac_xmit_base)$/, "the VIP has the server's own MAC"],
  [/^persistence_/, 'clients come back to no certain member'],
  [/^(lvs_method|lb_kind)$/, 'tunnels are plain IPIP'],
  [
    /^(delay_loop|connect_timeout|retry|delay_before_retry)$/,
    '`weir render` checks every second, with 1 s and 1 retry',
  ],
  [/^state$/, '`weir render` has BACKUP: whoever starts first is MASTER'],
  [/^vrrp_strict$|^strict_mode$/, 'VRRP is less strict about what it sends and takes'],
];

function meaningOf(what: string): string | undefined {
  const keyword = what.split(' ')[0] as string;
  return MEANINGS.find(([form]) => form.test(keyword))?.[1];
}

/**
 * `file:line where: these, those; this: what it means.`, or none where there is nothing.
 * @param about what to look the meaning up for, where that is no keyword of the list.
 */
export function sentenceOf(statement: Statement, where: string, whats: readonly string[], about?: string): string[] {
  if (whats.length === 0) return [];
  const [{ file, line }] = statement.words;
  const byMeaning = grouped(whats, (what) => meaningOf(about ?? what) ?? '');
  const parts = [...byMeaning].sort(([one], [other]) => Number(one !== '') - Number(other !== ''));
  const said = parts.map(([meaning, of]) => `${of.join(', ')}${meaning === '' ? '' : `: ${meaning}`}`);
  return [`${file}:${line} ${where === '' ? '' : `${where}: `}${said.join('; ')}.`];
}
