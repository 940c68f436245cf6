/** Which role may write what: a key that was stolen from a node is worth no request, one of a terminal no reading. Pure. */

import type { SealRole } from '../../model/configuration/seal.ts';

/** What is sealed beside entries: a node's job, a desired lease, the rules in force. */
type SealedThing = 'job' | 'lease' | 'rules';

const WORDS = ['request', 'hold', 'resume', 'ack', 'silence', 'unsilence', 'answer'];

/** A worker says what people say in Slack and on its page. */
const KINDS: Readonly<Record<SealRole, ReadonlySet<string>>> = {
  node: new Set(['sweep', 'outcome']),
  worker: new Set([
    ...WORDS,
    'sweep',
    'tick',
    'alerts',
    'edition',
    ...(['job', 'lease', 'rules'] satisfies SealedThing[]),
  ]),
  terminal: new Set(WORDS),
};

/** Why the role must not write it, in a part of a sentence; undefined where it may. @param members of the pool, by name */
export function mayNot(
  role: SealRole,
  kind: string,
  value: Readonly<Record<string, unknown>>,
  members: ReadonlySet<string>,
): string | undefined {
  if (!KINDS[role].has(kind)) return `a ${role} writes no ${kind}`;
  const { observer, node, via } = value;
  if (kind === 'sweep' && members.has(String(observer)) !== (role === 'node')) {
    return role === 'node' ? `no node is called ${shown(observer)}` : `a worker looks in no node's name`;
  }
  if (kind === 'outcome' && !members.has(String(node))) return `no node is called ${shown(node)}`;
  if (kind === 'answer' && (via === 'slack' ? role !== 'worker' : via === 'terminal' && role !== 'terminal')) {
    return `a ${role} answers for nobody in ${shown(via)}`;
  }
  return undefined;
}

/** Whose key it must be, where nodes have one each. */
export function nameOf(value: Readonly<Record<string, unknown>>): string {
  const { observer, node } = value;
  return String(observer ?? node);
}

function shown(value: unknown): string {
  return String(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 100);
}
