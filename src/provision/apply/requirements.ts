/** Finds what weir.yaml asks of this server and it lacks, before anything is written. */

import { WeirError } from '../../model/error.ts';
import type { Group, Refusal } from '../render/groups.ts';
import type { Machine } from './machine.ts';

/** CAP_NET_ADMIN is bit 12 of the capabilities (include/uapi/linux/capability.h). */
export const CAP_NET_ADMIN = 1n << 12n;

/**
 * Checks that this process may write below /etc and change the kernel's network.
 * @throws WeirError 'usage' when it may not.
 */
export async function requirePrivileges(uid: number, { read }: Pick<Machine, 'read'>): Promise<void> {
  const status = (await read('/proc/self/status')) ?? '';
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if (uid === 0 && (effective & CAP_NET_ADMIN) !== 0n) return;
  const who = uid === 0 ? 'as root without CAP_NET_ADMIN' : `as uid ${uid}`;
  throw new WeirError(
    'usage',
    `--apply was run ${who} and changed nothing: it writes below /etc and changes the kernel's network, so run it as root on the server.`,
  );
}

/** Returns a sentence for each value of weir.yaml that asks for an interface or scheduler that is not there. */
export async function lacking(groups: readonly Group[], node: string, machine: Machine): Promise<Refusal[]> {
  const interfaces = interfacesIn((await machine.read('/proc/net/dev')) ?? '');
  const refusals: Refusal[] = [];
  for (const pool of groups.flatMap((group) => group.pools)) {
    const own = pool.members[node]?.interface;
    const device = own ?? pool.vrrp.interface;
    if (!interfaces.includes(device)) {
      const path = own === undefined ? ['vrrp', 'interface'] : ['members', node, 'interface'];
      const message = `this server has no interface ${device}; it has ${interfaces.join(', ')}`;
      refusals.push({ path: ['pools', pool.name, ...path], message });
    }
    const { scheduler } = pool.lvs;
    if (await hasModule(`ip_vs_${scheduler}`, machine)) continue;
    const message = `this kernel has no scheduler ${scheduler} (module ip_vs_${scheduler}): install the kernel's modules, or choose another lvs.scheduler`;
    refusals.push({ path: ['pools', pool.name, 'lvs', 'scheduler'], message });
  }
  return refusals;
}

/** Reads /proc/net/dev, which unlike /sys/class/net always shows the reader's own network namespace. */
function interfacesIn(text: string): string[] {
  return [...text.matchAll(/^\s*([^\s|]+):/gm)].map(([, name]) => name as string);
}

/** Reads the first column of /proc/modules. Builtin modules are not in it. */
export async function loadedModules({ read }: Pick<Machine, 'read'>): Promise<ReadonlySet<string>> {
  const text = (await read('/proc/modules')) ?? '';
  return new Set(text.split('\n').map((line) => line.split(' ')[0] as string));
}

/** Whether a module is loaded, builtin or can be loaded. modprobe answers for all three, if the module folder is there. */
async function hasModule(name: string, machine: Machine): Promise<boolean> {
  if ((await loadedModules(machine)).has(name)) return true;
  return machine.run('modprobe', ['--dry-run', '--quiet', name]).then(
    () => true,
    () => false,
  );
}
