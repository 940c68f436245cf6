/** Debian's redis-server in every state: what Weir reads there is what becomes of real pushes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { STATES } from './index.ts';
import { type Seen, watch } from './stage.ts';
import type { Fate } from './state.ts';

/** None of them waits for long, and all of them for the machine. In ms. */
const LIMIT_MS = 300_000;

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/readings.md'), 'utf8');

/** By the name of the state. */
const rows = new Map<string, string>();

afterAll(() => {
  const table = [
    '| State | Real pushes | Read |',
    '|---|---|---|',
    ...STATES.flatMap(({ name }) => rows.get(name) ?? []),
  ];
  process.stdout.write(`${table.join('\n')}\n`);
});

describe.concurrent('what is read of a Redis is what becomes of real pushes, in every poll after the first:', () => {
  for (const state of STATES) {
    it.skipIf(state.cannot !== undefined)(
      state.name,
      async () => {
        const { inside, afterwards } = await watch(state);
        const row = `| ${state.name} | ${told(inside, ({ push }) => push)} | ${told(inside, readingOf)} |`;
        rows.set(state.name, row);

        const right = state.unknowable === true ? undefined : state.pushes === 'accepted';
        expect(afterFirst(inside)).toEqual(afterFirst(inside).map(() => ({ push: state.pushes, writable: right })));
        expect(afterFirst(afterwards)).toEqual(
          afterFirst(afterwards).map(() => ({ push: 'accepted', writable: true })),
        );
        expect(DOCUMENT).toContain(row);
      },
      LIMIT_MS,
    );
  }
});

function afterFirst(seen: readonly Seen[]): { push: Fate; writable: unknown }[] {
  return seen.slice(1).map(({ push, writable }) => ({ push, writable }));
}

function told(seen: readonly Seen[], of: (one: Seen) => string): string {
  return [...new Set(seen.slice(1).map(of))].join(', ');
}

function readingOf({ answering, writable, refusal }: Seen): string {
  if (writable === undefined) return 'unknown';
  if (writable === true) return 'writable';
  return answering === false ? 'no answer' : `not writable, ${refusal}`;
}
