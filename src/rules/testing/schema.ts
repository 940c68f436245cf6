/** The form of a test file (`*.test.yaml`). load.ts reads what its names mean. */

import { z } from 'zod';
import { keys, oneOf } from '../../lib/yaml/issue.ts';
import { durationMs } from '../../lib/yaml/values.ts';
import { MODES } from '../../model/configuration/mode.ts';
import { ACTION_KINDS, MAX_WEIGHT } from '../../model/decisions/action.ts';
import type { Verdict } from '../../model/decisions/verdict.ts';
import { parseScope } from '../../model/people/hold.ts';
import { ruleName } from '../files/schema.ts';

const VERDICTS = ['act', 'refuse', 'ask', 'shadow'] as const satisfies readonly Verdict[];
const STATES = [
  'open',
  'verified',
  'unverified',
  'failed',
  'expired',
  'closed',
  'waiting',
  'approved',
  'denied',
  'void',
] as const;
const NODE_ANSWERS = ['applies', 'refuses', 'silent'] as const;

const names = z.array(z.string().min(1));

const decision = keys({
  rule: ruleName().optional().describe('The rule that wants it; left out for what a person asked.'),
  target: z.string().min(1),
  action: oneOf(ACTION_KINDS),
  verdict: oneOf(VERDICTS),
  rail: z.string().min(1).optional().describe('For refuse: the rail that said no.'),
  state: oneOf(STATES).optional().describe('What has become of it by the end of the case.'),
});

const expectation = keys({
  at: durationMs().describe('When it is looked at, from the beginning of the case.'),
  firing: z.record(ruleName(), names).optional().describe('A rule and all targets that it fires for then.'),
  pending: z.record(ruleName(), names).optional().describe('The same of what `for` has not passed for.'),
  muted: z.record(ruleName(), names).optional().describe('The same of what fires and is not told.'),
  decisions: z.array(decision).optional().describe('All decisions since the time before, in their order.'),
  told: z.array(z.string().min(1)).optional().describe('A part of the title of each message since the time before.'),
});

const request = keys({
  at: durationMs(),
  action: oneOf(ACTION_KINDS),
  target: z.string().min(1),
  weight: z.int().min(0).max(MAX_WEIGHT).optional(),
  lease: durationMs().optional(),
  force: z.boolean().default(false),
});

const SCOPE = 'expected pool, member:<name>, rule:<name> or action:<kind>';

const said = keys({
  at: durationMs(),
  pause: z
    .string()
    .refine((text) => parseScope(text) !== undefined, { error: SCOPE })
    .optional()
    .describe('Hold this: pool, member:b, rule:x, action:drain.'),
  for: durationMs().prefault('1h').describe('How long it is held.'),
  resume: z
    .string()
    .refine((text) => parseScope(text) !== undefined, { error: SCOPE })
    .optional(),
  trust: z.literal(true).optional().describe('Somebody trusts the rules again: block and breaker are over.'),
  ack: z.literal(true).optional().describe('The word for `trust` in the version before.'),
  approve: z.string().min(1).optional().describe('Yes to what waits for this target.'),
  deny: z.string().min(1).optional().describe('No to what waits for this target.'),
  by: z.string().min(1).default('ann@test'),
});

const testCase = keys({
  name: z.string().min(1).describe('What happens, as a sentence.'),
  members: z
    .array(z.string().regex(/^[a-z0-9-]+$/))
    .min(1)
    .default(['a', 'b'])
    .describe('The first one is MASTER.'),
  consumers: names.default([]),
  mode: oneOf(MODES).default('auto'),
  min_serving: z.int().min(0).default(1),
  settle: durationMs().prefault('0s').describe('How long after the beginning the pool only watches.'),
  nodes: oneOf(NODE_ANSWERS).optional().describe('What the nodes answer to an action; left out: applies.'),
  hand: oneOf(NODE_ANSWERS).optional().describe('The word for `nodes` in the version before.'),
  series: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('`b.writable: truex2 falsex10`. What is not named is as in a healthy pool.'),
  requests: z.array(request).default([]).describe('What people ask for meanwhile.'),
  people: z.array(said).default([]).describe('What people say besides: holds, acknowledgements, answers.'),
  expect: z.array(expectation).min(1),
});

export const testFileSchema = keys({
  version: z.literal(1, { error: 'expected 1' }),
  interval: durationMs().prefault('1s').describe('Between two values of a series.'),
  cases: z.array(testCase).min(1),
});

export type WrittenCase = z.output<typeof testCase>;
export type WrittenExpectation = z.output<typeof expectation>;
export type WrittenDecision = z.output<typeof decision>;

/** The JSON schema for editors, which rules/rule-test.schema.json holds; `vitest -u test/rules/files/schema.test.ts` writes it. */
export function testFileJsonSchema(): object {
  return { title: 'Weir rule test', ...z.toJSONSchema(testFileSchema, { io: 'input' }) };
}
