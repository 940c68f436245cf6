import type { RailVerdict } from '../model/decision.ts';
import { pass, refuse } from './verdict.ts';

/**
 * Rail 1 at the hand: the file `hold` in the node's state_dir. It holds also what was decided before it was made, and
 * where nobody reaches the broker. A person's force passes it.
 */
export function holdFile(facts: { readonly hold: string | undefined; readonly force: boolean }): RailVerdict {
  const { hold, force } = facts;
  if (hold === undefined) return pass('hold', 'There is no file hold on this node.');
  const sentence = `The file hold in state_dir forbids this node to act: ${hold}.`;
  return force ? pass('hold', `Passed by force: ${sentence}`) : refuse('hold', sentence);
}
