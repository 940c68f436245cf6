/** Reads a file that `weir capture` wrote: each member, then this node's side. */

import { defined } from '../../lib/defined.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import type { Answer, Capture, ServerAnswers } from '../../model/readings/capture.ts';
import type { Readout, ReadPart } from '../../model/readings/readout.ts';
import { parseDump } from '../../observe/director/vrrp-dump.ts';
import { clientsPart } from './clients.ts';
import { readLvs, readVrrp, servicesIn } from './director.ts';
import { readMember } from './member.ts';
import { configFrom } from './settings.ts';

/** @throws WeirError 'usage' where its pool would not load. */
export async function readCapture(
  file: string,
  capture: Capture,
  silentMs: number,
): Promise<Pick<Readout, 'parts' | 'notes'>> {
  const config = configFrom(file, capture.weirYaml);
  const [pool] = Object.values(config.pools) as [PoolConfig];
  const names = Object.keys(capture.members);
  const unknown = names.find((name) => pool.members[name] === undefined);
  if (unknown !== undefined)
    throw new WeirError('usage', `${file}: members.${unknown}: its weirYaml has no such member.`);
  const parts: ReadPart[] = [];
  const notes = [...capture.notHad];
  const members = await Promise.all(
    names.map((name) => readMember({ name, answers: capture.members[name] as ServerAnswers, pool, config, silentMs })),
  );
  for (const [index, { part, notes: own }] of members.entries()) {
    const name = names[index] as string;
    parts.push(part);
    const list = clientListIn(capture.members[name]?.replies ?? {});
    if (list !== undefined) parts.push(clientsPart(list, name));
    notes.push(...own.map((note) => `Member ${name}: ${note}`));
  }
  const { node } = capture;
  if (node?.ipVs !== undefined) {
    parts.push(await readLvs(node, pool, config), servicesIn(node.ipVs));
  }
  if (node?.keepalived !== undefined) {
    const { alive, hangs, dump, trouble } = node.keepalived;
    const instances = dump === undefined ? undefined : parseDump(JSON.stringify(dump));
    if (dump !== undefined && instances === undefined) {
      throw new WeirError('usage', `${file}: node.keepalived.dump: this is no dump of keepalived.`);
    }
    const writtenAt = Date.parse(capture.at);
    const seen = {
      alive,
      ...(Number.isFinite(writtenAt) && { writtenAt }),
      ...defined({ instances, hangs, trouble, vipOn: node.vipOn }),
    };
    parts.push(readVrrp(seen, pool, config));
  }
  return { parts, notes };
}

function clientListIn(replies: Readonly<Record<string, readonly Answer[]>>): string | undefined {
  const reply = Object.entries(replies)
    .find(([command]) => /^client list/i.test(command))?.[1]
    .at(-1);
  return typeof reply === 'string' && !reply.startsWith('-') ? reply : undefined;
}
