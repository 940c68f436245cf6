/** The form of `tell` in weir.yaml: channels, and who is told what in them. */

import { z } from 'zod';
import { keys, oneOf } from '../lib/yaml/issue.ts';
import { budget, durationMs } from '../lib/yaml/values.ts';
import { SEVERITIES } from '../model/severity.ts';
import { hoursOfDay, httpUrl, name, secretHttpUrl, secretText, slackId, text } from './values.ts';

const address = z
  .string({ error: 'expected a mail address' })
  .regex(/^[^\s@<>,]+@[^\s@<>,]+$/, { error: 'expected a mail address' });

const severity = oneOf(SEVERITIES);

/** One value, or a list of values. */
function several<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
}

const CHANNEL = 'expected "#name" in quotes or the id of a channel';

const channelText = z.string({ error: CHANNEL }).regex(/^(#\S+|[A-Z0-9]{9,})$/, { error: CHANNEL });

/** Destinations of a route: any of these. */
const places = {
  slack: several(channelText).optional().describe('channels, by "#name" or id'),
  mail: several(address).optional().describe('addresses'),
  webhook: keys({
    url: httpUrl().describe('is sent a POST at every change'),
    secret: secretText().optional().describe('signs what is sent'),
  })
    .optional()
    .describe('a program of yours'),
  alertmanager: httpUrl().optional().describe('an Alertmanager that is sent alerts'),
};

const match = keys({
  severity: several(severity).optional().describe('any of these'),
  pool: several(name()).optional().describe('any of these'),
  rule: several(text()).optional().describe('any of these'),
  kind: several(oneOf(['incident', 'request', 'notice']))
    .optional()
    .describe('of a rule, of a person, of Weir itself'),
  labels: z.record(z.string(), text()).optional().describe('all of these, as the rule has them'),
  hours: hoursOfDay().optional().describe('only then; past midnight too'),
  timezone: text().default('UTC').describe('of `hours`'),
});

const escalation = keys({
  after: durationMs().describe('how long the incident has been open'),
  unless: oneOf(['acked']).default('acked').describe('what keeps it from being escalated'),
  ...places,
});

const route = keys({
  match: match.prefault({}).describe('what it is for; left out: everything'),
  ...places,
  escalate: z.array(escalation).default([]).describe('who is told when nobody acknowledges'),
  continue: z.boolean().default(false).describe('whether the routes after it are asked too'),
});

const slack = keys({
  token: secretText().describe('of the bot (`xoxb-…`)'),
  channel: text().describe('"#name" or id; where nothing says otherwise'),
  signing_secret: secretText().optional().describe('for commands and buttons that come over HTTP'),
  app_token: secretText().optional().describe('for Socket Mode (`xapp-…`), where Slack cannot reach Weir'),
  api_url: httpUrl().optional().describe("another address than Slack's"),
  team: slackId('T')
    .optional()
    .describe('the workspace (`T…`) that people must be of; without it nobody may look but who is named'),
  app: slackId('A').optional().describe('the app (`A…`) that they must speak through'),
  channels: z
    .array(slackId('CDG'))
    .min(1)
    .optional()
    .describe('the only channels (`C…`) in which commands and clicks are taken'),
});

const mail = keys({
  smtp: secretText().describe('smtp:// or smtps://user:password@host:port'),
  from: address.describe('who sends'),
  to: z.array(address).min(1).describe('who is told where nothing says otherwise'),
});

const quiet = keys({
  hours: hoursOfDay().describe('at these hours only what `lets` names is told; the rest when they are over'),
  timezone: text().default('UTC').describe('of `hours`'),
  lets: several(severity).prefault(['page']).describe('severities that are told all the same'),
});

const group = keys({
  wait: durationMs().prefault('5s').describe('before the first message'),
  interval: durationMs().prefault('1m').describe('between two changes of figures in a message'),
  repeat: durationMs().prefault('4h').describe('says again that it lasts'),
});

const digest = keys({
  schedule: text().describe('when, a cron expression such as "0 8 * * *"'),
  timezone: text().default('UTC').describe('of the schedule'),
  slack: places.slack,
  mail: places.mail,
});

export const tellSchema = keys({
  slack: slack.optional().describe('the app'),
  mail: mail.optional().describe('the server'),
  heartbeat: secretHttpUrl().optional().describe('asked for once a minute while Weir works; best as $NAME'),
  routes: z
    .array(route)
    .optional()
    .describe(
      'who is told what: the first that matches; left out: everything to `tell.slack.channel` and `tell.mail.to`',
    ),
  quiet: quiet.optional().describe('hours of sleep'),
  group: group.prefault({}).describe('how often people are told'),
  limit: budget().prefault('20/1m').describe('messages in one channel'),
  digest: digest.optional().describe('the report of the night'),
});

export type WrittenTell = z.output<typeof tellSchema>;
export type WrittenRoute = z.output<typeof route>;
export type WrittenDestinations = Partial<Pick<WrittenRoute, 'slack' | 'mail' | 'webhook' | 'alertmanager'>>;
