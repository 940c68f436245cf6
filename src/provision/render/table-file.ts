/** notify-swap: the table that keepalived.conf includes, as the notify script would leave it. */

import { shownInterfaces } from '../../lib/ip-address.ts';
import type { Machine } from '../apply/machine.ts';
import type { Built, BuiltFile } from './files.ts';
import type { Layout } from './layout.ts';

/**
 * The file, or none under another loop guard. keepalived takes a missing one for a mistake, and a MASTER that becomes
 * notify-swap would be without a table until its next change of state.
 */
export async function tableNow({ groups, files }: Built, layout: Layout, machine: Machine): Promise<BuiltFile[]> {
  const table = files.find(({ path }) => path === layout.tableOnMaster);
  const [group] = groups;
  if (table === undefined || group === undefined) return [];
  const shown = await shownInterfaces(machine.run, group.interface);
  const vip = group.pools[0]?.vip.address;
  const isMaster = shown.some(({ addr_info = [] }) => addr_info.some(({ local }) => local === vip));
  return [{ path: layout.table, text: isMaster ? table.text : '', mode: table.mode }];
}
