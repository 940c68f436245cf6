/** Text from outside (names, rule titles, what a server answered) made safe for one line in any channel. */

const UNPRINTABLE = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+/gu;

/**
 * One line without control characters (a terminal obeys them, a mail header breaks at them) and without the invisible
 * ones that turn the direction of text around.
 */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
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
