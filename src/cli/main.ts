#!/usr/bin/env node
import { CommanderError } from 'commander';
import { withoutSecrets } from '../model/configuration/known-secrets.ts';
import { EXIT, WeirError } from '../model/error.ts';
import { weirProgram } from './program.ts';

async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  try {
    const program = weirProgram((exit) => (code = exit));
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    if (error instanceof WeirError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT[error.code];
    }
    process.stderr.write(unexpected(error));
    return 1;
  }
}

/** Nobody foresaw it: where it happened is what a report of it needs. */
function unexpected(error: unknown): string {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${withoutSecrets(said)}\n`;
}

process.on('uncaughtException', (error) => {
  process.stderr.write(unexpected(error));
  process.exit(1);
});

// Libraries print there what nobody can place: a command prints its own words, and a role has a log.
for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const) console[name] = () => {};
// A pipe that is closed early (`weir status | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
