/** The real servers of a virtual server as keepalived takes them (check_parser.c, check_data.c of 2.2.7). Pure. */

import { defined } from '../../../lib/defined.ts';
import { MAX_WEIGHT } from '../../../model/decisions/action.ts';
import { allOf, argumentOf, type Statement } from '../keepalived/syntax.ts';
import { tellUnlisted } from './unlisted.ts';
import { addressOf, lastNumber, type Tell } from './values.ts';

export type Forwarding = 'direct-routing' | 'nat' | 'tunnel';

export interface ExistingMember {
  readonly address: string;
  /** Absent: that of the virtual server, or it goes by a mark. */
  readonly port?: number;
  readonly weight: number;
  readonly forwarding: Forwarding;
  /** The track file by which Weir sets its weight, where `weir render` made the file: weight-<pool>-<member>. */
  readonly weightFile?: string;
}

interface WrittenMember extends ExistingMember {
  /** As the file has it, though it may not be used. */
  readonly writtenPort?: number;
}

interface TableOf {
  readonly isMarked: boolean;
  readonly port?: number | undefined;
}

const FORWARDING: Readonly<Record<string, Forwarding>> = { DR: 'direct-routing', NAT: 'nat', TUN: 'tunnel' };

/** @throws WeirError 'config' with the place of a value that cannot be. */
export function membersOf(block: readonly Statement[], table: TableOf, tell: Tell): WrittenMember[] {
  const weight = lastNumber(allOf(block, 'weight'), { min: 1, max: MAX_WEIGHT }, tell) ?? 1;
  const atTheEnd = forwardingOf(block, ['lvs_method', 'lb_kind'], tell) ?? 'nat';
  const addresses = new Set<string>();
  const members: WrittenMember[] = [];
  for (const [index, server] of block.entries()) {
    if (server.words[0].text !== 'real_server') continue;
    const address = addressOf(argumentOf(server, 'an IP address and a port'));
    const port = portOf(server, tell);
    const key = `${address} ${port ?? 0}`;
    if (addresses.has(key)) {
      tell(server.words[0], `real_server ${key.replace(/ 0$/, '')} stands there twice: keepalived drops this one.`);
      continue;
    }
    addresses.add(key);
    // keepalived gives a real server the method that it has read so far (alloc_rs()).
    const above = forwardingOf(block.slice(0, index), ['lvs_method', 'lb_kind'], () => {});
    const forwarding = forwardingOf(server.block, ['lvs_method'], tell) ?? above ?? atTheEnd;
    const weightFile = allOf(server.block, 'FILE_CHECK')
      .map(weightFileOf)
      .find((name) => name !== undefined);
    tellUnlisted(server, port, tell);
    const used = usedPort(server, port, forwarding, table, tell);
    members.push({
      address,
      ...defined({ port: used, writtenPort: port }),
      weight: lastNumber(allOf(server.block, 'weight'), { min: 0, max: MAX_WEIGHT }, tell) ?? weight,
      forwarding,
      ...(weightFile !== undefined && { weightFile }),
    });
  }
  return members;
}

/** Port 0 is that of the virtual server; only NAT can have another (check_data.c:1275-1325). */
function usedPort(
  server: Statement,
  port: number | undefined,
  forwarding: Forwarding,
  table: TableOf,
  tell: Tell,
): number | undefined {
  if (forwarding === 'nat' || port === undefined || table.isMarked) return table.isMarked ? undefined : port;
  if (table.port === undefined || port === table.port) return undefined;
  tell(
    server.words[2] ?? server.words[0],
    `port ${port} of real_server ${server.words[1]?.text} is not used: only NAT can change a port, and packets arrive on ${table.port}.`,
  );
  return undefined;
}

function portOf(server: Statement, tell: Tell): number | undefined {
  const word = server.words[2];
  if (word === undefined) return undefined;
  const named: Statement = { words: [{ ...word, text: 'the port of real_server' }, word] };
  const port = lastNumber([named], { min: 0, max: 65_535 }, tell);
  return port === 0 ? undefined : port;
}

/** The name of a track file of `weir render`, which a FILE_CHECK follows. */
export function weightFileOf(fileCheck: Statement): string | undefined {
  const name = allOf(fileCheck.block, 'track_file').at(-1)?.words[1]?.text;
  return name?.startsWith('weight-') ? name : undefined;
}

/** keepalived takes this word in capitals only, and keeps what it has at any other (svr_forwarding_handler()). */
function forwardingOf(
  block: readonly Statement[] | undefined,
  keywords: readonly string[],
  tell: Tell,
): Forwarding | undefined {
  let found: Forwarding | undefined;
  for (const statement of allOf(block, ...keywords)) {
    const [keyword] = statement.words;
    const word = argumentOf(statement, 'DR, NAT or TUN');
    const forwarding = FORWARDING[word.text];
    if (forwarding !== undefined) found = forwarding;
    else {
      const kept = found === undefined && keywords.length > 1 ? ' and has its default, NAT: that is written' : '';
      tell(
        keyword,
        `${keyword.text} ${word.text} is unknown to keepalived, which takes DR, NAT or TUN in capitals: it ignores the line${kept}.`,
      );
    }
  }
  return found;
}
