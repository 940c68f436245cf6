/** `weir approve`, `deny` and `ack`: a person's word on what Weir wants to do, or has done. */

import type { Redis } from 'ioredis';
import { answerAndWait, awaitDecision, sayAndWait, sentence } from '../../workers/ask.ts';
import { poolOf } from '../../workers/names.ts';
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
    .description('say that you have looked: Weir may go on where it stopped for people to look (block, breaker)')
    .argument('[about]', 'a pool, or one of its decisions; every pool when nothing is said')
    .action(async (about: string | undefined, options: CommonOptions) => {
      const config = await configOf(options);
      await withBroker(config, async (redis) => {
        const pools =
          about === undefined
            ? Object.keys(config.pools)
            : /^\d+-\d+\./.test(about)
              ? [(await findDecision(redis, config, about)).pool]
              : [poolOf(config, about).name];
        for (const pool of pools) await sayAndWait(redis, { kind: 'ack', pool, by: me() });
        process.stdout.write(`Acknowledged: ${pools.join(', ')}. Budgets are not given back.\n`);
      });
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
