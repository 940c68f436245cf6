/**
 * Nothing acts without the rails: a job for a node's hand is made where they have said yes, or where a lease ends, and
 * nowhere else; and it reaches the hand by the outbox of a commit, and no other way. First by the text of the sources, as
 * in test/walls.test.ts; then by what comes of any story.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { HEALTHY, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { unwritable, world } from '../support/world.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Source {
  readonly path: string;
  readonly text: string;
}

/** What may stand only in these files, and there so many times. */
const ONLY_IN: readonly { pattern: RegExp; where: Readonly<Record<string, number>>; why: string }[] = [
  {
    pattern: /\bjobs\.push\(|\bjobs = \[/g,
    where: {
      'src/rules/decisions/make-decision.ts': 1,
      'src/rules/decisions/leases.ts': 4,
      'workers/evaluation/fold.ts': 1,
    },
    why: 'jobs are made by send (decision.ts) and by the end of a lease (leases.ts), and gathered by the evaluation',
  },
  {
    pattern: /\btakeLease\(nodePool\b/g,
    where: { 'src/act/leases/take-lease.ts': 1, 'src/act/actions/lease-by-job.ts': 1, 'src/act/leases/desired.ts': 1 },
    why: 'a lease is taken by a job or as a desired lease, and both pass src/act/admission.ts',
  },
  {
    pattern: /: ActionJob(?:\s*=)?\s*\{/g,
    where: { 'src/rules/decisions/make-decision.ts': 1, 'src/rules/decisions/leases.ts': 1 },
    why: 'a job is written out in send and in endJob',
  },
  {
    pattern: /queue: 'act'(?! as const;)/g,
    where: { 'workers/evaluation/outbox.ts': 1, 'src/broker/store.ts': 1 },
    why: 'only the evaluation puts jobs into the outbox (workers/evaluation/outbox.ts)',
  },
  {
    pattern: /\bawait deliver\(/g,
    where: { 'workers/evaluation/evaluate.ts': 1, 'workers/evaluation/farewell.ts': 1 },
    why: 'only deliverOutbox delivers, and the farewell, which has messages and no jobs',
  },
  {
    pattern: /\bopenQueue<ActionJob>/g,
    where: { 'workers/evaluation/outbox-queues.ts': 1 },
    why: 'only the outbox of a worker opens the queues of the nodes to add to them',
  },
  { pattern: /\bnew Queue\b/g, where: { 'src/broker/queues.ts': 1 }, why: 'queues are opened in src/broker/queues.ts' },
  {
    pattern: /\bactuator\.runJob\(/g,
    where: { 'workers/node/node-jobs.ts': 1 },
    why: 'only the queue of the node gives jobs to its actuator',
  },
];

function breaches(sources: readonly Source[]): string[] {
  const found = ONLY_IN.flatMap(({ pattern, where, why }) =>
    sources.flatMap(({ path, text }) => {
      const count = [...text.matchAll(pattern)].length;
      return count > (where[path] ?? 0) ? [`${path}: ${why}`] : [];
    }),
  );
  return [...found, ...sources.flatMap(unguarded)];
}

/** `send` stands behind the answer of the rails, but for a drill, whose jobs change nothing. */
function unguarded({ path, text }: Source): string[] {
  return [...text.matchAll(/^.*\bsend\(draft\b.*$/gm)].flatMap(([line], index) => {
    const isGuarded = /\bif \((?:acts|decision\.verdict === 'act')\)/.test(line);
    const isDrill = /drill: \{ verdict \},\n {2}\}\);\n/.test(text) && /unconditional: false, force: false/.test(line);
    return isGuarded || isDrill ? [] : [`${path}: send number ${index + 1} does not ask what the rails said`];
  });
}

function sources(): Source[] {
  return ['src', 'workers'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') })),
  );
}

describe('in the sources', () => {
  it('there is one way to the actuator', () => {
    expect(breaches(sources())).toEqual([]);
  });

  it('every place that is named is there', () => {
    const all = new Map(sources().map(({ path, text }) => [path, text]));
    for (const { pattern, where } of ONLY_IN) {
      for (const [path, count] of Object.entries(where)) {
        expect([path, [...(all.get(path) ?? '').matchAll(pattern)].length]).toEqual([path, count]);
      }
    }
    expect([...(all.get('src/rules/decisions/propose.ts') ?? '').matchAll(/\bsend\(draft\b/g)].length).toBe(3);
  });

  it.each([
    ['a job from elsewhere', 'src/rules/fold-entry.ts', 'draft.jobs.push(job);'],
    [
      'a second one from a lease',
      'src/rules/decisions/leases.ts',
      'jobs.push(a); jobs.push(b); jobs.push(c); jobs.push(d); jobs.push(e);',
    ],
    ['a job of its own', 'src/operations/apply-machine.ts', "const job: ActionJob = { pool: 'logs' };"],
    ['a way past the commit', 'src/lib/every.ts', "await outbox.add({ queue: 'act', id });"],
    ['a queue of its own', 'src/cli/drain.ts', 'const queue = openQueue<ActionJob>(redis, name);'],
    ['a queue without its options', 'src/operations/requests/maintenance.ts', 'const queue = new Queue(name);'],
    ['the actuator by hand', 'src/operations/requests/maintenance.ts', 'await actuator.runJob(job, signal);'],
    [
      'a send that asks nobody',
      'src/rules/decisions/propose.ts',
      'send(draft, decision, { unconditional: true, force: true });',
    ],
  ])('a planted breach is found: %s', (_, path, text) => {
    expect(breaches([{ path, text }])).toHaveLength(1);
  });
});

/** What is wrong with a job, given what was recorded; empty when nothing is. */
function wrong(job: ActionJob, decisions: ReadonlyMap<string, Decision>): string[] {
  if (job.decision.includes('~end')) {
    const endsOnlyThat = job.action === 'restore' && job.leaseIds?.length === 1;
    return endsOnlyThat && job.decision.startsWith(`${job.leaseIds?.[0]}~end`) ? [] : ['an end that ends more'];
  }
  const decision = decisions.get(job.decision);
  if (decision === undefined) return ['no decision'];
  const same = decision.action === job.action && decision.target === job.member && decision.nodes.includes(job.node);
  if (!same) return ['another decision'];
  if (decision.drill !== undefined) return job.drill !== undefined && job.expiresAt === 0 ? [] : ['a drill in earnest'];
  if (decision.verdict !== 'act') return [`the verdict was ${decision.verdict}`];
  return decision.rails.every((rail) => rail.pass) ? [] : ['a rail refused'];
}

const { rules } = await loadRules(['rules']);
const acting = [unwritable({ forMs: 0 }), ...rules.filter((rule) => rule.name !== 'member-unwritable')];

const member: fc.Arbitrary<Signals> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(HEALTHY) },
  { weight: 3, arbitrary: fc.constant(SILENT) },
  { weight: 1, arbitrary: fc.constant({ ...HEALTHY, writable: false, full: true, memory_ratio: 1 }) },
  {
    weight: 1,
    arbitrary: fc.constant({ ...HEALTHY, filling: true, seconds_to_full: 100, take_rate: 0, push_rate: 10 }),
  },
);
const scene = fc.record({
  a: member,
  b: member,
  weightB: fc.constantFrom(0, 100),
  stateA: fc.constantFrom('MASTER', 'MASTER', 'MASTER', 'BACKUP', 'HUNG', 'ORPHAN'),
  lasts: fc.integer({ min: 1, max: 8 }),
  lease: fc.boolean(),
  request: fc.option(
    fc.record({
      action: fc.constantFrom('drain', 'set_weight', 'restore', 'failover', 'shed_clients' as const),
      target: fc.constantFrom('a', 'b'),
      force: fc.boolean(),
    }),
    { nil: undefined },
  ),
  drill: fc.boolean(),
});

describe('in any story', () => {
  it('every job belongs to a decision whose rails all said yes, or ends one lease', () => {
    let jobs = 0;
    fc.assert(
      fc.property(fc.array(scene, { minLength: 2, maxLength: 8 }), (scenes) => {
        const w = world(acting);
        let at = 6_000;
        for (const { a, b, weightB, stateA, lasts, lease, request, drill } of scenes) {
          for (let second = 0; second < lasts; second += 1) {
            at += 1_000;
            for (const node of ['a', 'b']) {
              const state = node === 'a' ? stateA : stateA === 'MASTER' ? 'BACKUP' : 'MASTER';
              const leases = lease
                ? [{ id: `${at}-9.stray.b`, member: 'b', weight: 0, until: at + 2_000_000, owner: 'person:x' }]
                : [];
              w.fold(
                at,
                sweepOf(node, at + 1_000_000, {
                  members: { a, b },
                  table: tableOf({ a: 100, b: weightB }),
                  director: {
                    state,
                    keepalived: state !== 'ORPHAN',
                    vip: state !== 'BACKUP',
                    adverts_received_rate: 5,
                  },
                  leases: leases as never,
                }),
              );
            }
          }
          if (request !== undefined) {
            const weight = request.action === 'set_weight' ? { weight: 10 } : {};
            w.fold(at, { kind: 'request', pool: 'logs', by: 'x', reason: 'y', ...weight, ...request });
          }
          if (drill) {
            const asked = { action: 'drain', target: 'b', by: 'x', force: false } as const;
            w.fold(at, { kind: 'request', pool: 'logs', ...asked, drill: { rule: 'member-unwritable' } });
          }
        }
        for (const job of w.results.flatMap((result) => result.jobs)) {
          jobs += 1;
          expect(wrong(job, w.decisions)).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
    expect(jobs).toBeGreaterThan(100);
  }, 300_000);
});
