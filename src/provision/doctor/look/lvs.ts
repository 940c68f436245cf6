/** Looks at LVS on this node: the table, the sync daemons, the marks. */

import { readFile } from 'node:fs/promises';
import type { PoolConfig } from '../../../model/configuration/config.ts';
import { messageOf } from '../../../model/error.ts';
import type { LvsFacts, ServiceFacts } from '../facts.ts';
import { isForbidden, isMissing, type Note, type Parts, type Run } from './parts.ts';

export interface LvsLook {
  readonly facts: LvsFacts;
  /** Pool name to its service. */
  readonly services: Readonly<Record<string, ServiceFacts | null | undefined>>;
}

export async function lookAtLvs(parts: Parts, pools: readonly PoolConfig[]): Promise<LvsLook> {
  const { run, note, serviceIn } = parts;
  const table = await readTable(note);
  // Without ip_vs ipvsadm fails as well, so it need not be asked.
  const daemons = await readDaemons(run, table === 'none' ? () => {} : note);
  return {
    facts: {
      ...(table !== 'unknown' && { kernel: table !== 'none' }),
      ...daemons,
    },
    services:
      typeof table === 'string'
        ? {}
        : Object.fromEntries(pools.map((pool) => [pool.name, serviceIn(table.text, pool)])),
  };
}

async function readTable(note: Note): Promise<{ readonly text: string } | 'none' | 'unknown'> {
  try {
    return { text: await readFile('/proc/net/ip_vs', 'latin1') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    note(`The LVS table: ${isForbidden(error) ? 'no permission, run it as root' : messageOf(error)}.`);
    return 'unknown';
  }
}

async function readDaemons(run: Run, note: Note): Promise<Pick<LvsFacts, 'ipvsadm' | 'daemons'>> {
  try {
    return { ipvsadm: true, daemons: parseDaemons(await run('ipvsadm', ['-L', '--daemon'])) };
  } catch (error) {
    if (isMissing(error)) return { ipvsadm: false };
    note(`The sync daemons of LVS: ${messageOf(error)}`);
    return { ipvsadm: true };
  }
}

/** `master sync daemon (mcast=eth0, syncid=51, ...)`, a line for each. */
export function parseDaemons(text: string): ('master' | 'backup')[] {
  return [...text.matchAll(/^(master|backup) sync daemon/gm)].map(([, kind]) => kind as 'master' | 'backup');
}

/** Whether tc gives what comes in through the interface this mark (render/ingress-mark.ts). */
export async function isMarked(
  { run, note }: Pick<Parts, 'run' | 'note'>,
  device: string,
  mark: number,
): Promise<boolean | undefined> {
  try {
    return marksIn(await run('tc', ['filter', 'show', 'dev', device, 'ingress'])).includes(mark);
  } catch (error) {
    note(`The marks on ${device}: ${isMissing(error) ? 'tc is not installed (iproute2).' : messageOf(error)}`);
    return undefined;
  }
}

/** `action order 1: skbedit  mark 2003121131 pipe`; in hex where a mask follows it. */
export function marksIn(filters: string): number[] {
  return [...filters.matchAll(/skbedit\s.*?\bmark (0x[0-9a-f]+|\d+)/g)].map(([, mark]) => Number(mark));
}
