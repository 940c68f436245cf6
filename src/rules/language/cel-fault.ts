/** A fault as an error of cel-js carries it. */
interface CelFault {
  readonly code?: string;
  readonly summary?: string;
}

const TYPES: Readonly<Record<string, string>> = {
  double: 'a number',
  int: 'a whole number',
  string: 'a text',
  bool: 'true or false',
};

/** Words a fault of cel-js for people. `start` to `end` is its place in the source. */
export function explainFault(
  { code, summary = 'this cannot be read' }: CelFault,
  source: string,
  start: number,
  end: number,
): string {
  const text = source.slice(start, end);
  switch (code) {
    case 'unexpected_token':
      return summary.endsWith('EOF') ? 'the expression ends too early' : `"${text}" is not expected here`;
    case 'unexpected_character':
      return text === '=' ? '"=" is not expected here: "==" compares' : `"${text}" is not expected here`;
    case 'unterminated_string':
      return 'this text has no end: a quote is missing';
    case 'limit_exceeded':
      return `the expression is too long or too deep (${summary.replace('Exceeded ', '')}): split the rule`;
    case 'no_such_overload': {
      const unary = /: ([-!])(\S+)$/.exec(summary);
      if (unary !== null) return `"${unary[1]}" does not go with ${TYPES[unary[2] ?? ''] ?? unary[2]}`;
      const [, left, operator, right] = /: (\S+) (\S+) (.+)$/.exec(summary) ?? [];
      if (left === undefined || operator === undefined || right === undefined) break;
      return `"${operator}" does not go with ${TYPES[left] ?? left} on the left and ${TYPES[right] ?? right} on the right`;
    }
    case 'invalid_logical_operand':
    case 'invalid_condition_type': {
      const type = /'(\w+)'$/.exec(summary)?.[1] ?? '';
      return `this is ${TYPES[type] ?? type}, expected a condition: something true or false`;
    }
  }
  if (/^Expected (RPAREN|RBRACKET)/i.test(summary)) return 'a bracket is not closed';
  return `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`;
}
