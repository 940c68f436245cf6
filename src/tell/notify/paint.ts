/** Colours of a terminal, by meaning. Without colour every painter gives its text back. */

import type { Level } from '../wording/levels.ts';

export type Paint = Readonly<Record<Level | 'dim' | 'bold', (text: string) => string>>;

/** SGR codes. Bright variants are left alone: some themes make them unreadable. */
const CODES: Readonly<Record<keyof Paint, string>> = {
  good: '32',
  note: '36',
  warn: '33',
  bad: '1;31',
  unknown: '35',
  dim: '2',
  bold: '1',
};

export function createPaint(color: boolean): Paint {
  const painter = (code: string) => (text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, painter(code)])) as unknown as Paint;
}

/** Uses colours on a terminal only, and never against NO_COLOR (no-color.org: set and not empty). */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
