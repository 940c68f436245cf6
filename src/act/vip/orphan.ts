/** What a keepalived that was killed as MASTER leaves behind: the VIP on the interface, and a kernel that goes on directing. */

import { shownInterfaces } from '../../lib/ip-address.ts';
import type { Run } from '../../lib/run-program.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import { endpoint } from '../lvs/address.ts';

/**
 * Makes of the node what a BACKUP is: no VIP on an interface, and no second director behind the new MASTER, which would
 * schedule again what that one hands over. keepalived sets both anew when it starts.
 * @throws WeirError when a program fails, or the VIP is still there.
 */
export async function removeOrphan(run: Run, pool: PoolConfig, device: string): Promise<void> {
  await removeAddress(run, pool.vip.address, device);
  if (pool.lvs.forwarding === 'nat') return;
  if (pool.lvs.loopGuard === 'backup-only') await becomeBackup(run, pool, device);
  if (pool.lvs.loopGuard === 'notify-swap') {
    await run('ipvsadm', ['--delete-service', '--tcp-service', endpoint(pool.vip.address, pool.vip.port)]);
  }
}

/**
 * Takes an address off the interfaces where keepalived may have put it (`dev`, use_vmac), with the mask that it has there. Not off lo,
 * a dummy interface or a tunnel, where a real server has it for good. An address that is nowhere is a success.
 */
async function removeAddress(run: Run, address: string, device: string): Promise<void> {
  for (const [there, prefix] of await places()) {
    await run('ip', ['address', 'delete', `${address}/${prefix}`, 'dev', there]);
  }
  const left = (await places()).map(([there]) => there);
  if (left.length === 0) return;
  throw new WeirError('unverified', `${address} was taken off ${left.join(', ')}, and is there again.`);

  async function places(): Promise<(readonly [device: string, prefix: number])[]> {
    return (await shownInterfaces(run)).flatMap(({ ifname = '', flags = [], addr_info: all = [] }) => {
      const isAskedFor = !flags.includes('LOOPBACK') && !flags.includes('NOARP');
      if (ifname !== device && !isAskedFor) return [];
      const placed = all.find(
        (entry) => entry.local !== undefined && endpoint(entry.local, 0) === endpoint(address, 0),
      );
      return placed?.prefixlen === undefined ? [] : [[ifname, placed.prefixlen] as const];
    });
  }
}

/** backup_only asks the sync daemon, which a killed keepalived leaves as the MASTER's (ip_vs.h, sysctl_backup_only). */
async function becomeBackup(run: Run, pool: PoolConfig, device: string): Promise<void> {
  const daemons = await run('ipvsadm', ['--list', '--daemon']);
  if (/^master sync daemon/m.test(daemons)) await run('ipvsadm', ['--stop-daemon', 'master']);
  if (/^backup sync daemon/m.test(daemons)) return;
  const terms = ['--mcast-interface', device, '--syncid', String(pool.vrrp.virtualRouterId)];
  await run('ipvsadm', ['--start-daemon', 'backup', ...terms]);
}
