/**
 * The virtual servers of a keepalived.conf as keepalived takes them, as candidates for a pool. Source: keepalived 2.2.7,
 * check/check_parser.c and validate_check_config() of check_data.c. Pure.
 */

import { WeirError } from '../../../model/error.ts';
import { faultAt, type LinePosition } from '../keepalived/lines.ts';
import { allOf, argumentOf, lastOf, type Statement, type Word } from '../keepalived/syntax.ts';
import { type ExistingMember, membersOf } from './member.ts';
import { addressOf, collected, lastNumber, type Tell } from './values.ts';

export interface ExistingTable {
  /** As the file names it, for messages: `virtual_server 192.168.81.229 6379`. */
  readonly label: string;
  /** Absent where only the kernel has it, as the statement is. */
  readonly place?: LinePosition;
  readonly statement?: Statement;
  readonly address?: string;
  /** Absent: it serves every port, or it goes by a mark. */
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
  /** Behind a mark: the port that its real servers are written with, or else that their health checks connect to. */
  readonly markedPort?: number;
  /** A sentence for each value that keepalived takes otherwise than it stands there. */
  readonly oddities: readonly string[];
  /** Why keepalived, or Weir, cannot take it at all. */
  readonly fault?: WeirError;
}

const PORT = { min: 0, max: 65_535 };
const OTHER_CHECKS = ['HTTP_GET', 'SSL_GET', 'SMTP_CHECK', 'DNS_CHECK', 'UDP_CHECK'];
/** lvs_schedulers of check_parser.c. */
const SCHEDULERS = 'rr wrr lc wlc lblc sh mh dh fo ovf lblcr sed nq twos'.split(' ');

/** Returns one table for each VIP and port, or mark. A virtual_server_group has one for each of its entries. */
export function existingTables(conf: readonly Statement[]): ExistingTable[] {
  return allOf(conf, 'virtual_server').flatMap((statement) => {
    const [keyword, first, name] = statement.words;
    if (first?.text !== 'group') return [tableOf(statement, statement.words.slice(1))];
    const group = allOf(conf, 'virtual_server_group').find((statement) => statement.words[1]?.text === name?.text);
    if (group === undefined) {
      const message = `there is no virtual_server_group ${name?.text ?? ''}, expected one`;
      return [{ ...tableOf(statement, statement.words.slice(1)), fault: faultAt(name ?? keyword, message) }];
    }
    return (group.block ?? []).map((entry) => tableOf(statement, entry.words));
  });
}

/** @param where `VIP port`, or `fwmark number`: of the virtual_server itself or of an entry of its group. */
function tableOf(statement: Statement, where: readonly Word[]): ExistingTable {
  const { block = [] } = statement;
  const [keyword] = statement.words;
  const head = {
    label: `virtual_server ${where.map(({ text }) => text).join(' ')}`.trim(),
    place: where[0] ?? keyword,
    statement,
  };
  const checks = allOf(block, 'real_server').flatMap((server) => server.block ?? []);
  const otherChecks = OTHER_CHECKS.filter((kind) => lastOf(checks, kind) !== undefined);
  const protocol = protocolOf(block);
  try {
    const { value, oddities } = collected((tell) => valuesOf(statement, where, tell));
    return { ...head, ...value, ...protocol, otherChecks, oddities };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { ...head, ...protocol, ...NOTHING, otherChecks, fault: error };
  }
}

const NOTHING = { scheduler: 'wlc', isPersistent: false, hasFallback: true, members: [], oddities: [] };

function valuesOf(statement: Statement, where: readonly Word[], tell: Tell) {
  const { block = [] } = statement;
  const entry: Statement = { words: [statement.words[0], ...where] };
  const isMarked = where[0]?.text === 'fwmark';
  const vip = isMarked ? { mark: markOf(entry) } : vipOf(entry, tell);
  const members = membersOf(block, { isMarked, ...('port' in vip && { port: vip.port }) }, tell);
  return {
    ...vip,
    ...schedulingOf(block, tell),
    isPersistent: isPersistent(block, tell),
    members: members.map(({ writtenPort: _, ...member }) => member),
    ...(isMarked && markedPortOf(block, members)),
  };
}

