/** The kernel's LVS table, read by the lab itself: its tests must not lean on the parser that they test. */

import { memberAt } from './topology.ts';

export interface TableRow {
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** By member; a member that is not in the table is not in here. An address that is no member's stands as it is. */
export type LvsTable = Readonly<Record<string, TableRow>>;

/**
 * The real servers of one TCP service in /proc/net/ip_vs (kernel: net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show):
 * addresses and ports in hex, weights and counts in decimal. An absent service gives an empty table.
 */
export function parseTable(text: string, vip: string, port: number): LvsTable {
  const rows: Record<string, TableRow> = {};
  let inService = false;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === 'TCP') inService = readAddress(fields[1] ?? '') === `${vip}:${port}`;
    else if (fields[0] !== '->') inService = false;
    else if (inService && fields[1] !== 'RemoteAddress:Port') {
      const [, where = '', , weight, active, inactive] = fields;
      const address = readAddress(where).split(':')[0] as string;
      rows[memberAt(address) ?? address] = {
        weight: Number(weight),
        active: Number(active),
        inactive: Number(inactive),
      };
    }
  }
  return rows;
}

/** `C0A851E5:18EB` to `192.168.81.229:6379` */
function readAddress(hex: string): string {
  const [address = '', port = ''] = hex.split(':');
  const bytes = address.match(/../g) ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${Number.parseInt(port, 16)}`;
}
