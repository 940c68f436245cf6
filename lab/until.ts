import { setTimeout as sleep } from 'node:timers/promises';
import { patient } from './patience.ts';

/** How long between two looks, in ms: a look into the guest takes about a tenth of a second of its one processor. */
const LOOK_EVERY_MS = 200;

/**
 * Looks until `look` gives something truthy, and gives that back.
 *
 * @param what what is waited for, as in "b at weight 0 in the table of a"
 * @param everyMs between two looks
 * @throws Error after `limitMs` (times what patience.ts says), with what was seen last: the value, or the error that `look` threw
 */
export async function until<T>(
  look: () => T | Promise<T>,
  limitMs: number,
  what: string,
  everyMs = LOOK_EVERY_MS,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const startedAt = performance.now();
  for (;;) {
    let seen: unknown;
    try {
      const value = await look();
      if (value) return value as Exclude<T, false | 0 | '' | null | undefined>;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() - startedAt > patient(limitMs)) {
      throw new Error(`Waited ${patient(limitMs)} ms for ${what}, in vain. Seen last: ${describe(seen)}`);
    }
    await sleep(everyMs);
  }
}

/**
 * As `until`, for a condition on a value: the error says what the value was last.
 *
 * @throws Error after `limitMs`, with the last value as JSON
 */
export async function untilValue<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limitMs: number,
  what: string,
): Promise<T> {
  let seen: T | undefined;
  try {
    const [value] = await until(
      async () => {
        seen = await read();
        return holds(seen) ? ([seen] as const) : undefined;
      },
      limitMs,
      what,
    );
    return value;
  } catch (error) {
    if (seen === undefined) throw error;
    throw new Error(`Waited ${patient(limitMs)} ms for ${what}, in vain. Seen last: ${describe(seen)}`, {
      cause: error,
    });
  }
}

function describe(seen: unknown): string {
  return seen instanceof Error ? seen.message : (JSON.stringify(seen) ?? String(seen));
}
