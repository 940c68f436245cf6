/** What `weir read` needs to know besides the file: the pools of weir.yaml, or defaults where there is none. */

import { parseConfig } from '../../config/load.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { messageOf, WeirError } from '../../model/error.ts';

export interface ReadSettings {
  readonly config: WeirConfig;
  /** The pools that are meant. Empty: no weir.yaml is known. */
  readonly pools: readonly PoolConfig[];
  /** How long a missing answer is waited for, in ms. By default no file takes two seconds. */
  readonly silentMs?: number;
}

const SILENT_MS = 800;

export function silentMsOf({ silentMs = SILENT_MS }: Pick<ReadSettings, 'silentMs'>): number {
  return silentMs;
}

/** Every default of weir.yaml, and a pool that stands for an unknown one. */
export function defaultConfig(): WeirConfig {
  return configFrom('the defaults', {
    pools: {
      pool: {
        vip: { address: '0.0.0.0' },
        vrrp: { interface: 'lo', virtual_router_id: 1 },
        members: { a: { address: '127.0.0.1', priority: 2 }, b: { address: '127.0.0.2', priority: 1 } },
      },
    },
  });
}

/** A weir.yaml that a file brings with it. @throws WeirError 'usage' that names the file. */
export function configFrom(file: string, weirYaml: unknown): WeirConfig {
  try {
    return parseConfig({ file, text: JSON.stringify(weirYaml), env: {}, cwd: '/', root: false });
  } catch (error) {
    const [first = ''] = messageOf(error).split('\n');
    const what = first.slice(file.length).replace(/^:\d+:\d+ /, '');
    throw new WeirError('usage', `${file}: weirYaml: ${what}`, { cause: error });
  }
}
