/**
 * `npm run attacks`: makes every attack of the catalogue again, against the built `weir` and real Redis servers on loopback,
 * and prints what came of each. Ends with 1 when one succeeded. `npm run attacks -- H5 L7`: only those.
 * `--write`: what came of those that were made goes into docs/attacks.md.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../paths.ts';
import type { Seen } from './attack.ts';
import { HOST_ATTACKS, POOL_ATTACKS } from './catalogue/index.ts';
import { startHost } from './host.ts';
import { startPool } from './pool.ts';
import { isBreached, lineOf, type Made, withTable } from './table.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const isWanted = ({ of }: { readonly of: string }) =>
  positionals.length === 0 || positionals.some((id) => of === id || of.endsWith(` ${id}`));
const print = (text: string) => void process.stdout.write(text);

const startedAt = performance.now();
const made: Made[] = [];

/** An attack that cannot be made has not held. */
async function make(attack: Pick<Made, 'of' | 'tries'>, run: () => Promise<Seen>): Promise<void> {
  const seen = await run().catch((error: unknown): Seen => {
    const text = error instanceof Error ? error.message : String(error);
    return { came: 'not made', got: text.slice(0, 600) };
  });
  const one = { of: attack.of, tries: attack.tries, seen };
  made.push(one);
  print(lineOf(one));
}

const open: AsyncDisposable[] = [];
const close = async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
};
// Ctrl-C leaves nothing behind either.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().finally(() => process.exit(130)));
}
const host = await startHost();
open.push(host);
for (const attack of HOST_ATTACKS.filter(isWanted)) await make(attack, () => attack.run(host));
const onPool = POOL_ATTACKS.filter(isWanted);
if (onPool.length > 0) {
  const pool = await startPool(host);
  open.push(pool);
  for (const attack of onPool) await make(attack, async () => attack.run(await pool.in(attack.mode)));
}

await close();
const seconds = (performance.now() - startedAt) / 1_000;
const counts = new Map<string, number>();
for (const { seen } of made) counts.set(seen.came, (counts.get(seen.came) ?? 0) + 1);
print(
  `\n${made.length} attacks in ${seconds.toFixed(0)} s: ${[...counts].map(([came, count]) => `${count} ${came}`).join(', ')}.\n`,
);
if (values.write) {
  const path = join(ROOT, 'docs/attacks.md');
  await writeFile(path, withTable(await readFile(path, 'utf8'), made));
}
process.exitCode = isBreached(made) ? 1 : 0;
