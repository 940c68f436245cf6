/** The virtual servers of a keepalived.conf, each with its real servers, as candidates for a pool. Pure. */

import { isIP } from 'node:net';
import { addressOf } from './existing.ts';
import { faultAt, type Place } from './keepalived-lines.ts';
import { allOf, argumentOf, lastOf, numberOf, type Statement, type Word } from './keepalived-syntax.ts';

export type Forwarding = 'direct-routing' | 'nat' | 'tunnel';

export interface ExistingMember {
  readonly address: string;
  /** Absent behind a firewall mark. */
  readonly port?: number;
  readonly weight: number;
  readonly forwarding: Forwarding;
  /** The track file by which Weir sets its weight, where `weir render` made the file: weight-<pool>-<member>. */
  readonly weightFile?: string;
}

export interface ExistingTable {
  /** As the file names it, for messages: `virtual_server 192.168.81.229 6379`. */
  readonly label: string;
  /** Absent where only the kernel has it. */
  readonly place?: Place;
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  /** Absent: keepalived takes it as UDP (check_data.c:1105-1108), and says so in its log only. */
  readonly protocol?: string;
  readonly scheduler: string;
  readonly isPersistent: boolean;
  /** Whether a scheduler that goes by the client's address has its fallback: else it refuses clients of weight 0. */
  readonly hasFallback: boolean;
  readonly members: readonly ExistingMember[];
  /** Kinds of health check that no Redis would pass: it is something else. */
  readonly otherChecks: readonly string[];
  /** Port that the health checks connect to, where they say one. */
  readonly checkedPort?: number;
  /** Keywords that change what the pool does and that weir.yaml has no word for. */
  readonly lost: readonly string[];
}

const FORWARDING: Readonly<Record<string, Forwarding>> = { DR: 'direct-routing', NAT: 'nat', TUN: 'tunnel' };
const PORT = { min: 1, max: 65_535 };
const OTHER_CHECKS = ['HTTP_GET', 'SSL_GET', 'SMTP_CHECK', 'DNS_CHECK', 'UDP_CHECK'];
const LOST = ['sorry_server', 'quorum', 'quorum_up', 'quorum_down', 'persistence_engine', 'ops', 'alpha', 'omega'];
const LOST_OF_MEMBERS = ['inhibit_on_failure', 'uthreshold', 'lthreshold', 'MISC_CHECK', 'notify_up', 'notify_down'];

/**
 * One for each VIP and port, or mark; a virtual_server_group gives one for each of its entries.
 * @throws WeirError 'config' with the place of a value that cannot be.
 */
export function existingTables(conf: readonly Statement[]): ExistingTable[] {
  return allOf(conf, 'virtual_server').flatMap((statement) => {
    const words = statement.words.slice(1);
    const first = argumentOf(statement, 'a VIP and a port, "fwmark" and a number, or "group" and a name');
    if (first.text !== 'group') return [tableOf(statement, words as [Word, ...Word[]])];
    const name = argumentOf(statement, 'the name of a virtual_server_group', 2);
    const group = allOf(conf, 'virtual_server_group').find((one) => one.words[1]?.text === name.text);
    if (group === undefined) throw faultAt(name, `there is no virtual_server_group ${name.text}, expected one`);
    return (group.block ?? []).map((entry) => tableOf(statement, entry.words));
  });
}

