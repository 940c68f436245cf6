/**
 * A target among the others of its kind. At every entry a thousand targets may look at each other: what is the same for all
 * is computed once for their common list, and a list of all but one is made only where a rule goes through it.
 */

import type { Among } from '../../model/decisions/rule.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';

/** All but this one, in their order. */
export function othersOf<T>(all: readonly T[], index: number): T[] {
  return [...all.slice(0, index), ...all.slice(index + 1)];
}

/** The answers of a whole list to a question about one signal. */
interface Answers {
  readonly count: number;
  readonly isYes: readonly boolean[];
}

type Lists = WeakMap<readonly Signals[], Map<string, Answers>>;

/** By the name of the question. */
const answersByQuestion = new Map<string, Lists>();

/**
 * How many of the others have a value for which `ask` says yes. The list is gone through once, whichever of it asks.
 * @param question a name for `ask`; two questions never share one.
 */
export function countOthers(
  { all, index }: Among,
  signal: string,
  question: string,
  ask: (value: SignalValue | undefined) => boolean,
): number {
  const lists = answersByQuestion.get(question) ?? new WeakMap();
  answersByQuestion.set(question, lists);
  const signals = lists.get(all) ?? new Map<string, Answers>();
  lists.set(all, signals);
  const answers = signals.get(signal) ?? answersOf(all, signal, ask);
  signals.set(signal, answers);
  return answers.count - (answers.isYes[index] === true ? 1 : 0);
}

function answersOf(all: readonly Signals[], signal: string, ask: (value: SignalValue | undefined) => boolean): Answers {
  const isYes = all.map((signals) => ask(signals[signal]));
  return { isYes, count: isYes.filter((yes) => yes).length };
}
