/**
 * `npm run failover`: what producers feel when the pool's VIP moves, with Weir and with keepalived alone as the article
 * built it, one after the other on this machine. Prints the figures and writes the table of docs/failover.md.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Lab, type LabOptions } from '../lab.ts';
import { ROOT } from '../paths.ts';
import { buildArticle } from './article.ts';
import { benchmark, type Figures, measure } from './measure.ts';
import { SCENARIOS, type Scenario, untilReady } from './scenarios.ts';

/** The article's pool: its weights and its scheduler. It preempts, or there would be no soft failover to look at. */
const POOL: LabOptions = {
  config: {
    pools: {
      logs: {
        lvs: { scheduler: 'rr' },
        vrrp: { preempt: true },
        members: { a: { weight: 1 }, b: { weight: 1 } },
      },
    },
  },
};

const DOCUMENT = join(ROOT, 'docs/failover.md');
const BEGIN = '<!-- figures: npm run failover -->';
const END = '<!-- end of figures -->';

interface Row {
  readonly scenario: string;
  readonly build: string;
  readonly figures: Figures;
  readonly benchmark?: string;
}

const rows: Row[] = [];
await run('Weir', POOL, async () => undefined, 'weir');
await run('keepalived alone', { ...POOL, weir: false }, buildArticle, 'alone');
const text = table(rows);
console.log(text);
const before = await readFile(DOCUMENT, 'utf8');
const [head = '', rest = ''] = before.split(BEGIN);
await writeFile(DOCUMENT, `${head}${BEGIN}\n\n${text}\n${END}${rest.split(END)[1] ?? ''}`);

async function run(build: string, options: LabOptions, prepare: (lab: Lab) => Promise<void>, how: 'weir' | 'alone') {
  await using lab = await Lab.start(options);
  await prepare(lab);
  for (const scenario of SCENARIOS) {
    await untilReady(lab, how);
    let undo = async (): Promise<unknown> => undefined;
    const act = async () => {
      undo = await scenario[how](lab);
    };
    const figures = await measure(lab, act);
    await undo();
    await untilReady(lab, how);
    const ended = scenario.onPurpose ? await benchmark(lab, act) : undefined;
    if (ended !== undefined) await undo();
    rows.push({ scenario: scenario.name, build, figures, ...(ended !== undefined && { benchmark: ended }) });
    console.log(JSON.stringify(rows.at(-1)));
  }
}

function table(all: readonly Row[]): string {
  const head =
    '| What happens | | New MASTER after | Longest gap of a producer | Stuck after 60 s | Pushes refused | Pushes failed | redis-benchmark |';
  const names: readonly Scenario[] = SCENARIOS;
  const lines = names.flatMap(({ name }) =>
    all
      .filter(({ scenario }) => scenario === name)
      .map(({ build, figures, benchmark: ended }) => {
        const { masterMs, gapMs, stuck, refused, failed } = figures;
        const cells = [name, build, masterMs === undefined ? '-' : seconds(masterMs), seconds(gapMs), `${stuck} of 8`];
        return `| ${[...cells, refused, failed, ended ?? ''].join(' | ')} |`;
      }),
  );
  return [head, head.replace(/[^|]+/g, '---'), ...lines, ''].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;
}
