/** The one way to the terminal. What stands in a line may come from anybody, and a terminal obeys control characters. */

import { harmless, harmlessJson } from '../lib/text/plain-text.ts';

/** What a command was asked for, on stdout, with a line end. `color`: Weir's own colours are in it. */
export function print(text: string, { color = false } = {}): void {
  process.stdout.write(`${harmless(text, { color })}\n`);
}

/** What is said besides it, on stderr, with a line end. */
export function printError(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${harmlessJson(JSON.stringify(value, null, 2))}\n`);
}

/** In the place of all that the terminal shows. */
export function printScreen(text: string, { color = false } = {}): void {
  process.stdout.write(`\x1b[H\x1b[J${harmless(text, { color })}\n`);
}