/** @param where `VIP port`, or `fwmark number`: of the virtual_server itself or of an entry of its group. */
function tableOf(statement: Statement, where: readonly [Word, ...Word[]]): ExistingTable {
  const { block = [] } = statement;
  const entry: Statement = { words: [statement.words[0], ...where] };
  const servers = allOf(block, 'real_server');
  const checks = servers.flatMap((server) => server.block ?? []);
  const forwarding = forwardingOf(block) ?? 'nat';
  const fileChecks = allOf(checks, 'FILE_CHECK');
  const weight = lastOf(block, 'weight');
  const defaultWeight = weight === undefined ? 1 : weightOf(weight);
  const scheduler = lastOf(block, 'lvs_sched', 'lb_algo');
  const protocol = lastOf(block, 'protocol');
  const persistence = lastOf(block, 'persistence_timeout');
  const checkedPorts = new Set(
    checks.flatMap((check) => allOf(check.block, 'connect_port')).map((one) => numberOf(one, PORT)),
  );
  return {
    label: `virtual_server ${where.map(({ text }) => text).join(' ')}`,
    place: where[0],
    ...(where[0].text === 'fwmark' ? { mark: numberOf(entry, { min: 0, max: 0xffffffff }, 2) } : vipOf(entry)),
    ...(protocol !== undefined && { protocol: argumentOf(protocol, 'TCP or UDP').text.toUpperCase() }),
    scheduler: scheduler === undefined ? 'wlc' : argumentOf(scheduler, 'a scheduler such as wrr').text,
    isPersistent: persistence !== undefined && persistence.words[1]?.text !== '0',
    hasFallback: lastOf(block, 'sh-fallback', 'mh-fallback', 'flag-1') !== undefined,
    members: servers.map((server) => memberOf(server, forwarding, defaultWeight)),
    otherChecks: OTHER_CHECKS.filter((kind) => lastOf(checks, kind) !== undefined),
    ...(checkedPorts.size === 1 && { checkedPort: [...checkedPorts][0] as number }),
    lost: [
      ...LOST.filter((keyword) => lastOf(block, keyword) !== undefined),
      ...LOST_OF_MEMBERS.filter((keyword) => lastOf([...block, ...checks], keyword) !== undefined),
      ...(fileChecks.some((check) => weightFileOf(check) === undefined) ? ['FILE_CHECK'] : []),
    ],
  };
}

/** A range of addresses stays without one: no single VIP can be said. */
function vipOf(entry: Statement): { readonly address?: string; readonly port?: number } {
  const [, first, second] = entry.words;
  const address = first as Word;
  if (/^[0-9a-f:.]+[-/]\S+$/i.test(address.text)) return {};
  return { address: addressOf(address), ...(second !== undefined && { port: numberOf(entry, PORT, 2) }) };
}

function memberOf(server: Statement, forwarding: Forwarding, defaultWeight: number): ExistingMember {
  const weightFile = allOf(server.block, 'FILE_CHECK')
    .map(weightFileOf)
    .find((name) => name !== undefined);
  const weight = lastOf(server.block, 'weight');
  return {
    address: addressOf(argumentOf(server, 'an IP address and a port')),
    ...(server.words[2] !== undefined && { port: numberOf(server, PORT, 2) }),
    weight: weight === undefined ? defaultWeight : weightOf(weight),
    forwarding: forwardingOf(server.block) ?? forwarding,
    ...(weightFile !== undefined && { weightFile }),
  };
}

function weightFileOf(fileCheck: Statement): string | undefined {
  const name = lastOf(fileCheck.block, 'track_file')?.words[1]?.text;
  return name?.startsWith('weight-') ? name : undefined;
}

/** ipvsadm takes no more, so Weir could not put it back. */
function weightOf(statement: Statement): number {
  return numberOf(statement, { min: 0, max: 65_535 });
}

function forwardingOf(block: readonly Statement[] | undefined): Forwarding | undefined {
  const statement = lastOf(block, 'lvs_method', 'lb_kind');
  if (statement === undefined) return undefined;
  const word = argumentOf(statement, 'DR, NAT or TUN');
  const found = FORWARDING[word.text.toUpperCase()];
  if (found === undefined) throw faultAt(word, `${statement.words[0].text} is ${word.text}, expected DR, NAT or TUN`);
  return found;
}

/** Whether both are IPv4 or both IPv6. */
export function isSameFamily(one: string, other: string): boolean {
  return isIP(one) === isIP(other);
}
