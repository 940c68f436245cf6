/** Finds where a text stops being JSON (RFC 8259): the message of JSON.parse tells that in some cases only. Pure. */

const BLANK = /[ \t\r\n]*/y;
/** Control characters may not stand in a text, but for those above ASCII and DEL. */
const TEXT = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/uy;
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next. */
type Next = 'value' | 'key' | 'colon' | 'after';

/** Returns the offset of the first character that cannot stand there; the text's length where it ends too early. */
export function faultIn(text: string): number {
  const open: ('{' | '[')[] = [];
  let next: Next = 'value';
  let at = 0;
  /** True right behind an opening bracket, which may be closed at once. */
  let isFresh = false;
  const took = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(text) ?? [];
    at += found.length;
    return found !== '';
  };
  for (;;) {
    took(BLANK);
    const sign = text[at];
    if (sign === undefined) return text.length;
    const closes = sign === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (closes && (next === 'after' || isFresh)) {
      open.pop();
      at += 1;
      next = 'after';
      isFresh = false;
      continue;
    }
    isFresh = false;
    if (next === 'after') {
      if (sign !== ',' || open.length === 0) return at;
      at += 1;
      next = open.at(-1) === '{' ? 'key' : 'value';
    } else if (next === 'colon') {
      if (sign !== ':') return at;
      at += 1;
      next = 'value';
    } else if (next === 'key') {
      if (!took(TEXT)) return at;
      next = 'colon';
    } else if (sign === '{' || sign === '[') {
      open.push(sign);
      at += 1;
      isFresh = true;
      next = sign === '{' ? 'key' : 'value';
    } else {
      if (!took(TEXT) && !took(PLAIN)) return at;
      next = 'after';
    }
  }
}
