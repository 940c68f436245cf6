import type { PoolConfig } from '../../model/configuration/config.ts';
import type { Vote } from '../../model/decisions/rail.ts';
import type { ExtraSignal, Rule } from '../../model/decisions/rule.ts';
import type { Facts } from '../../model/people/status.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import type { MemberSignals, Signals, SignalValue } from '../../model/readings/signals.ts';
import { scopeOf } from '../state/facts.ts';
import { memberSignals } from '../state/merge-readings.ts';

/** A node that the broker has not heard for so long, while it hears others, is taken as silent. In ms. */
const SILENT_AFTER_MS = 10_000;

/** What a silent node says of its own member. */
const SILENT: MemberSignals = { answering: false, writable: false };

export interface VoteInput {
  readonly rule: Rule;
  readonly target: string;
  readonly facts: Facts;
  /** All remembered sweeps, stale ones too. */
  readonly sweeps: Readonly<Record<string, Sweep>>;
  readonly pool: PoolConfig;
  /** Signals that rule files declare. They are measured on the merged readings: an observer keeps no series of its own. */
  readonly extra: readonly ExtraSignal[];
  readonly now: number;
  readonly staleAfterMs: number;
}

/**
 * Evaluates the rule's `when` once per observer, with that observer's own reading of the target: yes, no, or abstain where
 * it has no fresh reading. An observer to which no member at all answers abstains too, because its own network is broken. A
 * node that has been silent for 10 s while the broker hears others says of its own member that it does not answer.
 */
export function votesFor(input: VoteInput): Vote[] {
  const { facts, sweeps, pool, now, staleAfterMs, target } = input;
  const master = sweeps[facts.pool.master ?? ''];
  const someoneIsHeard = Object.values(sweeps).some((sweep) => sweep.at + staleAfterMs >= now);
  const names = new Set([...Object.keys(pool.members), ...Object.keys(sweeps)]);
  return [...names].sort().map((observer) => {
    const sweep = sweeps[observer];
    if (sweep !== undefined && sweep.at + staleAfterMs >= now) {
      const reading = sweep.members[target];
      if (reading === undefined || seesNobody(sweep)) return { observer, vote: 'abstain' };
      return { observer, vote: ask(input, memberSignals(target, reading, master)) };
    }
    const silent = observer === target && sweep !== undefined && now - sweep.at >= SILENT_AFTER_MS && someoneIsHeard;
    const says = silent ? ask(input, memberSignals(target, SILENT, master)) : 'abstain';
    return { observer, vote: says === 'yes' ? 'yes' : 'abstain' };
  });
}

function seesNobody(sweep: Sweep): boolean {
  return Object.values(sweep.members).every((reading) => reading.answering === false);
}

function ask({ rule, target, facts, extra }: VoteInput, reading: MemberSignals): Vote['vote'] {
  const merged: Signals = facts.members[target] ?? {};
  const names = extra
    .filter(({ kind, name }) => kind === 'member' && merged[name] !== undefined)
    .map(({ name }) => name);
  const own = { ...Object.fromEntries(names.map((name) => [name, merged[name] as SignalValue])), ...reading };
  const ownFacts: Facts = { ...facts, members: { ...facts.members, [target]: own } };
  const truth = rule.when.evaluate(scopeOf(rule.forEach, target, ownFacts));
  return truth === undefined ? 'abstain' : truth ? 'yes' : 'no';
}
