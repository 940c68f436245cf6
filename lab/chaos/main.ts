/**
 * `npm run chaos -- <fault>`: brings one fault in, in real time, and prints what happened. Alone it lists what there is
 * and what is promised. `--scale 10` takes a tenth of the time, as `npm test` does. `--other <file>` gives it the `weir` of
 * another version, and goes through an upgrade and back with both.
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBench } from './bench/bench.ts';
import { FAULTS } from './catalogue/index.ts';
import { versionFaults } from './catalogue/versions.ts';
import { runFault } from './fault.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' }, other: { type: 'string' } },
});
const print = (text: string) => void process.stdout.write(text);
const named = positionals.map((name) => FAULTS.find((fault) => fault.name === name) ?? name);
const wanted = values.other === undefined ? named : [...named, ...versionFaults(resolve(values.other))];
const unknown = wanted.filter((one) => typeof one === 'string');
const scale = Number(values.scale);

if (wanted.length === 0 || unknown.length > 0 || !(scale >= 1)) {
  const width = Math.max(...FAULTS.map(({ name }) => name.length));
  for (const { name, promise } of FAULTS) print(`${name.padEnd(width)}  ${promise}\n`);
  if (unknown.length > 0) print(`\nThere is no fault ${unknown.join(', ')}.\n`);
  process.exitCode = wanted.length === 0 ? 0 : 2;
} else {
  await using bench = await startBench({ scale });
  // Ctrl-C leaves nothing behind either.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void bench.stop().finally(() => process.exit(130)));
  }
  for (const fault of wanted) {
    if (typeof fault === 'string') continue;
    try {
      const { seconds, decisions, told } = await runFault(bench, fault, print);
      print(`The promise held. ${seconds.toFixed(1)} s, ${decisions.length} decisions, ${told.length} messages.\n`);
    } catch (error) {
      print(`The promise of ${fault.name} did not hold: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
