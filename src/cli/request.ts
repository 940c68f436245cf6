/** The commands by which a person acts: they become entries of the pool's stream and wait for what comes of them. */

import { hostname, userInfo } from 'node:os';
import type { Redis } from 'ioredis';
import type { ActionKind } from '../model/action.ts';
import type { Decision } from '../model/decision.ts';
import { parseDuration } from '../model/duration.ts';
import type { Request } from '../model/entry.ts';
import { EXIT, WeirError } from '../model/error.ts';
import {
  type CommandFile,
  type CommonOptions,
  configOf,
  memberOf,
  printJson,
  withBroker,
  withConfig,
} from './command.ts';

interface Options extends CommonOptions {
  readonly for?: string;
  readonly reason?: string;
  readonly force?: true;
  readonly local?: true;
  readonly json?: true;
}

/** A worker evaluates within a second; without one there is no decision. In ms. */
const DECISION_WITHIN_MS = 10_000;
const END_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

export const weight: CommandFile = (program, exit) => {
  withConfig(program.command('weight <pool/member> <weight>'))
    .description('lower a member to a weight on every director, for a time')
    .option('--for <time>', 'how long, like 30m or 2h', '1h')
    .option('--reason <text>', 'why; people read it')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'the decision for programs')
    .action(async (target: string, text: string, options: Options) => {
      const wanted = Number(text);
      if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
        throw new WeirError('usage', `${text} is no weight: a whole number from 0 to 65535 is expected.`);
      }
      await ask('set_weight', target, options, exit, wanted);
    });
};

export const drain: CommandFile = (program, exit) => {
  withConfig(program.command('drain <pool/member>'))
    .description('take a member out on every director and move its producers, for a time')
    .option('--for <time>', 'how long, like 30m or 2h', '1h')
    .option('--reason <text>', 'why; people read it')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'the decision for programs')
    .action((target: string, options: Options) => ask('drain', target, options, exit));
};

export const restore: CommandFile = (program, exit) => {
  withConfig(program.command('restore <pool/member>'))
    .description('end every lease on a member: it gets back the weight it had')
    .option('--local', 'on this node only, without broker and workers')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'the decision for programs')
    .action(async (target: string, options: Options) => {
      if (options.local !== true) return ask('restore', target, options, exit);
      const config = await configOf(options);
      const { pool, member } = memberOf(config, target);
      const { restoreHere } = await import('../../workers/local-restore.ts');
      process.stdout.write(`${await restoreHere(config, pool, member, me())}\n`);
    });
};

/** Who asks, as people will read it. */
function me(): string {
  const user = process.env.SUDO_USER ?? userInfo().username;
  return `${user}@${hostname()}`;
}

async function ask(
  action: ActionKind,
  target: string,
  options: Options,
  exit: (code: number) => void,
  wanted?: number,
): Promise<void> {
  const config = await configOf(options);
  const { pool, member } = memberOf(config, target);
  const leaseMs = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && leaseMs === undefined) {
    throw new WeirError('usage', `--for ${options.for} is no time: something like 30m or 2h is expected.`);
  }
  if (options.force === true && (options.reason ?? '') === '') {
    throw new WeirError('usage', '--force needs --reason: it passes rails and pages people.');
  }
  const request: Request = {
    kind: 'request',
    pool: pool.name,
    action,
    target: member,
    by: me(),
    force: options.force === true,
    ...(wanted !== undefined && { weight: wanted }),
    ...(leaseMs !== undefined && { leaseMs }),
    ...(options.reason !== undefined && { reason: options.reason }),
  };
  const decision = await withBroker(config, (redis) => askAndWait(redis, request));
  if (options.json === true) printJson(decision);
  else process.stdout.write(`${sentence(decision)}\n`);
  exit(exitOf(decision));
}

async function askAndWait(redis: Redis, request: Request): Promise<Decision> {
  const { append } = await import('../broker/stream.ts');
  const { readDecision } = await import('../broker/store.ts');
  const id = `${await append(redis, request)}.request.${request.target}`;
  const startedAt = performance.now();
  for (;;) {
    const decision = await readDecision(redis, request.pool, id);
    const waitedMs = performance.now() - startedAt;
    if (decision !== undefined && decision.state !== 'open') return decision;
    if (decision === undefined && waitedMs > DECISION_WITHIN_MS) {
      throw new WeirError(
        'unreachable',
        'No worker has decided on the request: is `weir worker` running? It expires unheard after 30 s.',
      );
    }
    if (decision !== undefined && waitedMs > END_WITHIN_MS) return decision;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function sentence(decision: Decision): string {
  const what = `${decision.action} ${decision.pool}/${decision.target}`;
  const lines: string[] = [];
  if (decision.verdict === 'refuse') {
    const last = decision.rails.at(-1);
    lines.push(`Refused by the rail ${last?.rail}: ${last?.sentence}`);
  } else {
    lines.push(`${what}: ${decision.state}. ${decision.closing ?? 'Its end is still awaited.'}`);
    for (const outcome of decision.outcomes) lines.push(`  ${outcome.node}: ${outcome.detail}`);
  }
  lines.push(`More: weir why ${decision.id}`);
  return lines.join('\n');
}

function exitOf(decision: Decision): number {
  if (decision.verdict === 'refuse') return EXIT.refused;
  return decision.state === 'verified' ? 0 : EXIT.unverified;
}
