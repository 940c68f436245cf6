/** `weir` with all its commands, as commander knows it. The help text and docs/commands.md are made of it. */

import { type Argument, Command, Help } from 'commander';
import { weirVersion } from '../lib/files/version.ts';
import { ack } from './ack.ts';
import { acl } from './acl.ts';
import { approve, deny } from './approve.ts';
import { audit } from './audit.ts';
import { broker } from './broker.ts';
import { capture } from './capture.ts';
import { clients } from './clients.ts';
import type { CommandFile } from './command.ts';
import { doctor } from './doctor.ts';
import { drain } from './drain.ts';
import { failover } from './failover.ts';
import { init } from './init.ts';
import { maintain } from './maintain.ts';
import { node } from './node.ts';
import { pause, resume } from './pause.ts';
import { print, printError } from './print.ts';
import { read } from './read.ts';
import { render } from './render.ts';
import { restore } from './restore.ts';
import { rules } from './rules.ts';
import { seal } from './seal.ts';
import { silence } from './silence.ts';
import { status } from './status.ts';
import { tell } from './tell.ts';
import { trust } from './trust.ts';
import { up } from './up.ts';
import { weight } from './weight.ts';
import { why } from './why.ts';
import { worker } from './worker.ts';

/** The commands in the order of the help text, by what people want. Adding one is adding it here. */
const COMMANDS: Readonly<Record<string, readonly CommandFile[]>> = {
  'Run Weir:': [up, node, worker],
  'See what happens, and why:': [status, why, audit, clients],
  'Act on a pool:': [weight, drain, restore, failover, maintain],
  'Answer Weir, and stop it:': [approve, deny, ack, trust, pause, resume, silence],
  'Rule files:': [rules],
  'Set up a pool:': [init, render, acl, broker, seal, doctor, tell],
  'Report a wrong reading:': [capture, read],
};

const HELP_AFTER = `
Help for one command: weir <command> --help
Configuration: -c, $WEIR_CONFIG, ./weir.yaml, /etc/weir/weir.yaml; the first that is given or there.
Exit codes: 0 fine
            1 findings, or an action that was not verified
            2 bad usage, configuration or rule file
            3 no answer from the broker or a node
            4 a rail refused`;

/** Options of a command that those below it have too: nobody looks for the version among them. */
const inherited = Object.assign(new Help(), { showGlobalOptions: true });

/** A command as the list has it, without the `[options]` that all of them have. */
function termOf(command: Command): string {
  return [command.name(), ...command.registeredArguments.map(shown)].join(' ');
}

function shown(argument: Argument): string {
  const { required, variadic } = argument;
  const text = `${argument.name()}${variadic ? '...' : ''}`;
  return required ? `<${text}>` : `[${text}]`;
}

/** @param exit is told what the process ends with, where that is not 0. */
export function weirProgram(exit: (code: number) => void): Command {
  const program = new Command('weir')
    .description(
      'Operates a Redis log buffer behind LVS and keepalived: watches, decides by rules, acts behind rails, tells.',
    )
    .version(weirVersion(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print this help, or that of a command')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), writeErr: (text) => printError(text.trimEnd()) })
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      // The longest name leaves less of 80 columns than commander wraps by itself.
      minWidthToWrap: 30,
      subcommandTerm: termOf,
      visibleGlobalOptions: (command) =>
        inherited.visibleGlobalOptions(command).filter(({ long }) => long !== '--version'),
    })
    .addHelpText('after', HELP_AFTER);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const command of commands) command(program, exit);
  }
  return program;
}
