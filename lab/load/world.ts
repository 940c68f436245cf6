/** Many pools on paper: their weir.yaml, and as many rules as asked for. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT } from '../paths.ts';

export function memberName(index: number): string {
  return `m${index}`;
}

export function weirYaml(parts: { url: string; http: number; pools: number; members: number }): string {
  const pool = (index: number) => ({
    vip: { address: `10.${1 + (index >> 8)}.${index & 255}.250`, port: 6379 },
    vrrp: { interface: 'eth0', virtual_router_id: 1 + (index % 255) },
    lvs: { loop_guard: 'ingress-mark' },
    members: Object.fromEntries(
      Array.from({ length: parts.members }, (_, i) => [
        memberName(i),
        { address: `10.${1 + (index >> 8)}.${index & 255}.${1 + i}`, priority: 254 - i, mac: '52:54:00:12:34:56' },
      ]),
    ),
  });
  return stringify({
    broker: { url: parts.url },
    state_dir: './state',
    rules: './rules',
    http: { listen: `127.0.0.1:${parts.http}` },
    policy: { mode: 'shadow', settle: '1s' },
    pools: Object.fromEntries(Array.from({ length: parts.pools }, (_, index) => [`pool-${index}`, pool(index)])),
  });
}

/** The pack over and over, under other names. */
export async function ruleFiles(folder: string, count: number): Promise<void> {
  const from = join(ROOT, 'rules');
  const names = (await readdir(from)).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
  const texts = await Promise.all(names.map((name) => readFile(join(from, name), 'utf8')));
  const pack = texts.flatMap((text) => (parse(text) as { rules: { name: string; mutes?: string[] }[] }).rules);
  const rules = Array.from({ length: count }, (_, i) => {
    const { mutes: _mutes, ...rule } = pack[i % pack.length] as (typeof pack)[number];
    return { ...rule, name: `${rule.name}-${i}` };
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'all.yaml'), stringify({ version: 1, rules }));
}
