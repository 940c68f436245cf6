/**
 * The LVS table of a node on the bench: a file that the stand-in for ipvsadm keeps, in the form in which the kernel shows
 * it, and a log of every change. Hosts that run the bench need no ip_vs.
 */

import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Row {
  readonly weight: number;
  readonly upper: number;
  readonly lower: number;
}

export interface BenchTable {
  /** The VIP as `address:port`. */
  readonly service: string;
  /** By `address:port`. */
  readonly rows: Readonly<Record<string, Row>>;
}

/**
 * How the stand-in behaves. `hold-before` and `hold-after` wait before or after the change until the mood is another
 * one.
 */
export type ToolMood = 'works' | 'refuses' | 'hangs' | 'rubbish' | 'lies' | 'hold-before' | 'hold-after';

export interface TableChange {
  readonly at: number;
  readonly destination: string;
  readonly before?: number;
  readonly after?: number;
  /** The point at which it waits, by its mood. */
  readonly held?: 'before' | 'after';
}

/** The folder that stands for /proc/net. */
export function netFolder(folder: string): string {
  return join(folder, 'net');
}

export function readBenchTable(folder: string): BenchTable {
  return JSON.parse(readFileSync(join(folder, 'table.json'), 'utf8')) as BenchTable;
}

/** A reader sees the old table or all of the new one. */
export function writeBenchTable(folder: string, table: BenchTable): void {
  replace(join(folder, 'table.json'), JSON.stringify(table));
  replace(join(netFolder(folder), 'ip_vs'), renderKernel(table));
}

/** keepalived lists a destination at its own weight, or takes it out. */
export function listInTable(folder: string, place: string, listed: boolean): void {
  const { service, rows } = readBenchTable(folder);
  const { [place]: _, ...others } = rows;
  const row = { [place]: { weight: 100, upper: 0, lower: 0 } };
  writeBenchTable(folder, { service, rows: { ...others, ...(listed && row) } });
}

export function readToolMood(folder: string): ToolMood {
  const file = join(folder, 'mood');
  return existsSync(file) ? (readFileSync(file, 'utf8') as ToolMood) : 'works';
}

export function writeToolMood(folder: string, mood: ToolMood): void {
  replace(join(folder, 'mood'), mood);
}

export function logChange(folder: string, change: TableChange): void {
  appendFileSync(join(folder, 'changes.jsonl'), `${JSON.stringify(change)}\n`);
}

export function readChanges(folder: string): TableChange[] {
  const file = join(folder, 'changes.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TableChange);
}

/** /proc/net/ip_vs as ip_vs_info_seq_show of Linux net/netfilter/ipvs/ip_vs_ctl.c writes it. */
export function renderKernel({ service, rows }: BenchTable): string {
  const lines = Object.entries(rows).map(
    ([destination, { weight }]) => `  -> ${hex(destination)}      Route   ${String(weight).padEnd(6)} 0          0`,
  );
  return [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
    `TCP  ${hex(service)} wrr `,
    ...lines,
    '',
  ].join('\n');
}

function hex(endpoint: string): string {
  const [address = '', port = ''] = endpoint.split(':');
  const part = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `${address
    .split('.')
    .map((byte) => part(Number(byte), 2))
    .join('')}:${part(Number(port), 4)}`;
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
