/** keepalived.conf as a text through the reader, for tests. */

import { WeirError } from '../../src/model/error.ts';
import { type Parsed, parseKeepalived, type Statement } from '../../src/provision/init/keepalived/syntax.ts';

export function parse(text: string, configId = 'a'): Parsed {
  return parseKeepalived({ file: 'keepalived.conf', text }, { include: () => [], configId });
}

/** The statements of a vrrp_instance; its first line is line 2. */
export function parseInside(text: string, configId?: string): readonly Statement[] {
  return parse(`vrrp_instance V {\n${text}\n}\n`, configId).conf[0]?.block ?? [];
}

/** A parameter as keepalived writes it. */
export function braced(name: string): string {
  return `$\{${name}}`;
}

/** Words only, blocks as arrays behind them. */
export function shape(statements: readonly Statement[]): unknown[] {
  return statements.map(({ words, block }) => {
    const text = words.map((word) => word.text).join(' ');
    return block === undefined ? text : [text, ...shape(block)];
  });
}

/** The one line of a refusal; '' where there is none. */
export function faultOf(text: string): string {
  try {
    parse(text);
    return '';
  } catch (error) {
    if (error instanceof WeirError && error.code === 'config' && !error.message.includes('\n')) return error.message;
    throw error;
  }
}
