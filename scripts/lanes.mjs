// @ts-check
/**
 * Which test files run in one process, one after the other, and what runs beside what. What stands together in lane one
 * shares a boot (test/lab/shared.ts). The numbers are seconds of wall clock that a file has taken on two processors
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
    'test/lab/failover.test.ts': 53,
    'test/lab/people.test.ts': 82,
    // Leaves the pool built in another way.
    'test/lab/apply.test.ts': 39,
  },
  // Each on boots of its own.
  two: {
    'test/lab/doctor.test.ts': 178,
    'test/lab/frozen.test.ts': 267,
    'test/lab/lab.test.ts': 76,
    'test/lab/sensor.test.ts': 112,
    'test/lab/pools.test.ts': 58,
    'test/lab/existing.test.ts': 48,
    'test/lab/guards.test.ts': 55,
    'test/lab/marked.test.ts': 24,
  },
  three: {
    'test/faults/faults.test.ts': 180,
    'test/faults/locks.test.ts': 18,
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
 * What runs side by side, and in each what comes after what. The guests have a processor each (lab/kernel.ts), for a poll
 * in them has 500 ms to be answered. The rest mostly waits, and takes what they leave.
 * @type {readonly Track[]}
 */
export const TRACKS = [
  { lanes: ['one', 'three'], env: { WEIR_LAB_PROCESSOR: '0' } },
  { lanes: ['two'], env: { WEIR_LAB_PROCESSOR: '1' } },
  { lanes: ['unit'], nice: 10 },
];

/** Unit files that take longest: they begin first, so that none of them is left over at the end. */
export const LONG = [
  'test/workers/people/commands.test.ts',
  'test/cli/cli.test.ts',
  'test/workers/people/flood.test.ts',
  'test/model/model.test.ts',
  'test/workers/people/outage.test.ts',
  'test/workers/people/incident.test.ts',
  'test/build/apply.test.ts',
  'test/rules/properties.test.ts',
  'test/broker/silent-path.test.ts',
  'test/workers/node-hint.test.ts',
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