/** A service by mark needs no port. It is guessed only where everything that names one agrees. */
function markedPortOf(
  block: readonly Statement[],
  members: readonly { readonly writtenPort?: number }[],
): { readonly markedPort?: number } {
  const checks = allOf(block, 'real_server').flatMap((server) => server.block ?? []);
  const checked = checks
    .flatMap((check) => allOf(check.block, 'connect_port'))
    .map(({ words }) => Number(words[1]?.text));
  const written = members.flatMap(({ writtenPort }) => writtenPort ?? []);
  const ports = new Set(written.length > 0 ? written : checked.filter((port) => port > 0 && port <= PORT.max));
  return ports.size === 1 ? { markedPort: [...ports][0] as number } : {};
}

function markOf(entry: Statement): number {
  const word = argumentOf(entry, 'the number of a firewall mark', 2);
  const mark = Number(word.text);
  if (/^\d+$/.test(word.text) && mark <= 0xffffffff) return mark;
  throw faultAt(word, `fwmark is ${word.text}, expected a number from 0 to ${0xffffffff}`);
}

/**
 * A range of addresses stays without one: no single VIP can be said. keepalived reads no mask outside of a group: a /32
 * there is the address.
 */
function vipOf(entry: Statement, tell: Tell): { readonly address?: string; readonly port?: number } {
  const first = argumentOf(entry, 'a VIP and a port, "fwmark" and a number, or "group" and a name');
  const { text } = first;
  const isOne = !/[-/]/.test(text) || text.endsWith(text.includes(':') ? '/128' : '/32');
  if (!isOne) return {};
  const written = entry.words[2];
  if (written === undefined) return { address: addressOf(first) };
  const port = portOf(entry.words[0].text, written, tell);
  return { address: addressOf(first), ...(port !== 0 && { port }) };
}

/** @throws WeirError 'config' with the place of what is no port. */
function portOf(keyword: string, word: Word, tell: Tell): number {
  const port = lastNumber([{ words: [{ ...word, text: `the port of ${keyword}` }, word] }], PORT, tell);
  if (port !== undefined) return port;
  throw faultAt(word, `the port of ${keyword} is ${word.text}, expected a number from 0 to 65535`);
}

function protocolOf(block: readonly Statement[]): { readonly protocol?: string } {
  const protocols = allOf(block, 'protocol').flatMap(({ words }) => words[1]?.text.toUpperCase() ?? []);
  const last = protocols.findLast((word) => ['TCP', 'UDP', 'SCTP'].includes(word));
  return last === undefined ? {} : { protocol: last };
}

/** Reads lines in their order: a fallback counts for the scheduler that was read before it (check_parser.c:300-357). */
function schedulingOf(
  block: readonly Statement[],
  tell: Tell,
): { readonly scheduler: string; readonly hasFallback: boolean } {
  let scheduler = '';
  let hasFallback = false;
  for (const statement of block) {
    const [keyword] = statement.words;
    if (keyword.text === 'lb_algo' || keyword.text === 'lvs_sched') {
      const value = argumentOf(statement, 'a scheduler such as wrr');
      if (SCHEDULERS.includes(value.text)) scheduler = value.text;
      else tell(keyword, `${value.text} is no scheduler: keepalived ignores it.`);
    } else if (keyword.text === 'flag-1') hasFallback = true;
    else if (/^[sm]h-fallback$/.test(keyword.text)) {
      if (keyword.text === `${scheduler}-fallback`) hasFallback = true;
      else {
        const now = scheduler === '' ? 'and none stands above it' : `and the one above it is ${scheduler}`;
        const wanted = keyword.text.slice(0, 2);
        tell(keyword, `${keyword.text} does nothing: it must stand behind lb_algo ${wanted}, ${now}.`);
      }
    }
  }
  return { scheduler: scheduler === '' ? 'wlc' : scheduler, hasFallback };
}

/** persistence_granularity alone gives 360 s, and so does port 0 (pgr_handler(), check_data.c:1117-1136). */
function isPersistent(block: readonly Statement[], tell: Tell): boolean {
  const timeouts = allOf(block, 'persistence_timeout');
  const withValue = timeouts.filter(({ words }) => words[1] !== undefined);
  const timeout = lastNumber(withValue, { min: 1, max: 31 * 86_400 }, tell);
  return (
    timeout !== undefined ||
    withValue.length < timeouts.length ||
    lastOf(block, 'persistence_granularity') !== undefined
  );
}
