/**
 * What people should know about a pool that is taken over. Each begins with what to do: MEND (it is a fault), FILL IN
 * (nobody but you knows), CHECK (it could not be seen), or NOTE. Pure.
 */

import { markOf } from '../model/fwmark.ts';
import type { ExistingInstance, ExistingServer } from './existing.ts';
import type { GuardFound } from './existing-guard.ts';
import type { Candidate } from './existing-pools.ts';
import type { ExistingTable } from './existing-table.ts';
import type { LiveService } from './live-table.ts';
import type { Remark, WrittenPool } from './weir-yaml.ts';

export function remarksOnPool(
  candidate: Candidate,
  guard: GuardFound,
  live: LiveService | undefined,
  kernelIsSeen: boolean,
): Remark[] {
  const { instance } = candidate;
  return [
    ...(candidate.portIsGuessed
      ? [{ about: 'vip', text: 'FILL IN the port: behind a firewall mark no file of keepalived has it.' } as const]
      : []),
    ...ofTable(candidate).map((text) => ({ about: 'lvs', text }) as const),
    ...(guard.remark === undefined ? [] : [{ about: 'lvs', text: guard.remark } as const]),
    ...ofVrrp(instance).map((text) => ({ about: 'vrrp', text }) as const),
    ...(kernelIsSeen ? ofKernel(candidate, guard, live) : []).map((text) => ({ about: 'members', text }) as const),
  ];
}

function ofTable({ table, vip, instance }: Candidate): string[] {
  const weights = new Set(table.members.map(({ weight }) => weight));
  const found: string[] = [];
  if (table.scheduler === 'rr' || table.scheduler === 'lc') {
    const unequal =
      weights.size > 1 ? ` The weights ${[...weights].join(' and ')} are written as the largest of them.` : '';
    found.push(
      `NOTE: the scheduler ${table.scheduler} knows a weight only as 0 or not: Weir can drain a member and cannot lower it. wrr or wlc would let it.${unequal}`,
    );
  }
  if (table.scheduler === 'dh' || (['sh', 'mh'].includes(table.scheduler) && !table.hasFallback)) {
    const remedy = table.scheduler === 'dh' ? 'use wrr' : `add ${table.scheduler}-fallback to the virtual_server`;
    found.push(
      `MEND: the scheduler ${table.scheduler} refuses the clients of a member that has weight 0, so a drain would lose logs: ${remedy}.`,
    );
  }
  if (table.isPersistent) {
    found.push(
      'NOTE: persistence_timeout is not in weir.yaml. Clients of a drained member go on coming to it unless net.ipv4.vs.expire_quiescent_template is 1: set that on every node.',
    );
  }
  const mark = markOf({ vip, vrrp: { virtualRouterId: instance.routerId } });
  if (table.mark !== undefined && table.mark !== mark) {
    found.push(
      `NOTE: this table goes by the firewall mark ${table.mark}. Weir watches it and cannot change its weights: it would look for the mark that \`weir render\` gives this pool, ${mark}.`,
    );
  }
  if (table.lost.length > 0) found.push(lost(table.lost));
  return found;
}

function ofVrrp(instance: ExistingInstance): string[] {
  const found: string[] = [];
  if (instance.authentication === 'PASS') {
    const cut = instance.authIsCut ? ' Only its first eight bytes: VRRP sends no more.' : '';
    found.push(
      `FILL IN the variable VRRP_PASS where weir runs: the auth_pass of vrrp_instance ${instance.name}, since no secret is copied to this file.${cut} Only \`weir render\` uses it: if you do not render, delete the line "auth".`,
    );
  }
  if (instance.authentication === 'AH') {
    found.push('NOTE: auth_type AH is not in weir.yaml: Weir watches this pool, and `weir render` would leave it out.');
  }
  if (instance.priority === 255) {
    found.push('NOTE: priority 255 is for who owns the address, and weir.yaml takes 254 at most: 254 is written.');
  }
  if (instance.lost.length > 0) found.push(lost(instance.lost));
  return found;
}

function lost(keywords: readonly string[]): string {
  return `NOTE: ${keywords.join(', ')} ${keywords.length === 1 ? 'is' : 'are'} not in weir.yaml. Weir leaves keepalived.conf as it is; what \`weir render\` makes would be without.`;
}

function ofKernel({ table }: Candidate, guard: GuardFound, live: LiveService | undefined): string[] {
  if (live === undefined) {
    return guard.guard === 'notify-swap'
      ? []
      : ["CHECK keepalived: the kernel's table of this server has no such service now, although the file has it."];
  }
  const found: string[] = [];
  for (const { address, weight } of table.members) {
    const now = live.destinations.find((one) => one.address === address)?.weight;
    if (now === weight) continue;
    found.push(
      now === undefined
        ? `NOTE: ${address} is not in the kernel's table now: keepalived has taken it out, or somebody.`
        : `NOTE: ${address} has weight ${now} in the kernel's table now and ${weight} in keepalived.conf: somebody changed it, and after a lease Weir gives back ${now}.`,
    );
  }
  for (const { address } of live.destinations) {
    if (table.members.some((one) => one.address === address)) continue;
    found.push(`NOTE: ${address} is in the kernel's table and not in keepalived.conf: it is no member for Weir.`);
  }
  return found;
}

/** Where `weir render` made keepalived.conf its names are in the names of files, and Weir must find those. */
export function remarksOnNames(pool: string, table: ExistingTable, names: readonly string[]): Remark[] {
  const files = table.members.map(({ weightFile }) => weightFile);
  if (files.every((file, index) => file === undefined || file === `weight-${pool}-${names[index]}`)) return [];
  const text = `CHECK the names of this pool and its members: Weir sets weights through the track files ${files.join(' and ')} of this keepalived.conf, which are called weight-<pool>-<member>.`;
  return [{ about: 'members', text }];
}

/** About the server or the whole file. */
export function remarksOnServer(server: ExistingServer, pools: readonly WrittenPool[], isHere: boolean): string[] {
  const instances = [...new Set(pools.map(({ instance }) => instance))];
  const perKernel = pools.some(({ loopGuard, forwarding }) => loopGuard !== 'ingress-mark' && forwarding !== 'nat');
  const together = server.syncGroups.some((group) => instances.every(({ name }) => group.includes(name)));
  const found: string[] = [];
  if (!isHere) {
    found.push(
      'CHECK: no address of this server is a real_server, so its kernel was not looked at and its name tells nothing. Run `weir init` on a node to have both.',
    );
  }
  if (instances.length > 1 && perKernel && !together) {
    found.push(
      `MEND: ${instances.map(({ name }) => name).join(' and ')} may be MASTER on different servers, and the loop guard is one for a whole kernel: then one of the pools would not be balanced. Put them into one vrrp_sync_group or one vrrp_instance.`,
    );
  }
  if (server.isNamed) {
    found.push(
      'FILL IN keepalived.pid_file and keepalived.dump_file: keepalived runs under an instance name or in a namespace, which moves both.',
    );
  }
  if (pools.length > 1) found.push('CHECK the names of the pools, and delete those that are no Redis.');
  return found;
}
