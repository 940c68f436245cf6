/** Text from outside (names, rule titles, what a server answered) made safe for one line in any channel. */

const UNPRINTABLE = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+/gu;

/**
 * One line without control characters (a terminal obeys them, a mail header breaks at them) and without the invisible
 * ones that turn the direction of text around.
 */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
}

const ESCAPE = '\u001b';

/** The colours of createPaint (src/tell/notify/paint.ts), and no other sequence. */
const COLOR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);

/**
 * Several lines for a terminal: as `oneLine` has each, but that line ends, tabs and spaces stay, and with `color` the
 * sequences that colour text. With it, what comes from outside must have been made one line before.
 */
export function harmless(text: string, { color = false } = {}): string {
  if (color) {
    const parts = text.split(COLOR);
    return parts.map((part, index) => (index % 2 === 1 ? part : harmless(part))).join('');
  }
  return text.replace(UNPRINTABLE, (found) => found.replace(/[^\n\t]/g, ' '));
}

/** JSON in which they are written as escapes, so that it means the same and a terminal obeys none. */
export function harmlessJson(json: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(UNPRINTABLE, (found) => found.replace(/[^\n]/g, escaped));
}

/** At most `limit` UTF-16 units; what is cut ends in "…". Never cuts a character in two. */
export function trimTo(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = text.slice(0, limit - 1);
  if (/[\ud800-\udbff]$/.test(kept)) kept = kept.slice(0, -1);
  return `${kept}…`;
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
