#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT, WeirError } from '../model/error.ts';
import { ack, approve, deny } from './answer.ts';
import { audit } from './audit.ts';
import { clients } from './clients.ts';
import { doctor } from './doctor.ts';
import { failover } from './failover.ts';
import { pause, resume } from './hold.ts';
import { init } from './init.ts';
import { maintain } from './maintain.ts';
import { node } from './node.ts';
import { render } from './render.ts';
import { drain, restore, weight } from './request.ts';
import { rules } from './rules.ts';
import { silence } from './silence.ts';
import { status } from './status.ts';
import { up } from './up.ts';
import { why } from './why.ts';
import { worker } from './worker.ts';

/** The commands in the order of the help text. Adding one is adding it here. */
const COMMANDS = [
  up,
  node,
  worker,
  status,
  why,
  audit,
  clients,
  weight,
  drain,
  restore,
  failover,
  maintain,
  pause,
  resume,
  approve,
  deny,
  ack,
  silence,
  rules,
  init,
  render,
  doctor,
];

const EXIT_HELP = `
Exit codes: 0 fine; 1 findings, or an action that was not verified; 2 bad usage, configuration or rule file;
            3 no answer from the broker or a node; 4 a rail refused.
Configuration: -c, $WEIR_CONFIG, ./weir.yaml, /etc/weir/weir.yaml, in this order.`;

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('weir')
    .description(
      'Operates a Redis log buffer behind LVS and keepalived: watches, decides by rules, acts behind rails, tells.',
    )
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .addHelpText('after', EXIT_HELP);
  let code = 0;
  for (const command of COMMANDS) command(program, (exit) => (code = exit));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    if (error instanceof WeirError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT[error.code];
    }
    throw error;
  }
}

// A pipe that is closed early (`weir status | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
