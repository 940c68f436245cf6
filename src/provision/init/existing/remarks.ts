/**
 * What people should know about a pool that is taken over. Each begins with what to do: MEND (it is a fault), FILL IN
 * (nobody but you knows), CHECK (it could not be seen), or NOTE. Pure.
 */

import { markOf } from '../../../model/configuration/fwmark.ts';
import { listed } from '../keepalived/lines.ts';
import type { LiveService } from '../live-service.ts';
import type { Remark, WrittenPool } from '../weir-yaml.ts';
import type { ExistingServer } from './existing.ts';
import type { GuardFound } from './guard.ts';
import type { Candidate } from './pools.ts';
import type { ExistingTable } from './table.ts';

export function remarksOnPool(
  candidate: Candidate,
  guard: GuardFound,
  live: LiveService | undefined,
  kernelIsSeen: boolean,
  authVariable: string | undefined,
): Remark[] {
  return [
    ...ofVip(candidate).map((text) => ({ about: 'vip', text }) as const),
    ...ofTable(candidate).map((text) => ({ about: 'lvs', text }) as const),
    ...(guard.remark === undefined ? [] : [{ about: 'lvs', text: guard.remark } as const]),
    ...ofVrrp(candidate, authVariable).map((text) => ({ about: 'vrrp', text }) as const),
    ...(kernelIsSeen ? ofKernel(candidate, guard, live) : []).map((text) => ({ about: 'members', text }) as const),
  ];
}

function ofVip({ table, vip, instance }: Candidate): string[] {
  const remarks: string[] = [];
  if (table.mark !== undefined) {
    const port =
      table.markedPort === undefined
        ? 'the port is a guess'
        : 'the port is that of its real servers or of their health checks';
    remarks.push(
      `FILL IN the port and the VIP: which of them have the mark ${table.mark} is known to your firewall only. ${vip.address} is the VIP that is left, and ${port}.`,
    );
  }
  const device = instance.vips.find(({ address }) => address === vip.address)?.device;
  if (device !== undefined) {
    remarks.push(
      `CHECK: the VIP ${vip.address} is on ${device}, while VRRP speaks on ${instance.interface}. vrrp.interface is where VRRP speaks, and \`weir render\` puts the VIP there.`,
    );
  }
  return remarks;
}

function ofTable({ table, vip, instance }: Candidate): string[] {
  const weights = new Set(table.members.map(({ weight }) => weight));
  const remarks: string[] = [];
  if (table.scheduler === 'rr' || table.scheduler === 'lc') {
    const unequal =
      weights.size > 1 ? ` The weights ${[...weights].join(' and ')} are written as the largest of them.` : '';
    remarks.push(
      `NOTE: the scheduler ${table.scheduler} knows a weight only as 0 or not: Weir can drain a member and cannot lower it. wrr or wlc would let it.${unequal}`,
    );
  }
  if (table.members.every(({ weight }) => weight === 0)) {
    remarks.push(
      'FILL IN the weights that the members have when they serve: all of them have 0 in keepalived.conf, and a pool needs one above it.',
    );
  }
  if (table.scheduler === 'dh' || (['sh', 'mh'].includes(table.scheduler) && !table.hasFallback)) {
    const remedy = table.scheduler === 'dh' ? 'use wrr' : `add ${table.scheduler}-fallback behind lb_algo`;
    remarks.push(
      `MEND: the scheduler ${table.scheduler} refuses the clients of a member that has weight 0, so a drain would lose logs: ${remedy}.`,
    );
  }
  const forwarding = table.members[0]?.forwarding;
  if (forwarding === 'tunnel' || forwarding === 'nat') {
    const lacks = forwarding === 'nat' ? 'no way back through the director' : 'no tunl0 on the members';
    remarks.push(
      `NOTE: forwarding ${forwarding} is written and not proven yet; what \`weir render\` makes has ${lacks}.`,
    );
  }
  if (table.isPersistent) {
    remarks.push(
      'NOTE: this pool is persistent. Clients of a drained member go on coming to it unless net.ipv4.vs.expire_quiescent_template is 1: set that on every node.',
    );
  }
  const mark = markOf({ vip, vrrp: { virtualRouterId: instance.routerId } });
  if (table.mark !== undefined && table.mark !== mark) {
    remarks.push(
      `NOTE: this table goes by the firewall mark ${table.mark}. Weir watches it and cannot change its weights: it would look for the mark that \`weir render\` gives this pool, ${mark}.`,
    );
  }
  return [...remarks, ...table.oddities.map(asCheck)];
}

