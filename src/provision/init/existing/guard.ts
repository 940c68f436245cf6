/** Finds the loop guard that a server already has, by the signs that each of the three leaves. Pure. */

import { lowerFirst } from '../../../lib/text/plain-text.ts';
import type { ExistingServer } from './existing.ts';
import type { ExistingInstance } from './instance.ts';
import type { ExistingTable } from './table.ts';

export type Guard = 'backup-only' | 'notify-swap' | 'ingress-mark';

export interface GuardSigns {
  readonly server: ExistingServer;
  readonly table: ExistingTable;
  /** The one with the VIP. */
  readonly instance: ExistingInstance;
  /** net.ipv4.vs.backup_only; absent: it could not be read, or this is not the server. */
  readonly backupOnly?: boolean;
  /** Whether keepalived's notify programs change what is in the table. */
  readonly swapsTable: boolean;
  /** Notify programs that could not be read: one of them may swap the table. */
  readonly unread: readonly string[];
}

export interface GuardFound {
  readonly guard: Guard;
  /** What is missing, and what that means. */
  readonly remark?: string;
}

const LOOP =
  'Where both servers have this virtual_server, they schedule the same connection twice, hand its packets back and forth, and connections hang';

export function guardOf({ server, table, instance, backupOnly, swapsTable, unread }: GuardSigns): GuardFound {
  const daemon = `lvs_sync_daemon ${instance.interface} ${instance.name}`;
  // NAT changes the destination, and the other server's table has no service for that.
  if (table.members[0]?.forwarding === 'nat') return { guard: 'backup-only' };
  if (table.mark !== undefined) {
    return {
      guard: 'ingress-mark',
      remark: `CHECK that your firewall does not set the mark ${table.mark} on packets that come from the other server (by its MAC). ${LOOP}.`,
    };
  }
  const followed = server.syncDaemon?.instance;
  if (followed !== undefined) {
    const movesAlong = server.syncGroups.some((group) => group.includes(followed) && group.includes(instance.name));
    if (followed === instance.name || movesAlong) return { guard: 'backup-only', ...halfGuard(backupOnly) };
    return {
      guard: 'backup-only',
      remark: `MEND: the sync daemon follows vrrp_instance ${followed}, and the VIP of this pool is in ${instance.name}: backup_only looks at the wrong one. Where ${followed} is MASTER and ${instance.name} is not, the connections are scheduled twice; the other way round, not at all. Write "${daemon}", or put both into one vrrp_sync_group.`,
    };
  }
  if (server.syncDaemon !== undefined && backupOnly === true) {
    return {
      guard: 'backup-only',
      remark: `MEND: lvs_sync_daemon names no vrrp_instance, so with net.ipv4.vs.backup_only=1 the MASTER counts as BACKUP too and nothing is balanced. Write "${daemon}".`,
    };
  }
  if (swapsTable) return { guard: 'notify-swap' };
  const remedy = `backup-only stands here because weir.yaml needs one. To have it, add "${daemon}" to global_defs and set net.ipv4.vs.backup_only=1, on every node.`;
  if (unread.length > 0) {
    return {
      guard: 'backup-only',
      remark: `CHECK ${unread.join(' and ')}, which could not be read: if the table is changed there, the loop guard is notify-swap. If not, there is none: ${lowerFirst(LOOP)}. ${remedy}`,
    };
  }
  return {
    guard: 'backup-only',
    remark: `MEND: there is no loop guard: no lvs_sync_daemon with an instance, no fwmark, no notify program that changes the table. ${LOOP}. ${remedy}`,
  };
}

function halfGuard(backupOnly: boolean | undefined): { readonly remark?: string } {
  if (backupOnly === true) return {};
  if (backupOnly === undefined) {
    return { remark: `CHECK that net.ipv4.vs.backup_only is 1: it could not be read here. ${LOOP} when it is 0.` };
  }
  return {
    remark: `MEND: only half of the loop guard is there: lvs_sync_daemon is, and net.ipv4.vs.backup_only is 0. ${LOOP}. Set it to 1 with sysctl, on every node.`,
  };
}
