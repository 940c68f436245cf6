import type { RailVerdict } from '../model/decisions/verdict.ts';
import type { SignalValue } from '../model/readings/signals.ts';

type Figures = Readonly<Record<string, SignalValue>>;

export function pass(rail: string, sentence: string, figures: Figures = {}): RailVerdict {
  return { rail, pass: true, sentence, figures };
}

export function refuse(rail: string, sentence: string, figures: Figures = {}): RailVerdict {
  return { rail, pass: false, sentence, figures };
}

const LEADS = { force: 'Passed by force', warning: 'Warning' } as const;

/** A refusal that lets through all the same; it stays on the record. */
export function passedBy(way: keyof typeof LEADS, refusal: RailVerdict): RailVerdict {
  return { ...refusal, pass: true, passedBy: way, sentence: `${LEADS[way]}: ${refusal.sentence}` };
}
