import fc from 'fast-check';

/** What YAML gives a meaning to. */
const PIECES = [
  ...['null', 'true', '0', '-1', '~', ': ', '- ', ',', '[', ']', '{', '}', '"', '|', '#', '&a ', '*a', '!x'],
  ...['\n', '\t', '  ', 'é', '/'],
];

/**
 * A YAML file to which something was done: at up to three places a little is cut out, and something put in.
 *
 * @param pieces more of what may be put in
 */
export function mangled(text: string, pieces: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(12),
    insert: fc.oneof(fc.constantFrom(...PIECES, ...pieces), fc.string({ maxLength: 4 })),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) => edits.reduce((all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut), text));
}
