/** Reads a vrrp_instance as keepalived takes it. Source: keepalived 2.2.7, vrrp/vrrp_parser.c and vrrp_complete_instance(). Pure. */

import { isIP } from 'node:net';
import { WeirError } from '../../../model/error.ts';
import { faultAt } from '../keepalived/lines.ts';
import { allOf, argumentOf, lastOf, type Statement, type Word } from '../keepalived/syntax.ts';
import { addressOrNone, collected, lastNumber, type Tell } from './values.ts';
import { authenticationOf, intervalOf, OWNER, preempts, stateOf, strictOf, versionOf } from './vrrp.ts';

/** An address that goes with the VRRP state. */
export interface ExistingVip {
  readonly address: string;
  /** The interface that `dev` names, when it is not VRRP's. */
  readonly device?: string;
  /** Whether it stands in virtual_ipaddress_excluded: it moves with the others and is in no advert. */
  readonly isExcluded: boolean;
  /** The words behind the address, and its mask where that is not one address. */
  readonly details: readonly string[];
}

/** A vrrp_instance. */
export interface ExistingInstance {
  readonly name: string;
  readonly statement: Statement;
  readonly interface: string;
  readonly routerId: number;
  readonly version: 2 | 3;
  /** The family of its addresses without virtual_ipaddress_excluded; 4 where there is none. */
  readonly family: 4 | 6;
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly priority: number;
  readonly startsAsMaster: boolean;
  /** vrrp_strict or strict_mode. */
  readonly isStrict: boolean;
  /** Absent where there is no password, or it is not sent. The password itself stays where it is. */
  readonly authentication?: 'PASS' | 'AH';
  /** Whether auth_pass has more than the eight bytes that VRRP sends. */
  readonly authIsCut: boolean;
  readonly vips: readonly ExistingVip[];
  /** The server's own address, where the file names it. */
  readonly ownAddress?: string;
  /** The addresses of unicast_peer: the other directors. */
  readonly peers: readonly string[];
  /** Programs that keepalived runs at a change of state. */
  readonly scripts: readonly string[];
  readonly hasNotifyMaster: boolean;
  /** The track files that its priority follows, and the factor for their numbers, where it has one. */
  readonly trackFiles: readonly { readonly name: string; readonly weight?: number }[];
  /** A sentence for each value that keepalived takes otherwise than it stands there. */
  readonly oddities: readonly string[];
  /** Why keepalived, or Weir, cannot take it at all. */
  readonly fault?: WeirError;
  /** Whether this keeps keepalived from starting VRRP, so that no other instance runs either (vrrp_complete_init()). */
  readonly stopsAll: boolean;
}

export function instanceOf(statement: Statement, globals: readonly Statement[]): ExistingInstance {
  let fault: WeirError | undefined;
  /** An impossible value has its default here. A pool of this instance is left out; the others are not. */
  function otherwise<Value>(instead: Value, read: () => Value): Value {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      fault ??= error;
      return instead;
    }
  }
  const { value, oddities } = collected((tell) => {
    const { block = [] } = statement;
    const name = statement.words[1]?.text ?? '';
    const { version, family } = otherwise({ version: 2, family: 4 } as const, () => versionOf(block, globals, tell));
    const device = lastOf(block, 'interface')?.words[1]?.text ?? '';
    const peers = allOf(block, 'unicast_peer')
      .flatMap((statement) => statement.block ?? [])
      .flatMap(({ words }) => addressOrNone(words[0], tell) ?? []);
    const own = lastOf(block, 'unicast_src_ip', 'mcast_src_ip');
    const ownAddress = own && otherwise(undefined, () => addressOrNone(argumentOf(own, 'an IP address'), tell));
    const isStrict = strictOf(block, globals);
    const state = otherwise({ priority: 100, startsAsMaster: false }, () => stateOf(block, isStrict, tell));
    const auth = authenticationOf(block, { version, family, isStrict }, tell);
    // AH needs an advert to have been heard before it can send one (vrrp.c:2946-2955).
    const isCleared = auth.authentication === 'AH' && state.startsAsMaster && state.priority !== OWNER;
    const startsAsMaster = state.startsAsMaster && !isCleared;
    return {
      name,
      statement,
      interface: device,
      routerId: otherwise(0, () => lastNumber(allOf(block, 'virtual_router_id'), { min: 1, max: 255 }, tell) ?? 0),
      version,
      family,
      advertIntervalMs: otherwise(1_000, () => intervalOf(block, version, tell)),
      preempt: preempts(block, { ...state, startsAsMaster }, tell),
      priority: state.priority,
      startsAsMaster,
      isStrict,
      ...auth,
      vips: [
        ...allOf(block, 'virtual_ipaddress').flatMap((statement) => vipsOf(statement, family, device, tell)),
        ...allOf(block, 'virtual_ipaddress_excluded').flatMap((statement) =>
          vipsOf(statement, undefined, device, tell),
        ),
      ],
      ...(ownAddress !== undefined && { ownAddress }),
      peers,
      scripts: notifyPrograms(block),
      hasNotifyMaster: lastOf(block, 'notify_master', 'notify') !== undefined,
      trackFiles: allOf(block, 'track_file')
        .flatMap((statement) => statement.block ?? [])
        .map(({ words }) => ({ name: words[0].text, ...weightIn(words) })),
    };
  });
  const fatal = fatalFault(statement, value);
  const why = fatal ?? fault;
  return { ...value, oddities, ...(why !== undefined && { fault: why }), stopsAll: fatal !== undefined };
}

