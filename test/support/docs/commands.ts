/** docs/commands.md, made of the commands as commander knows them. */

import type { Command, Option } from 'commander';
import { weirProgram } from '../../../src/cli/program.ts';
import { cell, NOTE, table } from './markdown.ts';

/** Where the documents say more of a command. */
const MORE: Readonly<Record<string, string>> = {
  up: 'deploy.md',
  node: 'deploy.md',
  worker: 'deploy.md',
  why: 'rules.md#why-and-why-not',
  audit: 'audit.md',
  weight: 'rails.md',
  drain: 'rails.md',
  restore: 'weir-yaml.md',
  failover: 'failover.md',
  maintain: 'weir-yaml.md#to-remove-a-member',
  approve: 'rails.md#approval',
  deny: 'rails.md#approval',
  ack: 'telling.md',
  trust: 'rails.md#budget-block-breaker',
  pause: 'rails.md#holds',
  resume: 'rails.md#holds',
  silence: 'telling.md#silences',
  rules: 'rules.md',
  'rules test': 'rule-tests.md',
  init: 'deploy.md#weiryaml-from-what-is-there',
  render: 'deploy.md#a-node-as-weiryaml-says',
  acl: 'readings.md#its-user',
  broker: 'deploy.md#the-broker',
  seal: 'rotation.md#seals',
  capture: 'captures.md',
  read: 'captures.md',
};

const HEAD = `# Commands

${NOTE}

Every command that reads the configuration finds it by \`-c\`, \`$WEIR_CONFIG\`, \`./weir.yaml\` or \`/etc/weir/weir.yaml\`, the
first that is given or there. What a command prints is for people; \`--json\` is for programs.

| Exit code | |
|---|---|
| 0 | fine |
| 1 | findings, or an action that was not verified |
| 2 | bad usage, configuration or rule file |
| 3 | no answer from the broker or a node |
| 4 | a rail refused |
`;

export function commandsText(): string {
  const program = weirProgram(() => undefined);
  const headings = [...new Set(program.commands.map((command) => command.helpGroup()))];
  const overview = headings.map((heading) => {
    const commands = program.commands.filter((command) => command.helpGroup() === heading);
    return `**${heading.replace(/:$/, '')}**\n\n${table(['Command', 'What it does'], commands.map(rowOf))}`;
  });
  const each = program.commands.flatMap((command) => [section(command), ...command.commands.map(section)]);
  return `${[HEAD, ...overview, ...each].join('\n')}`;
}

function rowOf(command: Command): string[] {
  const path = pathOf(command);
  return [`[\`weir ${path}\`](#weir-${path.replaceAll(' ', '-')})`, cell(command.description())];
}

/** `rules check`: without the name of the program. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

function section(command: Command): string {
  const path = pathOf(command);
  const help = command.createHelp();
  const args = help
    .visibleArguments(command)
    .map((argument) => [`\`${argument.name()}\``, cell(argument.description), defaultOf(argument.defaultValue)]);
  const options = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [`\`${option.flags}\``, cell(describe(option)), defaultOf(option.defaultValue)]);
  const rows = [...args, ...options];
  const more = MORE[path];
  const description = sentence(command.description());
  return [
    `## weir ${path}\n`,
    `    weir ${path} ${command.usage()}\n`,
    `${description}${more === undefined ? '' : ` More: [${more.replace(/#.*/, '')}](${more}).`}\n`,
    ...(command.commands.length > 0 ? [table(['Command', 'What it does'], command.commands.map(rowOf))] : []),
    ...(rows.length > 0 ? [table(['Argument, option', 'Meaning', 'Default'], rows)] : []),
    ...textAfter(command),
  ].join('\n');
}

function describe({ description, mandatory, argChoices }: Option): string {
  const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
  return `${description}${choices}${mandatory ? ' (needed)' : ''}`;
}

/** Of `--no-observe` commander says true, which is nothing that anybody writes. */
function defaultOf(value: unknown): string {
  return typeof value === 'string' ? `\`${value}\`` : '';
}

/** What addHelpText has put below the options. */
function textAfter(command: Command): string[] {
  let shown = '';
  command.configureOutput({ writeOut: (text) => (shown += text) });
  command.outputHelp();
  const text = shown.slice(command.helpInformation().length).trim();
  return text === '' ? [] : [`\`\`\`\n${text}\n\`\`\`\n`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
