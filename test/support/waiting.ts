import { TestRunner } from 'vitest';
import { until as look } from '../../lab/until.ts';

const LOOK_EVERY_MS = 20;

/** In a hook, whose own limit is not to be had. */
const IN_A_HOOK_MS = 180_000;

/** So long before the test's own limit, so that what was waited for is what one reads. */
const BEFORE_LIMIT_MS = 2_000;

/**
 * Looks until `fact` gives something truthy, and gives that back: for a hook, or for a value that the test goes on with. What a
 * test asserts is `expect.poll`.
 *
 * @param what what is waited for, as in "the reply"
 * @param withinMs left out: as long as the test may take
 * @throws Error after `withinMs`, with what was seen last: the value, or the error that `fact` threw
 */
export function until<T>(fact: () => T | Promise<T>, what = String(fact), withinMs = limitMs()) {
  return look(fact, withinMs, what, LOOK_EVERY_MS);
}

function limitMs(): number {
  const test = TestRunner.getCurrentTest();
  return test === undefined ? IN_A_HOOK_MS : test.timeout - BEFORE_LIMIT_MS;
}
