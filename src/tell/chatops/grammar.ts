/** The grammar of `/weir`: the commands of the terminal, written as people write in Slack. Pure; never throws. */

import { didYouMean } from '../../lib/did-you-mean.ts';
import { DEFAULT_POLICY } from '../../model/configuration/default-policy.ts';
import { parseDuration } from '../../model/duration.ts';
import { MAX_HOLD_MS } from '../../model/people/hold.ts';
import { timeFault } from '../../model/people/longest.ts';
import { MAX_SILENCE_MS } from '../../model/people/silence.ts';
import { isSeverity, type Severity } from '../../model/severity.ts';
import { COMMANDS } from './help.ts';
import type { Click } from './payload.ts';
import type { ChatCommand } from './wish.ts';
import { asWritten, type Options, optionsOf, wordsOf } from './words.ts';

/** What was written is no command: one sentence that says what is expected. */
export interface Problem {
  readonly problem: string;
}

type Understood = ChatCommand | Problem;

const HOUR_MS = 3_600_000;

/** @param longestMs what a person may hold at most (policy.longest). */
export function parseCommand(text: string, longestMs = DEFAULT_POLICY.longestMs): Understood {
  const [first = 'help', ...rest] = wordsOf(asWritten(text));
  const command = first.toLowerCase();
  const read = READERS[command];
  if (read === undefined || !Object.hasOwn(READERS, command)) {
    const names = Object.keys(READERS);
    return {
      problem: `There is no command ${first}${didYouMean(command, names) || `; there are ${names.join(', ')}.`}`,
    };
  }
  const options = optionsOf(rest);
  // A word that nobody reads may have been meant to change everything: `--fro 1h`.
  const left = options.rest[WORDS[command] ?? 1];
  if (command !== 'silence' && left !== undefined) return { problem: `What is ${left}? ${missing(command).problem}` };
  return read(options, longestMs);
}

/** Words that a command takes besides its options, where it is not one. */
const WORDS: Readonly<Record<string, number>> = { why: 2, weight: 2, rules: 0 };

/** What a button or a choice says. Its value names something, and never is a command. */
export function parseClick({ actionId, value }: Pick<Click, 'actionId' | 'value'>): Understood {
  const [id = '', time = ''] = value.split(' ');
  if (id !== '') {
    if (actionId === 'approve' || actionId === 'deny') return { kind: 'answer', answer: actionId, decision: id };
    if (actionId === 'ack') return { kind: 'ack', about: id };
    if (actionId === 'trust') return { kind: 'trust', pool: id };
    if (actionId === 'why') return { kind: 'why', about: id };
    const forMs = parseDuration(time);
    if (actionId === 'silence' && forMs !== undefined && forMs <= MAX_SILENCE_MS) {
      return { kind: 'silence', about: id, labels: {}, forMs, reason: 'silenced from its message' };
    }
  }
  return { problem: 'Nobody knows this button: the message is of another version of Weir.' };
}

type Reader = (options: Options, longestMs: number) => Understood;

function acting({ for: time, reason, flags }: Options, longestMs: number) {
  const forMs = time === undefined ? undefined : parseDuration(time);
  if (time !== undefined && forMs === undefined) return `${time} is no time: something like 30m or 2h is expected.`;
  const fault = forMs === undefined ? undefined : timeFault(forMs, longestMs);
  if (fault !== undefined) return fault;
  const force = flags.has('force');
  if (force && (reason ?? '') === '') return 'force needs a reason: it passes rails and pages people (because ...).';
  return { force, ask: flags.has('ask'), ...(forMs !== undefined && { forMs }), ...(reason && { reason }) };
}

/** @returns the wish of `make`, or what is missing. */
function act(
  options: Options,
  longestMs: number,
  command: string,
  make: (parts: Exclude<ReturnType<typeof acting>, string>) => Understood,
) {
  if (options.rest[0] === undefined) return missing(command);
  const parts = acting(options, longestMs);
  return typeof parts === 'string' ? { problem: parts } : make(parts);
}

function missing(command: string): Problem {
  return { problem: `Expected: ${COMMANDS[command]?.usage ?? command}` };
}

type Times = { readonly forMs: number; readonly reason: string };

function timed({ for: time = '1h', reason = '' }: Options, command: string, maxMs: number): Problem | Times {
  const forMs = parseDuration(time);
  if (forMs === undefined || forMs <= 0 || forMs > maxMs) {
    return { problem: `${time}: a time such as 30m or 2h is expected, ${maxMs / HOUR_MS}h at most.` };
  }
  if (reason === '') return { problem: `${command} needs a reason: the next one on call reads it (because ...).` };
  return { forMs, reason };
}

