/**
 * Parses `/weir`: the commands of the terminal, as people write them in Slack. Pure; never throws. commander's own
 * program does not fit: it acts and prints while it parses, and says `missing required argument 'node'`.
 */

import { defined } from '../../lib/defined.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import { parseDuration } from '../../model/duration.ts';
import { MAX_SILENCE_MS } from '../../model/people/silence.ts';
import { COMMANDS } from './help.ts';
import type { Click } from './payload.ts';
import type { ChatCommand } from './wish.ts';
import { asWritten, type Options, optionsOf, wordsOf } from './words.ts';

/** The text is no command. One sentence says what is expected. */
export interface Problem {
  readonly problem: string;
}

type Understood = ChatCommand | Problem;

export function parseCommand(text: string): Understood {
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
  return read(options);
}

/** How many words a command takes besides its options, where it is not one. */
const WORDS: Readonly<Record<string, number>> = { why: 2, weight: 2, rules: 0 };

/** Parses a button or a choice. Its value names something; it is never a command. */
export function parseClick({ actionId, value }: Pick<Click, 'actionId' | 'value'>): Understood {
  const [id = '', time = ''] = value.split(' ');
  if (id !== '') {
    if (actionId === 'approve' || actionId === 'deny') return { kind: 'answer', answer: actionId, decision: id };
    if (actionId === 'ack') return { kind: 'ack', about: id };
    if (actionId === 'trust') return { kind: 'trust', pool: id };
    if (actionId === 'why') return { kind: 'why', about: id };
    const forMs = parseDuration(time);
    if (actionId === 'silence' && forMs !== undefined && forMs <= MAX_SILENCE_MS) {
      return { kind: 'silence', about: id, labels: {}, for: time, reason: 'silenced from its message' };
    }
  }
  return { problem: 'This button is unknown: its message is of another version of Weir.' };
}

type Reader = (options: Options) => Understood;

function missing(command: string): Problem {
  return { problem: `Expected: ${COMMANDS[command]?.usage ?? command}` };
}

/** Reads a command about something that has to be named. */
function about(command: string, make: (name: string, options: Options) => ChatCommand): Reader {
  return (options) => {
    const [name] = options.rest;
    return name === undefined ? missing(command) : make(name, options);
  };
}

function limits({ for: time, reason }: Options) {
  return defined({ for: time, reason: reason || undefined });
}

function terms(options: Options) {
  return { ...limits(options), force: options.flags.has('force'), ask: options.flags.has('ask') };
}

function member(command: string, action: 'drain' | 'restore' | 'set_weight'): Reader {
  return about(command, (name, options) => {
    const weight = action === 'set_weight' ? (options.rest[1] ?? '') : undefined;
    return { kind: 'act', action, member: name, ...terms(options), ...defined({ weight }) };
  });
}

function answer(said: 'approve' | 'deny'): Reader {
  return about(said, (decision, { reason }) => {
    return { kind: 'answer', answer: said, decision, ...defined({ reason: reason || undefined }) };
  });
}

const silence: Reader = (options) => {
  const [first] = options.rest;
  if (first === 'list') return { kind: 'silences' };
  if (options.flags.has('end')) return first === undefined ? missing('silence') : { kind: 'unsilence', id: first };
  if (first === undefined && options.in === undefined) return missing('silence');
  const labels: [name: string, value: string][] = [];
  const named: string[] = [];
  let severity: string | undefined;
  for (const word of options.rest) {
    const [, name, value] = /^([^=:]+)=(.+)$/.exec(word) ?? [];
    const [, level] = /^severity[:=](.+)$/.exec(word) ?? [];
    if (level !== undefined) severity = level;
    else if (name !== undefined && value !== undefined) labels.push([name, value]);
    else named.push(word);
  }
  return {
    kind: 'silence',
    ...limits(options),
    // Own keys, also for `__proto__`.
    labels: Object.fromEntries(labels),
    ...defined({ about: named[0], also: named[1], severity, pool: options.in }),
  };
};

const READERS: Readonly<Record<string, Reader>> = {
  status: ({ rest: [pool] }) => ({ kind: 'status', ...defined({ pool }) }),
  why: about('why', (name, { rest: [, rule] }) => ({ kind: 'why', about: name, ...defined({ rule }) })),
  drain: member('drain', 'drain'),
  restore: member('restore', 'restore'),
  weight: member('weight', 'set_weight'),
  failover: about('failover', (pool, options) => {
    const { to, flags } = options;
    const ways = { soft: flags.has('soft'), hard: flags.has('hard') };
    return { kind: 'failover', pool, ...ways, ...terms(options), ...defined({ to }) };
  }),
  maintain: about('maintain', (node, options) => {
    return { kind: 'maintain', node, end: options.flags.has('end'), ...terms(options) };
  }),
  pause: (options) => ({ kind: 'pause', scope: options.rest[0] ?? 'all', ...limits(options) }),
  resume: ({ rest: [scope = 'all'] }) => ({ kind: 'resume', scope }),
  silence,
  ack: ({ rest: [incident] }) => ({ kind: 'ack', ...defined({ about: incident }) }),
  trust: about('trust', (pool) => ({ kind: 'trust', pool })),
  approve: answer('approve'),
  deny: answer('deny'),
  rules: () => ({ kind: 'rules' }),
  clients: about('clients', (pool) => ({ kind: 'clients', pool })),
  help: ({ rest: [command] }) => ({ kind: 'help', ...defined({ command }) }),
};
