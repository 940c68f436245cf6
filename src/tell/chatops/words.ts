/** Splits a line that a person has written in Slack into words. Pure. */

/** Undoes what Slack does to text: escapes, links around host names, typographic quotes. */
export function asWritten(text: string): string {
  return text
    .replaceAll(/<(?:https?:\/\/|mailto:)[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<(https?:\/\/[^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/[\u201c\u201d\u201e]/g, '"')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u2013\u2014](?=\w)/g, '--');
}

/** Words; what stands in double quotes is one. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

export interface Options {
  /** The words that are no options, in their order. */
  readonly rest: readonly string[];
  readonly for?: string;
  readonly reason?: string;
  readonly to?: string;
  readonly in?: string;
  readonly flags: ReadonlySet<string>;
}

const FLAGS: ReadonlySet<string> = new Set(['force', 'ask', 'soft', 'hard', 'end']);

/** People write `for 1h` and `because the rest of the line` as they speak, or `--for 1h` as on a terminal. */
export function optionsOf(words: readonly string[]): Options {
  const rest: string[] = [];
  const flags = new Set<string>();
  const named: { for?: string; reason?: string; to?: string; in?: string } = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const name = word.replace(/^--/, '').toLowerCase();
    if (name === 'because') {
      named.reason = words.slice(i + 1).join(' ');
      break;
    }
    if (name === 'for' || name === 'to' || name === 'in' || word === '--reason') {
      const value = words[i + 1];
      if (value !== undefined) named[name as 'for' | 'to' | 'in' | 'reason'] = value;
      i += 1;
    } else if (FLAGS.has(name)) flags.add(name);
    else rest.push(word);
  }
  return { rest, flags, ...named };
}