function member(action: 'drain' | 'restore'): Reader {
  return (options, longestMs) =>
    act(options, longestMs, action, (parts) => ({ kind: 'act', action, member: options.rest[0] as string, ...parts }));
}

function answerReader(answer: 'approve' | 'deny'): Reader {
  return ({ rest: [decision], reason }) =>
    decision === undefined ? missing(answer) : { kind: 'answer', answer, decision, ...(reason && { reason }) };
}

const silence: Reader = (options) => {
  const [first, second] = options.rest;
  if (first === 'list') return { kind: 'silences' };
  if (options.flags.has('end')) return first === undefined ? missing('silence') : { kind: 'unsilence', id: first };
  if (first === undefined) return missing('silence');
  const times = timed(options, 'silence', MAX_SILENCE_MS);
  if ('problem' in times) return times;
  const labels: [name: string, value: string][] = [];
  let severity: Severity | undefined;
  let about: string | undefined;
  for (const word of options.rest) {
    const [, name, value] = /^([^=:]+)=(.+)$/.exec(word) ?? [];
    const [, level = ''] = /^severity[:=](.+)$/.exec(word) ?? [];
    if (level !== '') {
      if (!isSeverity(level)) return { problem: `${level} is no severity: page, warn and info are.` };
      severity = level;
    } else if (name !== undefined && value !== undefined) labels.push([name, value]);
    else if (about === undefined) about = word;
    else return { problem: `One thing at a time: ${about} or ${second ?? word}?` };
  }
  return {
    // Own keys, also for `__proto__`.
    ...{ kind: 'silence', labels: Object.fromEntries(labels), ...times },
    ...(about !== undefined && { about }),
    ...(severity !== undefined && { severity }),
    ...(options.in !== undefined && { pool: options.in }),
  };
};

const READERS: Readonly<Record<string, Reader>> = {
  status: ({ rest: [pool] }) => ({ kind: 'status', ...(pool !== undefined && { pool }) }),
  why: ({ rest: [about, rule] }) =>
    about === undefined ? missing('why') : { kind: 'why', about, ...(rule !== undefined && { rule }) },
  drain: member('drain'),
  restore: member('restore'),
  weight: (options, longestMs) =>
    act(options, longestMs, 'weight', (parts) => {
      const [name = '', text = ''] = options.rest;
      const weight = Number(text);
      if (text === '' || !Number.isInteger(weight) || weight < 0 || weight > 65_535) {
        return { problem: `${text || 'Nothing'} is no weight: a whole number from 0 to 65535 is expected.` };
      }
      return { kind: 'act', action: 'set_weight', member: name, weight, ...parts };
    }),
  failover: (options, longestMs) =>
    act(options, longestMs, 'failover', (parts) => {
      const { rest, to, flags } = options;
      if (flags.has('soft') && flags.has('hard')) return { problem: 'soft and hard are two ways: say one, or none.' };
      const way = flags.has('soft') ? 'soft' : flags.has('hard') ? 'hard' : undefined;
      return { kind: 'failover', pool: rest[0] as string, ...(to && { to }), ...(way && { way }), ...parts };
    }),
  maintain: (options, longestMs) =>
    act(options, longestMs, 'maintain', (parts) => {
      const end = options.flags.has('end');
      return end === (parts.forMs !== undefined)
        ? missing('maintain')
        : { kind: 'maintain', node: options.rest[0] as string, end, ...parts };
    }),
  pause: (options) => {
    const times = timed(options, 'pause', MAX_HOLD_MS);
    return 'problem' in times ? times : { kind: 'pause', scope: options.rest[0] ?? 'all', ...times };
  },
  resume: ({ rest: [scope = 'all'] }) => ({ kind: 'resume', scope }),
  silence,
  ack: ({ rest: [about] }) => ({ kind: 'ack', ...(about !== undefined && { about }) }),
  trust: ({ rest: [pool] }) => (pool === undefined ? missing('trust') : { kind: 'trust', pool }),
  approve: answerReader('approve'),
  deny: answerReader('deny'),
  rules: () => ({ kind: 'rules' }),
  clients: ({ rest: [pool] }) => (pool === undefined ? missing('clients') : { kind: 'clients', pool }),
  help: ({ rest: [command] }) => ({ kind: 'help', ...(command !== undefined && { command }) }),
};
