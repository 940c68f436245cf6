/** What the model stops at. */
export class Broken extends Error {}

export function hold(condition: boolean, sentence: string): void {
  if (!condition) throw new Broken(sentence);
}
