/** What `weir rules test` prints, and its JUnit form. Pure. */

import { formatDuration } from '../../model/duration.ts';
import type { Uncovered } from './coverage.ts';
import type { CaseResult, Failure } from './run.ts';

export function formatResults(results: readonly CaseResult[]): string {
  const lines = results.flatMap(({ test, failures }) => [
    ...(failures.length === 0 ? [] : [`FAILED ${test.file}:${test.line} ${test.name}`]),
    ...failures.flatMap((failure) => linesOf(test.file, failure)),
  ]);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const files = new Set(results.map(({ test }) => test.file)).size;
  const what = `${results.length} case${results.length === 1 ? '' : 's'} in ${files} file${files === 1 ? '' : 's'}`;
  return [...lines, failed === 0 ? `${what} passed.` : `${failed} of ${what} failed.`].join('\n');
}

function linesOf(file: string, { atMs, line, sentences, values }: Failure): string[] {
  return [
    `  ${file}:${line} at ${formatDuration(atMs)}`,
    ...sentences.map((sentence) => `    ${sentence}`),
    ...(values.length === 0 ? [] : [`    series then: ${values.map(([key, value]) => `${key}=${value}`).join(' ')}`]),
  ];
}

export function formatCoverage({ rules, steps, rails, percent }: Uncovered): string {
  const left = [
    ...rules.map((name) => `  the rule ${name} fires in no case`),
    ...steps.map((name) => `  ${name} is taken in no case`),
    ...rails.map((name) => `  the rail ${name} refuses in no case`),
  ];
  return [`Coverage: ${percent} % of rules, steps and rails.`, ...left].join('\n');
}

/** The XML that CI systems read (the form of Ant's JUnit task). */
export function toJunit(results: readonly CaseResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const cases = results.map(({ test, failures }) => {
    const head = `    <testcase classname="${escapeXml(test.file)}" name="${escapeXml(test.name)}"`;
    if (failures.length === 0) return `${head}/>`;
    const text = failures.flatMap((failure) => linesOf(test.file, failure)).join('\n');
    const message = failures[0]?.sentences[0] ?? '';
    return `${head}>\n      <failure message="${escapeXml(message)}">${escapeXml(text)}</failure>\n    </testcase>`;
  });
  const counts = `tests="${results.length}" failures="${failed}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="weir rules" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no place for these control characters, not even escaped. */
const NOT_IN_XML = /[^\P{Cc}\t\n\r\u007f-\u009f]/gu;

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => XML[char] ?? '').replace(NOT_IN_XML, '?');
}
