import type { Redis } from 'ioredis';
import type { Explained } from '../../workers/explain.ts';
import type { PoolConfig, WeirConfig } from '../model/config.ts';
import type { Decision, Finding } from '../model/decision.ts';
import { compareEntryIds } from '../model/entry.ts';
import { WeirError } from '../model/error.ts';
import {
  type CommandFile,
  type CommonOptions,
  configOf,
  poolOf,
  printJson,
  withBroker,
  withConfig,
} from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly last: string;
}

/** Everything that is known of what was asked. */
interface Story {
  readonly findings: readonly Finding[];
  readonly decisions: readonly Decision[];
  /** What the rules see now; absent where one decision was asked about. */
  readonly now?: Explained;
}

/** Decisions of a pool that are kept. */
const KEPT = 1_000;

export const why: CommandFile = (program) => {
  withConfig(program.command('why'))
    .description('why something was done or was not: what every rule sees, values, every rail, outcomes')
    .argument('<about>', 'a decision, an incident, pool/member (or /node, /consumer), or a pool')
    .argument('[rule]', 'only this rule')
    .option('--last <n>', 'so many decisions, newest first', '3')
    .option('--json', 'the same for programs')
    .action(async (about: string, rule: string | undefined, options: Options) => {
      const config = await configOf(options);
      const count = Number(options.last);
      if (!Number.isInteger(count) || count < 1) {
        throw new WeirError('usage', `--last ${options.last}: a whole number from 1 is expected.`);
      }
      const story = await withBroker(config, (redis) =>
        // An id begins with the id of its entry; a name never looks like that.
        /^\d+-\d+\./.test(about)
          ? storyOfId(redis, config, about)
          : storyOfTarget(redis, config, { about, rule, count }),
      );
      if (options.json === true) printJson(story);
      else process.stdout.write(`${await told(story, about)}\n`);
    });
};

/** A decision; or what a firing finding is called in messages, with what was decided for it. */
async function storyOfId(redis: Redis, config: WeirConfig, id: string): Promise<Story> {
  const { readDecision, readDecisions } = await import('../broker/store.ts');
  const pools = Object.keys(config.pools);
  const found = (await Promise.all(pools.map((pool) => readDecision(redis, pool, id)))).filter(
    (one) => one !== undefined,
  );
  if (found.length > 0) return { decisions: found, findings: [] };
  const { readStatus } = await import('../../workers/status.ts');
  for (const { name, findings } of (await readStatus(redis, config)).pools) {
    const finding = findings.find((one) => `${one.episode}.${one.rule}.${one.target}` === id);
    if (finding?.episode === undefined) continue;
    const { episode, rule, target } = finding;
    const decisions = (await readDecisions(redis, name, KEPT)).filter(
      (one) => one.rule === rule && one.target === target && compareEntryIds(one.id.split('.')[0] ?? '', episode) >= 0,
    );
    return { decisions, findings: [finding] };
  }
  throw new WeirError(
    'usage',
    `There is no decision and no firing incident ${id}: the last ${KEPT} decisions of every pool are kept.`,
  );
}

interface Asked {
  readonly about: string;
  readonly rule: string | undefined;
  readonly count: number;
}

async function storyOfTarget(redis: Redis, config: WeirConfig, { about, rule, count }: Asked): Promise<Story> {
  const { pool, target } = targetOf(config, about);
  const { readDecisions } = await import('../broker/store.ts');
  const [{ readStatus }, { explainTarget }] = await Promise.all([
    import('../../workers/status.ts'),
    import('../../workers/explain.ts'),
  ]);
  const mine = (one: { rule: string }) => rule === undefined || one.rule === rule;
  const explained = await explainTarget(redis, config, pool.name, target);
  const decisions = (await readDecisions(redis, pool.name, KEPT)).filter((one) => one.target === target && mine(one));
  const status = await readStatus(redis, config);
  const findings = status.pools.find((one) => one.name === pool.name)?.findings ?? [];
  return {
    decisions: decisions.slice(0, count),
    findings: findings.filter((one) => one.target === target && mine(one)),
    now: { ...explained, explanations: explained.explanations.filter(mine) },
  };
}

/** `pool/member`, `pool/consumer`, a pool, or a member alone where there is one pool. Throws a usage error. */
function targetOf(config: WeirConfig, about: string): { pool: PoolConfig; target: string } {
  const pools = Object.values(config.pools);
  const named = config.pools[about];
  if (named !== undefined) return { pool: named, target: about };
  const slash = about.indexOf('/');
  const [only] = pools;
  const pool = slash < 0 && only !== undefined && pools.length === 1 ? only : poolOf(config, about.slice(0, slash));
  const target = about.slice(slash + 1);
  const known = [...Object.keys(pool.members), ...Object.keys(pool.consumers)];
  if (known.includes(target)) return { pool, target };
  const names = known.map((name) => `${pool.name}/${name}`).join(', ');
  throw new WeirError('usage', `There is no member or consumer ${about}; ${config.file} has ${names}.`);
}

async function told({ findings, decisions, now }: Story, about: string): Promise<string> {
  const [{ formatDecision, formatFinding }, { formatExplanation }] = await Promise.all([
    import('../tell/text/why.ts'),
    import('../tell/text/explain.ts'),
  ]);
  const parts = [...findings.map(formatFinding), ...decisions.map(formatDecision)];
  if (now !== undefined && now.explanations.length > 0) {
    const head = `What the rules see of ${about} now (rule set ${now.ruleSetHash?.slice(0, 12)})`;
    parts.push([head, ...now.explanations.map((one) => formatExplanation(one, now.now))].join('\n'));
  }
  if (decisions.length === 0 && findings.length === 0) {
    parts.unshift(`Nothing was decided about ${about}, and no rule finds anything.`);
  }
  return parts.join('\n\n');
}
