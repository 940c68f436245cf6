/** The form of a rule file. load-rule.ts checks expressions, load.ts what rules say of each other. */

import { z } from 'zod';
import { keys, oneOf } from '../../lib/yaml/issue.ts';
import { budget, durationMs } from '../../lib/yaml/values.ts';
import { MODES } from '../../model/configuration/mode.ts';
import { ACTION_KINDS, MAX_WEIGHT } from '../../model/decisions/action.ts';
import { MEASURES } from '../../model/decisions/rule.ts';
import type { TargetKind } from '../../model/readings/signals.ts';
import { SEVERITIES } from '../../model/severity.ts';

const TARGET_KINDS = ['pool', 'member', 'director', 'consumer'] as const satisfies readonly TargetKind[];

function expression() {
  const error = 'expected an expression in quotes, such as "!member.writable"';
  return z.string({ error }).min(1, { error });
}

/** Rule names become parts of ids of decisions and jobs, in which `.` and `:` separate. */
const RULE_NAME = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;

export function ruleName() {
  return z.string().regex(RULE_NAME, { error: 'expected small letters, digits and "-", not at the ends' });
}

const SHARE = 'expected a share above 0 and at most 1, such as 0.5';

function count() {
  const error = 'expected a whole number of 1 or more';
  return z.int({ error }).min(1, { error });
}

const WEIGHT = `expected a whole number from 0 to ${MAX_WEIGHT}`;

const action = oneOf(ACTION_KINDS);

const step = keys({
  action: action.describe('What is done.'),
  weight: z
    .int({ error: WEIGHT })
    .min(0, { error: WEIGHT })
    .max(MAX_WEIGHT, { error: WEIGHT })
    .optional()
    .describe('For set_weight: the weight on every director.'),
  lease: durationMs()
    .optional()
    .describe(
      'How long the action holds unless it is renewed. Default 30m. For failover: how long the VIP is kept away.',
    ),
  verify: keys({
    expect: expression().describe('Holds in a fresh sweep when the action has worked.'),
    within: durationMs().prefault('5s').describe('How long that may take.'),
    otherwise: oneOf(['revert', 'keep']).default('revert').describe('What happens to the lease if it does not.'),
  }).optional(),
});

const rule = keys({
  name: ruleName().describe('Unique over all rule files.'),
  for_each: oneOf(TARGET_KINDS).describe('What the rule is about: it is evaluated once per target.'),
  when: expression().describe('A condition in CEL over signals ("weir rules signals" lists them).'),
  clear_when: expression().optional().describe('While firing: what must hold to resolve. Default: not `when`.'),
  for: durationMs().prefault('0s').describe('How long `when` must hold before the rule fires.'),
  keep_firing_for: durationMs().prefault('0s').describe('How long it must have cleared before it resolves.'),
  when_unknown: durationMs().optional().describe('Tell people when the value has been unknown for so long.'),
  severity: oneOf(SEVERITIES).default('warn').describe('page wakes somebody up.'),
  mode: oneOf(MODES)
    .optional()
    .describe('How far the rule may go by itself. Default: shadow, it only says what it would do.'),
  signals: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, { error: 'expected small letters, digits and "_"' }),
      keys({
        of: z.string().min(1).describe('The number that is measured, such as member.memory_bytes.'),
        measure: oneOf(MEASURES).describe('slope and rate are per second.'),
        over: durationMs().describe('10s to 1d.'),
      }),
    )
    .default({})
    .describe('More signals: <kind>.<name> is the measure of a number over a time.'),
  labels: z.record(z.string(), z.string()).default({}).describe('For routing and search.'),
  brakes: z
    .array(oneOf(ACTION_KINDS))
    .default([])
    .describe('While it fires, actions of these kinds are refused in this pool.'),
  mutes: z.array(ruleName()).default([]).describe('While it fires, these rules are not told.'),
  evidence: keys({
    observers: count().describe('How many must see it.'),
  }).optional(),
  limits: keys({
    targets: count().optional().describe('Firing for more targets than this, the rule acts on none of them.'),
    budget: budget().optional().describe('At most so many actions of this rule in a pool, like "1/1d".'),
    min_seconds_to_full: durationMs()
      .optional()
      .describe('No remaining member may be full sooner than this afterwards.'),
    keeps_share: z
      .number({ error: SHARE })
      .gt(0, { error: SHARE })
      .max(1, { error: SHARE })
      .optional()
      .describe('Of its present time to full every remaining member keeps at least this share, like 0.5.'),
    approvals: count().optional().describe('In mode approve: how many persons must say yes.'),
  })
    .refine((limits) => Object.keys(limits).length > 0, { error: 'expected a limit' })
    .optional()
    .describe('Stricter than the policy of weir.yaml; the stricter of both counts.'),
  loosen: keys({
    budget: budget().optional().describe('Instead of policy.budgets.rule.'),
    min_seconds_to_full: durationMs()
      .optional()
      .describe("Instead of policy.min_seconds_to_full, for this rule's actions."),
  })
    .optional()
    .describe('Less strict than the policy of weir.yaml, and said so.'),
  do: z.array(step).min(1).optional().describe('A ladder: the next step only when the one before did not verify.'),
  tell: keys({
    title: z.string().min(1).describe('One line for people; {{ signal | duration, bytes, percent or number }}.'),
  }).optional(),
});

export const ruleFileSchema = keys({
  version: z.literal(1, { error: 'expected 1' }),
  owner: z.string().min(1).optional().describe('Who answers for these rules.'),
  runbook: z.string().min(1).optional().describe('Where people read on.'),
  rules: z.array(rule).min(1),
});

export type WrittenRuleFile = z.output<typeof ruleFileSchema>;
export type WrittenRule = z.output<typeof rule>;

/** The JSON schema for editors, which rules/rule-file.schema.json holds; `vitest -u test/rules/files/schema.test.ts` writes it. */
export function ruleFileJsonSchema(): object {
  return { title: 'Weir rule file', ...z.toJSONSchema(ruleFileSchema, { io: 'input' }) };
}
