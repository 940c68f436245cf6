/** What a keepalived that was killed as MASTER leaves behind: the VIP on the interface, and a kernel that goes on directing. */

import type { PoolConfig } from '../model/config.ts';
import { WeirError } from '../model/error.ts';
import { endpoint } from './address.ts';
import type { Run } from './run.ts';

interface Shown {
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/**
 * Makes of the node what a BACKUP is: no VIP on the interface, and no second director behind the new MASTER, which would
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

/** An address off an interface, with the mask that it has there. One that is not there is a success. */
async function removeAddress(run: Run, address: string, device: string): Promise<void> {
  const prefix = await prefixOf();
  if (prefix === undefined) return;
  await run('ip', ['address', 'delete', `${address}/${prefix}`, 'dev', device]);
  if ((await prefixOf()) === undefined) return;
  throw new WeirError('unverified', `${address} was taken off ${device}, and is there again.`);

  async function prefixOf(): Promise<number | undefined> {
    const shown = JSON.parse(await run('ip', ['-json', 'address', 'show', 'dev', device])) as Shown[];
    return shown.flatMap((one) => one.addr_info ?? []).find((one) => one.local === address)?.prefixlen;
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
