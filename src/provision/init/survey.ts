/** Sorts the virtual servers of keepalived.conf and the kernel's table: those that can be pools, and the others. Pure. */

import { WeirError } from '../../model/error.ts';
import { type ExistingServer, existingServer } from './existing/existing.ts';
import { candidatesOf, type LeftOut, type Sorted, sentencesOn } from './existing/pools.ts';
import { asCheck } from './existing/remarks.ts';
import { existingTables } from './existing/table.ts';
import { printable, withDetails } from './keepalived/lines.ts';
import type { SourceFile, Surroundings } from './keepalived/reader.ts';
import { parseKeepalived, type Statement } from './keepalived/syntax.ts';
import type { LiveService } from './live-service.ts';
import { kernelTables } from './live-table.ts';

/** What is looked at. */
export interface Surveyed {
  readonly source: SourceFile;
  readonly surroundings: Surroundings;
  readonly server: {
    readonly addresses: readonly string[];
    /** The kernel's LVS table; absent: it has none, or it could not be read. */
    readonly services?: readonly LiveService[];
  };
}

/** What keepalived.conf and the kernel's table have together: virtual servers that can be pools, and the others. */
export interface Survey extends Sorted {
  readonly conf: readonly Statement[];
  readonly notes: readonly string[];
  /** Keywords that stand behind a condition for another configuration id. */
  readonly behindConditions: ReadonlySet<string>;
  readonly existing: ExistingServer;
  /** The server's addresses, the VIPs left out. */
  readonly local: ReadonlySet<string>;
  /** The file is about the server that this runs on: the kernel of another machine says nothing about it. */
  readonly isHere: boolean;
  /** The kernel's LVS table, where it says something about this file. */
  readonly services: readonly LiveService[] | undefined;
}

/** @throws WeirError 'config': a place in keepalived.conf and what was expected, or why no virtual server can be a pool. */
export function surveyOf({ source, surroundings, server }: Surveyed): Survey {
  const { conf, notes, leftOut: behindConditions } = parseKeepalived(source, surroundings);
  const existing = existingServer(conf);
  const written = existingTables(conf);
  const vips = new Set(existing.instances.flatMap((instance) => instance.vips.map(({ address }) => address)));
  const local = new Set(server.addresses.filter((address) => !vips.has(address)));
  const live = server.services ?? [];
  const isHere = [...written.map(({ members }) => members), ...live.map(({ destinations }) => destinations)]
    .flat()
    .some(({ address }) => local.has(address));
  const services = isHere ? server.services : undefined;
  const tables = [...written, ...kernelTables(services ?? [], written, existing.instances)];
  const sorted = candidatesOf(tables, existing.instances, { local, services: live });
  if (sorted.candidates.length === 0) {
    const oddities = existing.instances.flatMap((instance) => instance.oddities);
    throw nothing(source.file, sorted.leftOut, [...notes, ...oddities.map(asCheck)]);
  }
  return { ...sorted, conf, notes, behindConditions, existing, local, isHere, services };
}

/** Says in one line that there is no pool, with the reasons below it where there are several. */
function nothing(file: string, leftOut: readonly LeftOut[], notes: readonly string[]): WeirError {
  const [first] = leftOut;
  if (first?.fault !== undefined && leftOut.every(({ why }) => why === first.why)) return first.fault;
  const [only, ...more] = sentencesOn(leftOut);
  const none = `${file} has no virtual_server, and the kernel's table has no service for a VIP of it: run this on the MASTER, or name with --from the file that has the virtual_server (notify programs may swap it in).`;
  const isSeveral = only !== undefined && more.length > 0;
  const head = isSeveral
    ? `${file} has no pool that can be taken over, so nothing is written:`
    : only === undefined
      ? none
      : `${only} Nothing is written.`;
  const details = [...(isSeveral ? [only, ...more] : []), ...notes];
  return new WeirError('config', withDetails(printable(head), details.map(printable)));
}
