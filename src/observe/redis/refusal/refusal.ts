/**
 * Judges whether a member takes pushes, and with which word it refuses them. The probe's answer counts first, then what
 * INFO says outright, then what became of other clients' pushes. A refusal lasts until its cause is gone; it does not end
 * because nobody tries any more. Pure, but for what it remembers from poll to poll.
 */

import { numberOf } from '../info.ts';
import type { Probed } from '../probe.ts';
import { isReadOnly } from '../role.ts';
import { CAUSES, type Facts } from './causes.ts';
import { createPushesOfOthers, type PushesOfOthers, type PushFacts } from './pushes-of-others.ts';

export interface Evidence extends PushFacts {
  readonly probed?: Probed;
  /** The word with which LLEN of a queue was refused, where pushes are refused with it as well. */
  readonly queueRefused?: string;
}

/** The word of a refusal. Empty: a push would be accepted. Undefined: not known. */
export type Refusal = string | undefined;

export interface Writes {
  judge(evidence: Evidence): Refusal;
  /** Forgets late answers, since Redis has not answered at all: pushes must be seen to hang anew. */
  forgetLate(): void;
}

/**
 * So many late answers in a row mean that pushes are paused (CLIENT PAUSE, FAILOVER). One alone may be a busy machine or a
 * lost packet; the next is asked for on a new connection.
 */
const PAUSED_AFTER = 2;

/** After so many polls without an answer an old refusal of the probe says nothing any more. */
const PROBE_HOLDS_FOR = 10;

export function createWrites(): Writes {
  const pushes = createPushesOfOthers();
  const answers = createProbeMemory();

  function judge(now: Evidence): Refusal {
    pushes.settle(now);
    const { probed } = now;
    if (probed?.kind === 'refused') {
      answers.refused();
      pushes.probeRefused(probed.word, now);
      return probed.word;
    }
    if (probed?.kind === 'late') return answers.late() >= PAUSED_AFTER ? 'PAUSED' : certainOf(now);
    if (now.queueRefused !== undefined) return now.queueRefused;
    if (probed?.kind === 'accepted') {
      answers.accepted();
      return pushes.probeTaken() ?? '';
    }
    const refusal = byInfo(now, pushes);
    return answers.isNotKnown() && refusal === '' ? undefined : refusal;
  }

  return { judge, forgetLate: answers.forgetLate };
}

/** Remembers the probe's last answer. A refusal that INFO does not show may hold on for a while after it. */
interface ProbeMemory {
  accepted(): void;
  refused(): void;
  /** Notes a late answer. @returns how many in a row there were. */
  late(): number;
  forgetLate(): void;
  /** Counts a poll without an answer. @returns whether a refusal, or a late answer, may still hold. */
  isNotKnown(): boolean;
}

function createProbeMemory(): ProbeMemory {
  let late = 0;
  /** Polls since the probe's last answer, if that was a refusal or late. */
  let silent: number | undefined;
  return {
    accepted() {
      late = 0;
      silent = undefined;
    },
    refused() {
      late = 0;
      silent = 0;
    },
    late() {
      silent = 0;
      late += 1;
      return late;
    },
    forgetLate() {
      late = 0;
    },
    isNotKnown() {
      if (silent !== undefined) silent += 1;
      if (silent !== undefined && silent > PROBE_HOLDS_FOR) {
        silent = undefined;
        late = 0;
      }
      return silent !== undefined;
    },
  };
}

function byInfo(now: Evidence, pushes: PushesOfOthers): Refusal {
  const refused = certainOf(now) ?? pushes.refusedWith();
  if (refused !== undefined) return refused;
  const isLimitKnown = numberOf(now.info, 'maxmemory') !== undefined || pushes.wereTaken();
  const isRedis = isReadOnly(now.info) === false && now.bytes !== undefined;
  return pushes.isInDoubt(now) || !isLimitKnown || !isRedis ? undefined : '';
}

function certainOf(facts: Facts): string | undefined {
  return CAUSES.find((cause) => cause.isCertain(facts))?.word;
}
