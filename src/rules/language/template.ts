/** Messages of rules: `{{ expression | filter }}` in plain text. */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import { formatBytes, formatRatio } from '../../lib/text/units.ts';
import type { Scope, Template } from '../../model/decisions/rule.ts';
import { formatDuration } from '../../model/duration.ts';
import { type Catalogue, SIGNALS, type SignalValue, type TargetKind } from '../../model/readings/signals.ts';
import { type CompiledExpression, compileExpression, type ExpressionFault } from './expression.ts';
import type { Sight } from './unknown-values.ts';

export type CompiledTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly fault: ExpressionFault };

/** Stands for an unknown value. */
const UNKNOWN = '?';

const FILTERS: Readonly<Record<string, (value: number) => string>> = {
  /** Seconds: "12 min". */
  duration: (seconds) => formatDuration(Math.max(0, seconds) * 1_000),
  /** Bytes: "1.5 GiB"; of a rate, write `{{ ... | bytes }}/s`. */
  bytes: formatBytes,
  /** 0..1: "85 %". */
  percent: formatRatio,
  /** "1,234,568" */
  number: (value) => Math.round(value).toLocaleString('en-US'),
};

type Part = string | { readonly expression: CompiledExpression; readonly filter: string | undefined };

/** Reads and checks a message against the catalogue of signals. */
export function compileTemplate(source: string, forEach: TargetKind, catalogue: Catalogue = SIGNALS): CompiledTemplate {
  const sight = { forEach, catalogue };
  const parts: Part[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('{{', at);
    if (open === -1) break;
    const close = source.indexOf('}}', open);
    if (close === -1) {
      return { ok: false, fault: { message: '"{{" has no "}}"', start: open, end: open + 2 } };
    }
    parts.push(source.slice(at, open));
    const part = compilePart(source, open + 2, close, sight);
    if ('message' in part) return { ok: false, fault: part };
    parts.push(part);
    at = close + 2;
  }
  const stray = source.indexOf('}}', at);
  if (stray !== -1) return { ok: false, fault: { message: '"}}" has no "{{"', start: stray, end: stray + 2 } };
  parts.push(source.slice(at));
  return { ok: true, template: { source, render: (scope) => render(parts, scope) } };
}

function compilePart(
  source: string,
  start: number,
  end: number,
  sight: Sight,
): Exclude<Part, string> | ExpressionFault {
  const bar = filterBar(source, start, end);
  const text = source.slice(start, bar ?? end);
  const indent = text.length - text.trimStart().length;
  const compiled = compileExpression({ ...sight, source: text.trim(), expect: 'any' });
  if (!compiled.ok) {
    const { message, start: from, end: to } = compiled.fault;
    return { message, start: start + indent + from, end: start + indent + to };
  }
  const { expression } = compiled;
  if (bar === undefined) return { expression, filter: undefined };
  const filter = source.slice(bar + 1, end).trim();
  const from = source.slice(bar + 1, end).search(/\S|$/) + bar + 1;
  const place = { start: from, end: from + filter.length };
  if (!Object.hasOwn(FILTERS, filter)) {
    const names = Object.keys(FILTERS);
    return {
      message: `there is no filter "${filter}"${didYouMean(filter, names) || `, expected one of ${names.join(', ')}`}`,
      ...place,
    };
  }
  if (expression.type !== 'double') return { message: `the filter "${filter}" is for numbers`, ...place };
  return { expression, filter };
}

/** The last single `|` outside of quotes; `||` belongs to the expression. */
function filterBar(source: string, start: number, end: number): number | undefined {
  let quote: string | undefined;
  let bar: number | undefined;
  for (let at = start; at < end; at++) {
    const char = source[at];
    if (quote !== undefined) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === '|') {
      if (source[at + 1] === '|') at += 1;
      else bar = at;
    }
  }
  return bar;
}

function render(parts: readonly Part[], scope: Scope): string {
  const text = parts.map((part) => (typeof part === 'string' ? part : show(part.expression.value(scope), part.filter)));
  // A title is one line, whatever text a signal holds.
  return text.join('').replace(/\s+/g, ' ').trim();
}

function show(value: SignalValue | undefined, filter: string | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (typeof value !== 'number') return String(value);
  const apply = filter === undefined ? undefined : FILTERS[filter];
  return apply === undefined ? plainNumber(value) : apply(value);
}

/** Three significant digits and no exponent: 2, 0.123, 1235. */
function plainNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
