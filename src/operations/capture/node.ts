/** What this node's kernel and keepalived really say. */

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { defined } from '../../lib/defined.ts';
import { withPlainFile } from '../../lib/files/plain-file.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import type { NodeAnswers } from '../../model/readings/capture.ts';
import { devicesWith, isAskedFor } from '../../observe/director/devices.ts';
import { askSignal, createKeepalivedReader, DUMP_LIMITS } from '../../observe/director/keepalived-dump.ts';

/** keepalived on a busy host takes a while. In ms. */
const DUMPS_WITHIN_MS = 5_000;

export interface NodeCapture {
  readonly answers: NodeAnswers;
  readonly notHad: readonly string[];
}

/** Never throws: what could not be had is said. */
export async function captureNode(config: WeirConfig, pool: PoolConfig, name: string): Promise<NodeCapture> {
  const notHad: string[] = [];
  const [ipVs, ipVsStats, keepalived] = await Promise.all([lvsFile('ip_vs'), lvsFile('ip_vs_stats'), dump()]);
  const answers = {
    name,
    ...defined({ ipVs, ipVsStats }),
    keepalived,
    vipOn: devicesWith(pool.vip.address).filter((device) => isAskedFor(device)),
  };
  return { answers, notHad };

  async function lvsFile(file: string): Promise<string | undefined> {
    try {
      return await readFile(`/proc/net/${file}`, 'latin1');
    } catch (error) {
      notHad.push(`/proc/net/${file} of this host cannot be read: ${messageOf(error)}.`);
      return undefined;
    }
  }

  async function dump(): Promise<NonNullable<NodeAnswers['keepalived']>> {
    const asked = await askSignal();
    if (asked.trouble !== undefined) notHad.push(asked.trouble);
    const reader = createKeepalivedReader({ keepalived: config.keepalived, signal: asked.signal, staleAfterMs: 0 });
    const { alive, hangs, instances, trouble, file = '' } = await reader.dump(DUMPS_WITHIN_MS);
    if (instances === undefined) {
      if (trouble !== undefined) notHad.push(trouble);
      return { alive, ...defined({ hangs, trouble }) };
    }
    try {
      return { alive, dump: JSON.parse(textOf(file)) };
    } catch (error) {
      // It is being written again; what was torn may hold the password.
      notHad.push(`keepalived's dump cannot be read: ${messageOf(error)}.`);
      return { alive, trouble: 'the dump was not whole' };
    }
  }
}

/** @throws the kernel's error, or WeirError where it is not keepalived's own file. */
function textOf(dumpFile: string): string {
  return withPlainFile(dumpFile, DUMP_LIMITS, (file) => readFileSync(file, 'utf8'));
}
