/** The help text on a screen of 80 columns. */

import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { weirProgram } from '../../src/cli/program.ts';

const COLUMNS = 80;
const program = weirProgram(() => undefined);
const all: readonly Command[] = [program, ...program.commands.flatMap((one) => [one, ...one.commands])];

it.each(all.map((command) => [command.name(), command] as const))('%s fits', (_, command) => {
  const help = command.createHelp();
  help.prepareContext({ helpWidth: COLUMNS });
  const wide = help
    .formatHelp(command, help)
    .split('\n')
    .filter((line) => line.length > COLUMNS);
  expect(wide).toEqual([]);
});

it('weir help is a command, and leads to the help of another', () => {
  expect(program.helpInformation()).toMatch(/^ +help \[command\]/m);
});
