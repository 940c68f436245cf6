/**
 * A stand-in for ipvsadm: its arguments and its output, over a table in a file. `ipvsadm.js <folder> <arguments>`.
 * By its mood it refuses, hangs, prints rubbish, or says that it did what it did not.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BenchTable,
  logChange,
  readBenchTable,
  readToolMood,
  type ToolMood,
  writeBenchTable,
} from '../bench/table.ts';

const [folder = '', ...argv] = process.argv.slice(2);
const mood = readToolMood(folder);

if (mood === 'hangs') await sleep(60_000);
if (mood === 'refuses') fail("Can't initialize ipvs: Permission denied (you must be root)");
if (mood === 'rubbish') {
  process.stdout.write(`\u0007\u0000 Segmentation fault in libnl ${Math.random()}\n-> -> -> 12x 99z\n`);
  process.exit(0);
}
const [command = ''] = argv;
if (command === '-L') list();
else await change(command);

function list(): void {
  if (argv.includes('--timeout')) {
    process.stdout.write('Timeout (tcp tcpfin udp): 900 120 300\n');
    return;
  }
  const { service, rows } = readBenchTable(folder);
  if (option('-t') !== service) fail('No such service');
  const lines = Object.entries(rows).map(
    ([destination, { upper, lower }]) =>
      `  -> ${destination.padEnd(28)} ${upper}          ${lower}          0          0`,
  );
  const head = ['Prot LocalAddress:Port            uthreshold lthreshold ActiveConn InActConn', `TCP  ${service} wrr`];
  process.stdout.write(`${[...head, ...lines].join('\n')}\n`);
}

async function change(what: string): Promise<void> {
  const destination = option('-r');
  const before = readBenchTable(folder);
  const row = before.rows[destination];
  if (option('-t') !== before.service) fail('Service not defined');
  if (what === '-a' ? row !== undefined : row === undefined) {
    fail(what === '-a' ? 'Destination already exists' : 'No such destination');
  }
  const weight = Number(option('-w', '1'));
  const lowers = weight < (row?.weight ?? 0);
  if (mood === 'lies') return;
  if (lowers) await hold('hold-before', 'before', destination);
  const { [destination]: _, ...others } = before.rows;
  const set = { weight, upper: Number(option('-x', '0')), lower: Number(option('-y', '0')) };
  const rows: BenchTable['rows'] = what === '-d' ? others : { ...before.rows, [destination]: set };
  writeBenchTable(folder, { ...before, rows });
  logChange(folder, {
    at: Date.now(),
    destination,
    ...(row !== undefined && { before: row.weight }),
    ...(what !== '-d' && { after: weight }),
  });
  if (lowers) await hold('hold-after', 'after', destination);
}

async function hold(at: ToolMood, held: 'before' | 'after', destination: string): Promise<void> {
  if (mood !== at) return;
  logChange(folder, { at: Date.now(), destination, held });
  while (readToolMood(folder) === at) await sleep(10);
}

function option(name: string, otherwise = ''): string {
  return argv[argv.indexOf(name) + 1] !== undefined && argv.includes(name)
    ? (argv[argv.indexOf(name) + 1] as string)
    : otherwise;
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
