/** What the values of a vrrp_instance come to together. Source: keepalived 2.2.7, vrrp/vrrp_parser.c and vrrp.c. Pure. */

import { isIP } from 'node:net';
import { allOf, argumentOf, lastOf, type Statement, type Word } from '../keepalived/syntax.ts';
import { lastNumber, type Tell } from './values.ts';

/** The owner of the address (RFC 5798 5.2.4). */
export const OWNER = 255;

/**
 * The first address of the file decides the family, in the order of its lines; virtual_ipaddress_excluded does not
 * (vrrp_data.c:1128). With IPv6 the version is 3; else what vrrp_version says; else 2 (vrrp.c:2845-2886).
 */
export function versionOf(
  block: readonly Statement[],
  globals: readonly Statement[],
  tell: Tell,
): { readonly version: 2 | 3; readonly family: 4 | 6 } {
  let family: number = 0;
  let version: number | undefined;
  const see = (word: Word | undefined) => {
    if (family === 0) family = isIP(word?.text.replace(/\/.*$/, '') ?? '');
  };
  for (const statement of block) {
    const keyword = statement.words[0].text;
    if (/^(mcast_src_ip|unicast_src_ip|mcast_dst_ip)$/.test(keyword)) see(statement.words[1]);
    if (/^(unicast_peer|virtual_ipaddress)$/.test(keyword))
      for (const { words } of statement.block ?? []) see(words[0]);
    if (keyword === 'native_ipv6' && family !== 4) [family, version] = [6, 3];
    if (keyword !== 'version') continue;
    const wanted = lastNumber([statement], { min: 2, max: 3 }, tell);
    if (wanted === undefined || wanted === version) continue;
    if (version === undefined && !(wanted === 2 && family === 6)) version = wanted;
    else tell(statement.words[0], `version ${wanted} is not taken by keepalived: the instance has ${version ?? 3}.`);
  }
  const general = lastNumber(allOf(globals, 'vrrp_version'), { min: 2, max: 3 }, () => {}) ?? 2;
  const effective = version ?? (family === 6 ? 3 : general);
  if (family === 6 && effective === 2 && strictOf(block, globals)) return { version: 3, family: 6 };
  return { version: effective as 2 | 3, family: family === 6 ? 6 : 4 };
}

export function strictOf(block: readonly Statement[], globals: readonly Statement[]): boolean {
  const own = lastOf(block, 'strict_mode')?.words;
  if (own === undefined) return lastOf(globals, 'vrrp_strict') !== undefined;
  return own[1] === undefined || /^(true|on|yes)$/.test(own[1].text);
}

interface State {
  readonly priority: number;
  readonly startsAsMaster: boolean;
}

/** vrrp_state_handler(), vrrp_prio_handler(), vrrp.c:2903-2921. */
export function stateOf(block: readonly Statement[], isStrict: boolean, tell: Tell): State {
  let state: string | undefined;
  for (const statement of allOf(block, 'state')) {
    const { words } = statement;
    const wanted = argumentOf(statement, 'MASTER or BACKUP').text;
    if (wanted === 'MASTER') state = 'MASTER';
    else if (wanted !== 'BACKUP') {
      tell(words[0], `state ${wanted} is unknown to keepalived: it takes it as BACKUP.`);
      state = 'BACKUP';
    } else if (state === 'MASTER') tell(words[0], 'state BACKUP stands behind state MASTER: keepalived keeps MASTER.');
    else state = 'BACKUP';
  }
  let written: number | undefined;
  for (const statement of allOf(block, 'priority')) {
    written = lastNumber([statement], { min: 1, max: OWNER }, tell) ?? 100;
  }
  const priority = written ?? (state === 'MASTER' ? OWNER : 100);
  const isMaster = (state ?? (priority === OWNER ? 'MASTER' : 'BACKUP')) === 'MASTER';
  return { priority, startsAsMaster: isStrict ? priority === OWNER : isMaster };
}

/** vrrp.c:3088-3116. */
export function preempts(block: readonly Statement[], { priority, startsAsMaster }: State, tell: Tell): boolean {
  const last = lastOf(block, 'preempt', 'nopreempt');
  if (last?.words[0].text !== 'nopreempt') return true;
  if (priority !== OWNER && !startsAsMaster) return false;
  const why = startsAsMaster ? 'state MASTER' : `priority ${OWNER}`;
  tell(
    last.words[0],
    `nopreempt does nothing beside ${why}: keepalived clears it, and preempt: true is written. Who comes back takes the VIP.`,
  );
  return true;
}

/** vrrp.c:2923-2945. */
export function authenticationOf(
  block: readonly Statement[],
  { version, family, isStrict }: { readonly version: number; readonly family: number; readonly isStrict: boolean },
  tell: Tell,
): { readonly authentication?: 'PASS' | 'AH'; readonly authIsCut: boolean } {
  const inside = allOf(block, 'authentication').flatMap((statement) => statement.block ?? []);
  const password = lastOf(inside, 'auth_pass')?.words[1]?.text ?? '';
  const authIsCut = Buffer.byteLength(password) > 8;
  let method: 'PASS' | 'AH' | undefined;
  for (const { words } of allOf(inside, 'auth_type')) {
    const [keyword, wanted] = words;
    if (wanted?.text === 'PASS' || wanted?.text === 'AH') method = wanted.text;
    else tell(keyword, `auth_type ${wanted?.text ?? ''} is unknown to keepalived, which takes PASS or AH.`);
  }
  const [first] = inside;
  if (first === undefined) return { authIsCut };
  const why = isStrict
    ? 'vrrp_strict forbids it'
    : version === 3
      ? 'VRRP version 3 has none'
      : password === ''
        ? 'it has no auth_pass'
        : method === undefined
          ? 'it has no auth_type'
          : method === 'AH' && family === 6
            ? 'AH is not for IPv6'
            : undefined;
  if (why === undefined && method !== undefined) return { authentication: method, authIsCut };
  tell(first.words[0], `authentication is not used by keepalived: ${why}. None is written.`);
  return { authIsCut };
}

/** vrrp_adv_handler(), vrrp.c:3253-3293. */
export function intervalOf(block: readonly Statement[], version: 2 | 3, tell: Tell): number {
  const all = allOf(block, 'advert_int');
  const seconds = lastNumber(all, { min: 0.01, max: 255, isDecimal: true }, tell) ?? 1;
  const stepMs = version === 2 ? 1_000 : 10;
  const ms = Math.round(seconds * 1_000_000) / 1_000;
  const rounded = Math.min(Math.max(Math.floor(ms / stepMs + 0.5) * stepMs, stepMs), version === 2 ? 255_000 : 40_950);
  const last = all.at(-1);
  if (rounded !== ms && last !== undefined) {
    const why = version === 2 ? 'VRRP version 2 has whole seconds' : 'VRRP version 3 has 0.01 s to 40.95 s';
    tell(last.words[0], `advert_int ${seconds} is ${rounded / 1_000} for keepalived, and that is written: ${why}.`);
  }
  return rounded;
}
