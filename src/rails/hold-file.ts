import type { HoldFileFacts } from '../model/decisions/node-rails.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { pass, passedBy, refuse } from './verdict.ts';

/**
 * Rail 1 on the node: the file `hold` in the node's state_dir. It holds also what was decided before it was made, and
 * where nobody reaches the broker. A person's force passes it.
 */
export function holdFile({ hold, force }: HoldFileFacts): RailVerdict {
  if (hold === undefined) return pass('hold', 'There is no file hold on this node.');
  const sentence = `The file hold in state_dir forbids this node to act: ${hold}.`;
  const refusal = refuse('hold', sentence);
  return force ? passedBy('force', refusal) : refusal;
}