/** chk_min_cfg(), vrrp_complete_instance(). There is no default interface for an instance. */
function fatalFault(
  statement: Statement,
  instance: Omit<ExistingInstance, 'oddities' | 'stopsAll'>,
): WeirError | undefined {
  const { name, routerId, isStrict, peers, vips, version } = instance;
  const [keyword] = statement.words;
  if (routerId === 0) {
    const word = allOf(statement.block, 'virtual_router_id').at(-1)?.words[1];
    const message =
      word === undefined
        ? `vrrp_instance ${name} has no virtual_router_id, expected one from 1 to 255`
        : (word.unfilled ?? `virtual_router_id is ${word.text}, expected a number from 1 to 255`);
    return faultAt(word ?? keyword, message);
  }
  if (instance.interface === '') return faultAt(keyword, `vrrp_instance ${name} has no interface, expected one`);
  if (isStrict && peers.length > 0) return faultAt(keyword, 'vrrp_strict allows no unicast_peer, expected one of them');
  if ((isStrict || version === 3) && !vips.some(({ isExcluded }) => !isExcluded)) {
    return faultAt(keyword, `vrrp_instance ${name} has no virtual_ipaddress, expected one`);
  }
  return undefined;
}

/** Programs of every state: what one does to the table, another may undo. */
export function notifyPrograms(block: readonly Statement[]): string[] {
  const lines = block.filter(({ words }) => /^notify(_(master|backup|fault|stop|deleted))?$/.test(words[0].text));
  return [...new Set(lines.flatMap(({ words }) => words[1]?.text.trim().split(/\s+/)[0] ?? []))];
}

/** @param family of the instance: another one is left out; undefined: it does not matter. */
function vipsOf({ block = [] }: Statement, family: 4 | 6 | undefined, ownDevice: string, tell: Tell): ExistingVip[] {
  return block.flatMap(({ words }): ExistingVip[] => {
    const [first, ...more] = words;
    const address = addressOrNone(first, tell);
    if (address === undefined) return [];
    if (family !== undefined && isIP(address) !== family) {
      tell(first, `${first.text} is not IPv${family} as the instance is: keepalived leaves it out.`);
      return [];
    }
    const at = more.findIndex(({ text }) => text === 'dev');
    const device = at < 0 ? undefined : more[at + 1]?.text;
    const isOne = first.text === address || first.text.endsWith(isIP(address) === 6 ? '/128' : '/32');
    return [
      {
        address,
        ...(device !== undefined && device !== ownDevice && { device }),
        isExcluded: family === undefined,
        details: [...(isOne ? [] : [first.text.slice(first.text.indexOf('/'))]), ...more.map(({ text }) => text)],
      },
    ];
  });
}

/** `handover weight 1` */
function weightIn(words: readonly Word[]): { readonly weight?: number } {
  const at = words.findIndex(({ text }) => text === 'weight');
  return at < 0 ? {} : { weight: Number(words[at + 1]?.text) };
}
