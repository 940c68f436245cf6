import type { RailVerdict } from '../model/decision.ts';
import type { SignalValue } from '../model/reading.ts';

type Figures = Readonly<Record<string, SignalValue>>;

export function pass(rail: string, sentence: string, figures: Figures = {}): RailVerdict {
  return { rail, pass: true, sentence, figures };
}

export function refuse(rail: string, sentence: string, figures: Figures = {}): RailVerdict {
  return { rail, pass: false, sentence, figures };
}
