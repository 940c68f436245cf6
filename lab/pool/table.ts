/** The kernel's LVS table, read by the lab itself: its tests must not lean on the parser that they test. */

import { memberAt } from './topology.ts';

export interface TableRow {
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** By member; a member that is not in the table is not in here. An address that is no member's stands as it is. */
export type LvsTable = Readonly<Record<string, TableRow>>;

/** What heads a pool in the table: its VIP, or under ingress-mark a mark. */
export type ServiceHead = { readonly address: string; readonly port: number } | { readonly mark: number };

/**
 * The real servers of one service in /proc/net/ip_vs (kernel: net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show):
 * addresses, ports and marks in hex, weights and counts in decimal. An absent service gives an empty table.
 */
export function parseTable(text: string, service: ServiceHead): LvsTable {
  const rows: Record<string, TableRow> = {};
  let inService = false;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] !== '->') inService = isHeadOf(service, fields);
    else if (inService && fields[1] !== 'RemoteAddress:Port') {
      const [, where = '', , weight, active, inactive] = fields;
      const { address } = readAddress(where);
      rows[memberAt(address) ?? address] = {
        weight: Number(weight),
        active: Number(active),
        inactive: Number(inactive),
      };
    }
  }
  return rows;
}

function isHeadOf(service: ServiceHead, [protocol, where = '']: readonly string[]): boolean {
  if ('mark' in service) return protocol === 'FWM' && Number.parseInt(where, 16) === service.mark;
  const { address, port } = readAddress(where);
  return protocol === 'TCP' && address === service.address && port === service.port;
}

/** `C0A851E5:18EB` is 192.168.81.229 and 6379, `[fd00:0000:…:0229]:18EB` is fd00::229 and 6379. */
function readAddress(text: string): { readonly address: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  const port = Number.parseInt(text.slice(at + 1), 16);
  const host = text.slice(0, at);
  if (host.startsWith('[')) return { address: new URL(`http://${host}`).hostname.slice(1, -1), port };
  const bytes = host.match(/../g) ?? [];
  return { address: bytes.map((byte) => Number.parseInt(byte, 16)).join('.'), port };
}
