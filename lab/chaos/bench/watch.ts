/** Writes on the timeline what stands on the pool's stream, what was decided, and what changed in the tables. */

import { setTimeout as sleep } from 'node:timers/promises';
import { readAfter } from '../../../src/broker/entries/stream.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import type { Entry } from '../../../src/model/entries/entry.ts';
import { entryTime } from '../../../src/model/ids.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import { type BenchNode, NODES } from './nodes.ts';
import type { Bench } from './type.ts';

const LOOK_EVERY_MS = 100;

/** @returns what ends it. */
export function watchStream(bench: Bench, pool: string): () => Promise<void> {
  const { timeline, redis } = bench;
  let cursor = `${Date.now()}-0`;
  let stopped = false;
  const sweeps = new Map<string, string>();
  const decisions = new Map<string, string>();
  const changes: Record<BenchNode, number> = { a: 0, b: 0 };

  async function look(): Promise<void> {
    for (const node of NODES) {
      const all = bench.changes(node);
      for (const { at, destination, before, after, held } of all.slice(changes[node])) {
        const what =
          held === undefined ? `${before ?? 'absent'} -> ${after ?? 'absent'}` : `is held ${held} the change`;
        timeline.add(`table ${node}`, `${destination} ${what}`, at);
      }
      changes[node] = all.length;
    }
    if (redis.status !== 'ready') return;
    for (const entry of await readAfter(redis, pool, cursor, 1_000)) {
      cursor = entry.id;
      addEntry(entry);
    }
    for (const { id, verdict, state, action, target, rails } of (await readDecisions(redis, pool, 50)).reverse()) {
      const text = `${verdict} ${state}`;
      if (decisions.get(id) === text) continue;
      decisions.set(id, text);
      const why = verdict === 'refuse' ? `: ${rails.at(-1)?.rail}` : '';
      timeline.add('decision', `${action} ${target} ${text}${why} (${id})`);
    }
  }

  function addEntry({ id, body }: Entry): void {
    const at = entryTime(id);
    if (body.kind === 'outcome') timeline.add(`outcome ${body.node}`, `${body.result}: ${body.detail}`, at);
    if (body.kind === 'request') timeline.add('request', `${body.by}: ${body.action} ${body.target}`, at);
    if (body.kind !== 'sweep') return;
    const text = describe(body);
    if (sweeps.get(body.observer) === text) return;
    sweeps.set(body.observer, text);
    timeline.add(`sweep ${body.observer}`, text, at);
  }

  const done = (async () => {
    while (!stopped) {
      // This bench is for brokers that are killed, frozen or full, also while they are looked at.
      await Promise.race([look().catch(() => undefined), sleep(1_000)]);
      await sleep(LOOK_EVERY_MS);
    }
  })();
  return async () => {
    stopped = true;
    await done;
  };
}

function describe({ members, table, director, troubles }: Sweep): string {
  const seen = Object.entries(members).map(([name, one]) => `${name} ${one.writable ? 'writable' : 'NOT writable'}`);
  const weights = Object.entries(table ?? {}).map(([name, row]) => `${name}=${row.weight}`);
  return [`${director?.state ?? 'no VRRP'}`, ...seen, weights.join(' ') || 'no table', ...troubles].join(', ');
}
