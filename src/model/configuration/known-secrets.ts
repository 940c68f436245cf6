/**
 * The secrets that this process has read, and the last net that holds them back: what it prints, tells or stores as the text
 * of an error is searched for them. It is no licence: a `Secret` is revealed to the call that needs it and to nothing else.
 */

/** Found wherever it stands. */
const SURE_LENGTH = 8;

/** A shorter one is found where it stands as a word. What is shorter still is a word, or a number, of many a sentence. */
const LEAST_LENGTH = 6;

const SHOWN = '[secret]';

/** What is looked for, the longest first: one may be a part of another. */
const known: { readonly text: string; readonly asWord: RegExp | undefined }[] = [];
const texts = new Set<string>();

/** As weir.yaml names a variable. A value that is not there is told by it. */
const VARIABLE = /^\$\w+$/;

/** From now on it is held back, as it is and as JSON and URLs write it. Of a URL also its password and what its path ends in. */
export function knowSecret(text: string): void {
  if (VARIABLE.test(text)) return;
  for (const part of [text, ...partsOf(text)]) {
    for (const form of [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part)]) {
      if (form.length < LEAST_LENGTH || texts.has(form)) continue;
      texts.add(form);
      known.push({ text: form, asWord: form.length < SURE_LENGTH ? asWord(form) : undefined });
      known.sort((one, other) => other.text.length - one.text.length);
    }
  }
}

/** The text without any secret that is known. */
export function withoutSecrets(text: string): string {
  let safe = text;
  for (const { text: secret, asWord } of known) {
    if (safe.includes(secret)) safe = safe.replaceAll(asWord ?? secret, SHOWN);
  }
  return safe;
}

function partsOf(text: string): string[] {
  if (!/^[a-z+]+:\/\//i.test(text) || !URL.canParse(text)) return [];
  const { password, pathname, search, searchParams } = new URL(text);
  const path = pathname.split('/').filter((part) => part.length >= SURE_LENGTH);
  return [password, decoded(password), `${pathname}${search}`.slice(1), ...path, ...searchParams.values()];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function asWord(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu');
}
