#!/usr/bin/env node
import { CommanderError } from 'commander';
import { withoutSecrets } from '../model/configuration/known-secrets.ts';
import { EXIT, WeirError } from '../model/error.ts';
import { printError } from './print.ts';
import { weirProgram } from './program.ts';

/** A command that has failed ends within this, in ms. */
const EXIT_WITHIN_MS = 1_000;

async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  try {
    const program = weirProgram((exit) => (code = exit));
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // What was begun before the error, as the connections of a role that cannot start, keeps no process.
    setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
    return exitCodeOf(error);
  }
}

/** Says what went wrong, where commander has not said it. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof WeirError) {
    printError(error.message);
    return EXIT[error.code];
  }
  printUnexpected(error);
  return EXIT.system;
}

/** Nobody foresaw it: where it happened is what a report of it needs, and none of its fields. */
function printUnexpected(error: unknown): void {
  printError(withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error)));
}

process.on('uncaughtException', (error) => {
  printUnexpected(error);
  process.exit(EXIT.system);
});

// Libraries print there what nobody can place: a command prints its own words, and a role has a log.
for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const) console[name] = () => {};
// A pipe that is closed early (`weir status | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
