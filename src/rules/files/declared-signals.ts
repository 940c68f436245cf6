/** Signals that rule files declare: each is a measure, over a time, of a signal that observers read. */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { YamlFile, YamlPath } from '../../lib/yaml/file.ts';
import type { Problem } from '../../lib/yaml/problem.ts';
import type { ExtraSignal, Measure } from '../../model/decisions/rule.ts';
import { type Catalogue, SIGNALS, type SignalSpec, type TargetKind } from '../../model/readings/signals.ts';
import type { WrittenRuleFile } from './schema.ts';

/** Shorter times hold too few polls; longer ones are for a monitoring system. In ms. */
const SHORTEST_MS = 10_000;
const LONGEST_MS = 86_400_000;

interface Declared {
  readonly yaml: YamlFile;
  readonly value: WrittenRuleFile;
}

/** All declarations of all files. A name that two rules declare alike is one signal. */
export function readExtras(files: readonly Declared[]): {
  readonly extra: ExtraSignal[];
  readonly problems: Problem[];
} {
  const problems: Problem[] = [];
  const extra = new Map<string, ExtraSignal>();
  for (const { yaml, value } of files) {
    value.rules.forEach(({ signals }, i) => {
      for (const [name, written] of Object.entries(signals)) {
        const at: YamlPath = ['rules', i, 'signals', name];
        const signal = extraOf(name, written);
        if (typeof signal === 'string') {
          problems.push(yaml.problemAt([...at, 'of'], signal));
          continue;
        }
        if (Object.hasOwn(SIGNALS[signal.kind], name)) {
          problems.push(yaml.problemAtKey(at, `${signal.kind}.${name} is a signal already: choose another name`));
          continue;
        }
        if (signal.overMs < SHORTEST_MS || signal.overMs > LONGEST_MS) {
          problems.push(yaml.problemAt([...at, 'over'], 'expected a time from 10s to 1d'));
        }
        const key = `${signal.kind}.${name}`;
        const twin = extra.get(key);
        if (twin === undefined) extra.set(key, signal);
        else if (JSON.stringify(twin) !== JSON.stringify(signal)) {
          problems.push(yaml.problemAtKey(at, `${key} is declared otherwise by another rule: choose another name`));
        }
      }
    });
  }
  return { extra: [...extra.values()], problems };
}

/** @returns the signal, or a sentence where `of` names no number. */
function extraOf(
  name: string,
  { of, measure, over }: { of: string; measure: Measure; over: number },
): ExtraSignal | string {
  const [kind = '', signal = ''] = of.split('.');
  const kinds = Object.keys(SIGNALS);
  if (!Object.hasOwn(SIGNALS, kind)) {
    return `expected <kind>.<signal>, such as member.memory_bytes${didYouMean(kind, kinds) || `; the kinds are ${kinds.join(', ')}`}`;
  }
  const specs = SIGNALS[kind as TargetKind];
  const spec = specs[signal];
  if (spec === undefined) return `${kind} has no signal ${signal}${didYouMean(signal, Object.keys(specs))}`;
  if (spec.type !== 'double') return `${of} is no number: only numbers are measured over a time`;
  return { name, kind: kind as TargetKind, of: signal, measure, overMs: over };
}

const PER_SECOND: ReadonlySet<Measure> = new Set(['slope', 'rate']);

/** The catalogue with these signals added. The same list gives the same catalogue. */
export function catalogueOf(extra: readonly ExtraSignal[]): Catalogue {
  if (extra.length === 0) return SIGNALS;
  const cached = catalogues.get(extra);
  if (cached !== undefined) return cached;
  const kinds = Object.entries(SIGNALS).map(([kind, specs]) => {
    const own = extra
      .filter((signal) => signal.kind === kind)
      .map((signal): [string, SignalSpec] => [signal.name, specOf(signal)]);
    return [kind, { ...specs, ...Object.fromEntries(own) }];
  });
  const catalogue = Object.fromEntries(kinds) as Catalogue;
  catalogues.set(extra, catalogue);
  return catalogue;
}

const catalogues = new WeakMap<readonly ExtraSignal[], Catalogue>();

function specOf({ kind, of, measure, overMs }: ExtraSignal): SignalSpec {
  const unit = SIGNALS[kind][of]?.unit ?? '';
  return {
    type: 'double',
    unit: PER_SECOND.has(measure) ? `${unit}/s` : unit,
    source: 'a rule file',
    meaning: `${measure} of ${kind}.${of} over ${overMs / 1_000} s`,
  };
}
