/** `policy` of weir.yaml as it is written: what Weir may do, how much of it, and who may ask for it. */

import { z } from 'zod';
import { keys, oneOf } from '../lib/yaml/issue.ts';
import { budget, durationMs } from '../lib/yaml/values.ts';
import { MODES } from '../model/configuration/mode.ts';
import { name, slackId, text, wholeNumber } from './values.ts';

const budgets = keys({
  target: budget().prefault('3/1h').describe('on one member, node or consumer'),
  rule: budget().prefault('6/1h').describe('by one rule'),
  kind: budget().prefault('6/1h').describe('of one kind of action'),
  pool: budget().prefault('10/1h').describe('in one pool'),
});

const breaker = keys({
  unverified: wholeNumber(1, 100)
    .default(2)
    .describe('so many actions in a row without an effect that anybody saw open it'),
  rearm: durationMs().prefault('1h').describe('when it closes by itself'),
});

const approval = keys({
  quorum: wholeNumber(1, 10).default(1).describe('so many persons must say yes'),
  within: durationMs().prefault('15m').describe('no answer until then is a no'),
});

/** A time without actions. That the schedule is one is checked in checks.ts. */
const maintenance = keys({
  schedule: text().describe('when it begins, a cron expression such as "0 2 * * sun"'),
  timezone: text().default('UTC').describe('of the schedule'),
  for: durationMs().describe('how long it lasts, 24h at most'),
  pool: name().optional().describe('only this pool'),
  member: name().optional().describe('only this member'),
  reason: text().default('maintenance by weir.yaml').describe('people read it'),
});

const raise = keys({
  steps: z
    .array(wholeNumber(1, 100))
    .min(1)
    .max(10)
    .default([10, 25, 50, 100])
    .describe('per cent of its weight that a member is given back, one after the other'),
  every: durationMs().prefault('10s').describe('between two steps, the member writable all the time'),
});

const people = () => z.array(text()).default([]);

const roles = keys({
  viewer: people().describe('may look, from Slack; left out: everybody of `tell.slack.team`'),
  operator: people().describe('may ask for actions, from Slack'),
  approver: people().describe('may approve and deny; left out: whoever reaches the broker from a terminal'),
});

export const policySchema = keys({
  mode: oneOf(MODES as unknown as readonly ['off', 'shadow', 'approve', 'auto'])
    .default('shadow')
    .describe("at most this; a rule's own mode may be lower"),
  settle: durationMs().prefault('90s').describe('no action of a rule for so long after a start'),
  min_seconds_to_full: durationMs().prefault('30m').describe('no remaining member may be full before'),
  budgets: budgets.prefault({}).describe('how much rules may do'),
  block: durationMs().prefault('5m').describe('after an action no rule acts on another member for so long'),
  breaker: breaker.prefault({}).describe('stops rules whose actions have no effect'),
  approval: approval.prefault({}).describe('of decisions in mode `approve`'),
  maintenance: z.array(maintenance).default([]).describe('times at which Weir does not act'),
  raise: raise.prefault({}).describe('how weight is given back'),
  longest: durationMs().prefault('7d').describe('what a person may hold at most; 30d at most'),
  roles: roles.prefault({}).describe('who may do what: Slack users (`U…`), user groups (`S…`), names of a terminal'),
  people: z
    .record(slackId('UW'), text())
    .optional()
    .describe('the name on a terminal of who has this Slack id: nobody approves their own request the other way'),
});
