/** `weir approve`, `deny` and `ack`: a person's word on what Weir wants to do, or has done. */

import type { Redis } from 'ioredis';
import { answerAndWait, awaitDecision, sentence } from '../../workers/ask.ts';
import type { WeirConfig } from '../model/config.ts';
import type { Decision } from '../model/decision.ts';
import { WeirError } from '../model/error.ts';
import { exitOf, me } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly reason?: string;
  readonly json?: true;
}

export const approve: CommandFile = (program, exit) => {
  withConfig(program.command('approve <decision>'))
    .description('say yes to what waits for it; every rail is asked again')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'the decision for programs')
    .action((id: string, options: Options) => answer('approve', id, options, exit));
};

export const deny: CommandFile = (program, exit) => {
  withConfig(program.command('deny <decision>'))
    .description('say no to what waits for a yes')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'the decision for programs')
    .action((id: string, options: Options) => answer('deny', id, options, exit));
};

async function answer(
  said: 'approve' | 'deny',
  id: string,
  options: Options,
  exit: (code: number) => void,
): Promise<void> {
  const config = await configOf(options);
  await withBroker(config, async (redis) => {
    const asked = await findDecision(redis, config, id);
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const word = { kind: 'answer', pool: asked.pool, decision: id, by: me(), via: 'terminal', answer: said } as const;
    const { decision, record } = await answerAndWait(redis, { ...word, ...reason });
    if (!record.accepted) throw new WeirError('refused', `Not taken: ${record.detail}`);
    const made = decision.state === 'approved' ? `${record.id}.${decision.rule}.${decision.target}` : undefined;
    const end = made === undefined ? undefined : await awaitDecision(redis, asked.pool, made);
    if (options.json === true) printJson(end ?? decision);
    else if (end !== undefined) process.stdout.write(`Approved.\n${sentence(end)}\n`);
    else process.stdout.write(`${record.detail}\nMore: weir why ${id}\n`);
    if (end !== undefined) exit(exitOf(end));
  });
}

export const ack: CommandFile = (program) => {
  withConfig(program.command('ack'))
    .description(
      'take on an incident, or say that you have looked: Weir may go on where it stopped for that (block, breaker)',
    )
    .argument('[about]', 'an incident: it is yours; a pool or a decision: you have looked; nothing: at every pool')
    .action(async (about: string | undefined, options: CommonOptions) => {
      const config = await configOf(options);
      const { acknowledge } = await import('../../workers/silences.ts');
      const said = await withBroker(config, (redis) => acknowledge(redis, config, about, me()));
      process.stdout.write(`${said}\n`);
    });
};

async function findDecision(redis: Redis, config: WeirConfig, id: string): Promise<Decision> {
  const { readDecision } = await import('../broker/store.ts');
  for (const pool of Object.keys(config.pools)) {
    const decision = await readDecision(redis, pool, id);
    if (decision !== undefined) return decision;
  }
  throw new WeirError('usage', `There is no decision ${id}; \`weir status\` lists what waits for an answer.`);
}
