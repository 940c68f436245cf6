/**
 * The secrets that this process has read, and the last net that holds them back: what it prints, tells or stores as the text
 * of an error is searched for them. It is no licence: a `Secret` is revealed to the call that needs it and to nothing else.
 */

/** From this length on a secret is found anywhere in a text. */
const SURE_LENGTH = 8;

/** From this length on a secret is found as a word of its own. Shorter texts are words, or numbers, of ordinary sentences. */
const LEAST_LENGTH = 6;

const SHOWN = '[secret]';

/** The texts that are looked for, the longest first, because one may be a part of another. */
const known: { readonly text: string; readonly asWord: RegExp | undefined }[] = [];
const texts = new Set<string>();

/** A variable's name as weir.yaml has it. It stands for a value that is missing, and is no secret. */
const VARIABLE = /^\$\w+$/;

/** Holds the text back from now on, also as JSON and URLs write it; of a URL also its password and the end of its path. */
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