/** Where keepalived goes on with another value, that one is written. */
export function asCheck(oddity: string): string {
  const remarks = /^(\S+) MEND: (.*)$/s.exec(oddity);
  return remarks === null ? `CHECK ${oddity}` : `MEND ${remarks[1]} ${remarks[2]}`;
}

function ofVrrp({ instance, table }: Candidate, authVariable: string | undefined): string[] {
  const found: string[] = [];
  if (authVariable !== undefined) {
    const cut = instance.authIsCut ? ' Only its first eight bytes: VRRP sends no more.' : '';
    found.push(
      `FILL IN the variable ${authVariable} where weir runs: the auth_pass of vrrp_instance ${instance.name}, since no secret is copied to this file.${cut} Only \`weir render\` uses it: if you do not render, delete the line "auth".`,
    );
  }
  if (instance.authentication === 'AH') {
    found.push('NOTE: auth_type AH is not in weir.yaml: Weir watches this pool, and `weir render` would leave it out.');
  }
  if (instance.priority === 255) {
    found.push('NOTE: priority 255 is for who owns the address, and weir.yaml takes 254 at most: 254 is written.');
  }
  const sources = [...(instance.ownAddress === undefined ? [] : [instance.ownAddress]), ...instance.peers];
  if (sources.length > 0 && !sources.some((named) => table.members.some(({ address }) => address === named))) {
    found.push(
      `CHECK: VRRP speaks from ${listed(sources)}, and none of them is a real_server. That is right where each server has an address in both networks. Where the directors are servers of their own, Weir cannot run this pool.`,
    );
  }
  return [...found, ...instance.oddities.map(asCheck)];
}

function ofKernel({ table }: Candidate, guard: GuardFound, live: LiveService | undefined): string[] {
  if (live === undefined) {
    return guard.guard === 'notify-swap'
      ? []
      : ["CHECK keepalived: the kernel's table of this server has no such service now, although the file has it."];
  }
  const remarks: string[] = [];
  for (const { address, weight } of table.members) {
    const now = live.destinations.find((destination) => destination.address === address)?.weight;
    if (now === weight) continue;
    remarks.push(
      now === undefined
        ? `NOTE: ${address} is not in the kernel's table now: keepalived has taken it out, or somebody.`
        : `NOTE: ${address} has weight ${now} in the kernel's table now and ${weight} in keepalived.conf: somebody changed it, and after a lease Weir gives back ${now}.`,
    );
  }
  for (const { address } of live.destinations) {
    if (table.members.some((member) => member.address === address)) continue;
    remarks.push(`NOTE: ${address} is in the kernel's table and not in keepalived.conf: it is no member for Weir.`);
  }
  return remarks;
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
  const remarks: string[] = [];
  if (!isHere) {
    remarks.push(
      'CHECK: no address of this server is a real_server, so its kernel was not looked at and its name tells nothing. Run `weir init` on a node to have both.',
    );
  }
  if (instances.length > 1 && perKernel && together) {
    remarks.push(
      `NOTE: ${listed(instances.map(({ name }) => name))} move together in a vrrp_sync_group, and weir.yaml has no word for that: \`weir render\` refuses two VRRP instances with this loop guard.`,
    );
  }
  if (instances.length > 1 && perKernel && !together) {
    remarks.push(
      `MEND: ${instances.map(({ name }) => name).join(' and ')} may be MASTER on different servers, and the loop guard is one for a whole kernel: then one of the pools would not be balanced. Put them into one vrrp_sync_group or one vrrp_instance.`,
    );
  }
  if (server.isNamed) {
    remarks.push(
      'FILL IN keepalived.pid_file and keepalived.dump_file: keepalived runs under an instance name or in a namespace, which moves both.',
    );
  }
  if (pools.length > 1) remarks.push('CHECK the names of the pools, and delete those that are no Redis.');
  return remarks;
}
