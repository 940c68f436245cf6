import type { Scalar } from 'yaml';

/**
 * Where each character of a scalar's value stands in the source, one offset more than the value is long. YAML changes
 * white space (folding, indentation) and, in quotes, escapes; every other character stands in the source as it is and
 * in the same order, so the two texts are walked side by side.
 */
export function scalarOffsets(node: Scalar, source: string): number[] {
  const value = String(node.value);
  const [start, end] = node.range as [number, number, number];
  const offsets: number[] = [];
  let at = start;
  if (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') at += 1;
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') at = source.indexOf('\n', start) + 1;
  for (let i = 0; i < value.length; i++) {
    if (node.type === 'QUOTE_DOUBLE') at = skipLineContinuations(source, at);
    const escaped = node.type === 'QUOTE_DOUBLE' && source[at] === '\\';
    if (isSpace(value[i]) && !escaped) {
      offsets.push(at);
      if (isSpace(source[at])) at += 1;
      continue;
    }
    while (isSpace(source[at]) && at < end) at += 1;
    if (node.type === 'QUOTE_DOUBLE') at = skipLineContinuations(source, at);
    offsets.push(at);
    const width = widthAt(node, source, at);
    // An escape above the basic plane is two UTF-16 units of the value.
    if (width === 10 && value.codePointAt(i) !== value.charCodeAt(i)) {
      offsets.push(at);
      i += 1;
    }
    at += width;
  }
  offsets.push(at);
  return offsets;
}

const ESCAPE_WIDTH: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function widthAt(node: Scalar, source: string, at: number): number {
  if (node.type === 'QUOTE_SINGLE' && source.startsWith("''", at)) return 2;
  if (node.type === 'QUOTE_DOUBLE' && source[at] === '\\') return ESCAPE_WIDTH[source[at + 1] ?? ''] ?? 2;
  return 1;
}

/** A backslash at the end of a line joins it to the next one and leaves nothing behind. */
function skipLineContinuations(source: string, at: number): number {
  const match = /\\\r?\n[ \t]*/y;
  let next = at;
  for (;;) {
    match.lastIndex = next;
    const found = match.exec(source);
    if (found === null) return next;
    next += found[0].length;
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\t' || char === '\r';
}
