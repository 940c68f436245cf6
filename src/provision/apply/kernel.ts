/** Gives the running kernel what a reboot would: modules, sysctls, VIPs on lo, marks. */

import { existsSync } from 'node:fs';
import { shownInterfaces } from '../../lib/ip-address.ts';
import type { Built } from '../render/files.ts';
import type { Group } from '../render/groups.ts';
import { ingressPlaces, ingressRemovals } from '../render/ingress-mark.ts';
import { withHostMask } from '../render/keepalived-conf.ts';
import type { Layout } from '../render/layout.ts';
import { moduleNames, sysctls, vipsOf } from '../render/system.ts';
import type { Machine, Say, Undo } from './machine.ts';
import { loadedModules } from './requirements.ts';

/** Changes only what differs from what was built. Before each next change, the step that undoes the last is in `undo`. */
export async function settleKernel(
  { groups, files }: Built,
  layout: Layout,
  input: { readonly machine: Machine; readonly say: Say; readonly undo: Undo; readonly changed: readonly string[] },
): Promise<void> {
  await loadModules(groups, input);
  // Sysctls come before addresses: a node that has the VIP on lo and no arp_ignore would answer for it.
  await setSysctls(groups, input);
  await putOnLo(vipsOf(groups), input);
  if (files.some(({ path }) => path === layout.ingressRules)) await loadMarks(groups, layout.ingressRules, input);
}

type Input = Parameters<typeof settleKernel>[2];

/** Loads modules. They stay when the rest is undone: an unused module does nothing. */
async function loadModules(groups: readonly Group[], { machine, say }: Input): Promise<void> {
  const before = await loadedModules(machine);
  const missing = moduleNames(groups).filter((name) => !before.has(name));
  if (missing.length === 0) return;
  await machine.run('modprobe', ['--all', ...missing]);
  const after = await loadedModules(machine);
  const loaded = missing.filter((name) => after.has(name)); // The others are builtin.
  if (loaded.length > 0) say(`Kernel modules loaded: ${loaded.join(', ')}.`);
}

async function setSysctls(groups: readonly Group[], { machine, say, undo }: Input): Promise<void> {
  const set = (key: string, value: string) => machine.run('sysctl', ['--quiet', '--write', `${key}=${value}`]);
  for (const [key, value] of sysctls(groups)) {
    const before = await readSysctl(key, machine);
    if (before === String(value)) continue;
    await set(key, String(value));
    if (before !== undefined) undo.push(() => set(key, before));
    say(`${key} set to ${value}${before === undefined ? '' : `, it was ${before}`}.`);
  }
}

export async function readSysctl(key: string, { read }: Pick<Machine, 'read'>): Promise<string | undefined> {
  const path = key.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.'));
  return (await read(`/proc/sys/${path}`))?.trim();
}

async function putOnLo(vips: readonly string[], { machine, say, undo }: Input): Promise<void> {
  const change = (what: 'replace' | 'delete', address: string) =>
    machine.run('ip', ['address', what, address, 'dev', 'lo']);
  const there = await addressesOnLo(machine);
  for (const vip of vips) {
    const wanted = withHostMask(vip);
    if (!there.includes(wanted)) {
      await change('replace', wanted);
      undo.push(() => change('delete', wanted));
      say(`${wanted} put on lo.`);
    }
    // With a wider mask its whole network would be local to this node.
    for (const wide of there.filter((address) => address !== wanted && address.startsWith(`${vip}/`))) {
      await change('delete', wide);
      undo.push(() => change('replace', wide));
      say(`${wide} taken off lo: the mask was too wide.`);
    }
  }
}

/** Returns addresses as `address/prefix`. */
export async function addressesOnLo({ run }: Pick<Machine, 'run'>): Promise<string[]> {
  return (await shownInterfaces(run, 'lo'))
    .flatMap((shown) => shown.addr_info ?? [])
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

async function loadMarks(
  groups: readonly Group[],
  rules: string,
  { machine, say, undo, changed }: Input,
): Promise<void> {
  const missing = await missingMarks(groups, machine);
  if (missing.length === 0 && !changed.includes(rules)) return;
  undo.push(async () => {
    for (const args of ingressRemovals(groups)) await machine.run('tc', args.split(' ')).catch(() => undefined);
    // The file is the old one again. Where there is none, there were no marks.
    if (existsSync(rules)) await machine.run('tc', ['-batch', rules]);
  });
  await machine.run('tc', ['-batch', rules]);
  say('Marks of what comes from clients loaded (tc filter show).');
}

/** Returns the interfaces that lack one of the marks. */
export async function missingMarks(groups: readonly Group[], { run }: Pick<Machine, 'run'>): Promise<string[]> {
  const places = ingressPlaces(groups);
  const missing: string[] = [];
  for (const device of new Set(places.map((place) => place.device))) {
    const shown = JSON.parse(await run('tc', ['-json', 'filter', 'show', 'dev', device, 'ingress'])) as {
      pref?: number;
    }[];
    const there = new Set(shown.map(({ pref }) => pref));
    if (places.some((mark) => mark.device === device && !there.has(mark.place))) missing.push(device);
  }
  return missing;
}
