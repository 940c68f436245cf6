/** `weir doctor`: for each finding what is, what should be, why it matters, and what mends it. */

import { oneLine } from '../../lib/text/plain-text.ts';
import type { DoctorFinding, DoctorReport } from '../../model/people/doctor.ts';
import { createPaint, type Paint } from '../notify/paint.ts';
import { SIGN } from '../wording/levels.ts';
import { wrap } from './layout.ts';

export interface DoctorTextOptions {
  readonly color: boolean;
  readonly width: number;
}

/** Longer lines are hard to read, however wide the terminal is. In columns. */
const WIDEST = 100;

const INDENT = 10;

/** Pure; no newline at the end. */
export function formatDoctor(report: DoctorReport, { color, width }: DoctorTextOptions): string {
  const paint = createPaint(color);
  const columns = Math.min(width, WIDEST);
  const lines = [
    ...report.findings.flatMap((finding) => [...findingLines(finding, paint, columns), '']),
    ...listed(paint.note(`${SIGN.note} good to know`), report.remarks, columns),
    ...listed(paint.unknown(`${SIGN.unknown} not looked at`), report.notLookedAt, columns),
    summary(report, paint),
  ];
  return lines.join('\n');
}

function findingLines(finding: DoctorFinding, paint: Paint, width: number): string[] {
  const about = finding.pool === undefined ? '' : `  pool ${oneLine(finding.pool)}`;
  return [
    `${paint.bad(`${SIGN.bad} ${finding.check}`)}${paint.dim(about)}`,
    ...part('is', finding.is, paint, width),
    ...part('should', finding.should, paint, width),
    ...part('why', finding.why, paint, width),
    ...finding.mend
      .flatMap((line) => mendLines(oneLine(line), paint, width))
      .map((line, index) => label(index === 0 ? 'mend' : '', paint) + line),
  ];
}

/** A command stays in one piece, to be pasted. A comment stays a comment on each of its lines. */
function mendLines(line: string, paint: Paint, width: number): string[] {
  if (!line.startsWith('#')) return [paint.bold(line)];
  const [first = '', ...rest] = wrap(line, width - INDENT - 2, 0);
  return [first, ...rest.map((text) => `# ${text}`)].map(paint.dim);
}

function part(name: string, text: string, paint: Paint, width: number): string[] {
  const [first = '', ...rest] = wrap(oneLine(text), width - INDENT, 0);
  return [label(name, paint) + first, ...rest.map((line) => ' '.repeat(INDENT) + line)];
}

function label(name: string, paint: Paint): string {
  return `  ${paint.dim(name)}${' '.repeat(INDENT - 2 - name.length)}`;
}

function listed(heading: string, all: readonly string[], width: number): string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap((sentence) => wrap(oneLine(sentence), width - 2, 2).map((line) => `  ${line}`));
  return [heading, ...lines, ''];
}

function summary({ node, checks, findings, notLookedAt }: DoctorReport, paint: Paint): string {
  const rest = notLookedAt.length === 0 ? '' : ` ${notLookedAt.length} not looked at.`;
  if (findings.length === 0)
    return `${paint.good(`${SIGN.good} node ${node}: ${checks} checks, nothing found.`)}${rest}`;
  const count = `${findings.length} finding${findings.length === 1 ? '' : 's'}`;
  return `${paint.bad(`${SIGN.bad} node ${node}: ${count} of ${checks} checks.`)}${rest}`;
}
