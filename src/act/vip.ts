/** The VIP on this node's VRRP interface, where keepalived cannot take it off any more. */

import { WeirError } from '../model/error.ts';
import type { Run } from './run.ts';

interface Shown {
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/**
 * Takes an address off an interface, with the mask that it has there. One that is not there is a success.
 * @throws WeirError when `ip` fails or the address is still there.
 */
export async function removeAddress(run: Run, address: string, device: string): Promise<void> {
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
