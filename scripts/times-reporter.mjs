// @ts-check
/**
 * Prints at the end of a run which test files and tests cost most, also of blob reports that are merged:
 * `npx vitest run --reporter=default --reporter=./scripts/times-reporter.mjs`. The figures are of test/support/setup/cost.ts.
 */

import { relative } from 'node:path';
import { timesTable } from './times.mjs';

/** vitest makes one of the default export of a reporter's path. */
export default class TimesReporter {
  /** @type {readonly import('vitest/node').TestSpecification[]} */
  #wanted = [];

  /** @param {readonly import('vitest/node').TestSpecification[]} specifications */
  onTestRunStart(specifications) {
    this.#wanted = specifications;
  }

  /** @param {readonly import('vitest/node').TestModule[]} testModules */
  onTestRunEnd(testModules) {
    const begun = new Set(testModules.map((testModule) => testModule.moduleId));
    // Without isolation a process is given several files. When it dies, vitest forgets those that it had not begun.
    const neverBegun = this.#wanted
      .filter((each) => !begun.has(each.moduleId))
      .map((each) => ({ file: relative(each.project.config.root, each.moduleId), tests: 0, wallMs: 0, ended: false }));
    const files = [...testModules.map(timesOfFile), ...neverBegun];
    const tests = testModules.flatMap((testModule) => [...testModule.children.allTests()].map(timesOfTest));
    process.stdout.write(`\n${timesTable(files, tests).join('\n')}\n`);
  }
}

/**
 * @param {import('vitest/node').TestModule} testModule
 * @returns {import('./times.mjs').FileTimes}
 */
function timesOfFile(testModule) {
  const { cost } = testModule.meta();
  const { collectDuration, setupDuration, duration } = testModule.diagnostic();
  const state = testModule.state();
  return {
    file: testModule.relativeModuleId,
    tests: [...testModule.children.allTests()].length,
    wallMs: cost?.wallMs ?? setupDuration + collectDuration + duration,
    ...(cost === undefined ? {} : { processorMs: cost.processorMs, settingUpMs: cost.settingUpMs }),
    ended: state !== 'queued' && state !== 'pending',
  };
}

/**
 * @param {import('vitest/node').TestCase} testCase
 * @returns {import('./times.mjs').TestTimes}
 */
function timesOfTest(testCase) {
  return {
    file: testCase.module.relativeModuleId,
    name: testCase.fullName,
    wallMs: testCase.diagnostic()?.duration ?? 0,
    state: testCase.result().state,
  };
}
