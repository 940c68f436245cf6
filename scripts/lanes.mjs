// @ts-check
/**
 * Which test files run in one process, one after the other, and what runs beside what. What stands together in lane one
 * shares a boot (test/lab/support/shared.ts). The numbers are seconds of wall clock that a file has taken on two processors
 * (`npm run test:times`).
 */

import { BaseSequencer } from 'vitest/node';

/** @satisfies {Record<string, Record<string, number>>} */
export const LANES = {
  // On one boot.
  one: {
    'test/lab/stall.test.ts': 220,
    'test/lab/rules.test.ts': 162,
    'test/lab/kills.test.ts': 61,
    'test/lab/deaths.test.ts': 90,
    'test/lab/locked-out.test.ts': 75,
    'test/lab/failover.test.ts': 53,
    'test/lab/people.test.ts': 82,
  },
  // Each on boots of its own.
  two: {
    'test/lab/built/doctor.test.ts': 178,
    'test/lab/frozen.test.ts': 267,
    'test/lab/lab.test.ts': 76,
    'test/lab/sensor.test.ts': 112,
    'test/lab/pools.test.ts': 58,
    'test/lab/built/existing.test.ts': 48,
    'test/lab/built/guards.test.ts': 55,
    'test/lab/built/marked.test.ts': 24,
    'test/lab/init.test.ts': 36,
    // Leaves the pool built in another way: nobody borrows it after this.
    'test/lab/built/apply.test.ts': 39,
  },
  three: {
    'test/faults/faults.test.ts': 235,
  },
  four: {
    'test/faults/locks.test.ts': 18,
    'test/faults/units.test.ts': 60,
    'test/faults/upgrade.test.ts': 124,
    'test/browser/page.test.ts': 38,
  },
};

/**
 * @typedef {object} Track
 * @property {readonly ('unit' | keyof typeof LANES)[]} lanes
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [nice]
 */

/**
 * What runs side by side, and in each what comes after what. The guests have a processor each (lab/machine/kernel.ts), for a poll
 * in them has 500 ms to be answered. The rest mostly waits and yields to them, but not so far that a busy neighbour starves it:
 * at nice 10 two busy loops left it a twentieth, and the broker's 500 ms ran out in tests of whole workers.
 * @type {readonly Track[]}
 */
export const TRACKS = [
  { lanes: ['one', 'three'], env: { WEIR_LAB_PROCESSOR: '0' } },
  { lanes: ['two', 'four'], env: { WEIR_LAB_PROCESSOR: '1' } },
  { lanes: ['unit'], nice: 4 },
];

/**
 * On a machine where a start of node takes longer than this the guests fill their processors alone: with the unit tests beside
 * them polls of 500 ms ran out. Measured where it takes 120 ms: a guest was up and calm after 165 s, on others after 35. Where it
 * takes 85 to 106, all of it runs side by side.
 */
const SLOW_START_MS = 110;

/** @param {number} startOfNodeMs processor time */
export function isSlow(startOfNodeMs) {
  return startOfNodeMs > SLOW_START_MS;
}

/**
 * What of the lab runs on a slow machine as well: it has one of each kind of thing that Weir does to a pool. There a file takes
 * five to ten times as long, and all of them would take hours: `npm run nightly` has them.
 */
export const ON_A_SLOW_MACHINE = [
  'test/lab/kills.test.ts',
  'test/lab/failover.test.ts',
  'test/lab/built/guards.test.ts',
  'test/lab/built/marked.test.ts',
  'test/lab/built/apply.test.ts',
  'test/faults/faults.test.ts',
  'test/faults/locks.test.ts',
  'test/faults/units.test.ts',
  'test/browser/page.test.ts',
];

/**
 * What runs side by side, and after it the next.
 * @param {readonly Track[]} tracks
 * @param {number} startOfNodeMs processor time
 * @returns {(readonly Track[])[]}
 */
export function phasesOf(tracks, startOfNodeMs) {
  if (!isSlow(startOfNodeMs)) return [tracks];
  const isUnit = (/** @type {Track} */ track) => track.lanes.includes('unit');
  return [tracks.filter((track) => !isUnit(track)), tracks.filter(isUnit)].filter((phase) => phase.length > 0);
}

/** Unit files that take longest: they begin first, so that none of them is left over at the end. */
export const LONG = [
  'test/observe/states/states.test.ts',
  'test/provision/differential/differential.test.ts',
  'test/workers/people/commands.test.ts',
  'test/cli/cli.test.ts',
  'test/workers/people/flood.test.ts',
  'test/model-check/model.test.ts',
  'test/workers/people/outage.test.ts',
  'test/workers/people/incident.test.ts',
  'test/workers/read-mutated.test.ts',
  'test/provision/differential/mutations.test.ts',
  'test/provision/apply/apply.test.ts',
  'test/rules/properties.test.ts',
  'test/broker/silent-path.test.ts',
  'test/workers/node/node-hint.test.ts',
];

const ORDER = [...LONG, ...Object.values(LANES).flatMap((lane) => Object.keys(lane))];

/** Files in the order of `ORDER`, the others after them. */
export class KnownLengths extends BaseSequencer {
  /** @override @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    /** @param {import('vitest/node').TestSpecification} file */
    const rank = ({ moduleId }) => {
      const index = ORDER.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index < 0 ? ORDER.length : index;
    };
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}
