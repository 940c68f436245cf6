/** `tell` of weir.yaml as it is written: channels, and who is told what in them. */

import { z } from 'zod';
import { keys, oneOf } from '../yaml-issue.ts';
import { budget, durationMs, hoursOfDay, httpUrl, name, secretText, text } from './values.ts';

const address = z
  .string({ error: 'expected a mail address' })
  .regex(/^[^\s@<>,]+@[^\s@<>,]+$/, { error: 'expected a mail address' });

const severity = oneOf(['page', 'warn', 'info']);

/** One or a list of them. */
function several<T extends z.ZodType>(one: T) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(one).min(1));
}

const CHANNEL = 'expected "#name" in quotes or the id of a channel';

const channelText = z.string({ error: CHANNEL }).regex(/^(#\S+|[A-Z0-9]{9,})$/, { error: CHANNEL });

/** Where to: any of these. */
const places = {
  slack: several(channelText).optional(),
  mail: several(address).optional(),
  webhook: keys({ url: httpUrl(), secret: secretText().optional() }).optional(),
  alertmanager: httpUrl().optional(),
};

const match = keys({
  severity: several(severity).optional(),
  pool: several(name()).optional(),
  rule: several(text()).optional(),
  kind: several(oneOf(['incident', 'request', 'notice'])).optional(),
  labels: z.record(z.string(), text()).optional(),
  hours: hoursOfDay().optional(),
  timezone: text().default('UTC'),
});

const escalation = keys({ after: durationMs(), unless: oneOf(['acked']).default('acked'), ...places });

const route = keys({
  match: match.prefault({}),
  ...places,
  escalate: z.array(escalation).default([]),
  continue: z.boolean().default(false),
});

export const tellSchema = keys({
  slack: keys({
    token: secretText(),
    channel: text(),
    signing_secret: secretText().optional(),
    app_token: secretText().optional(),
    api_url: httpUrl().optional(),
  }).optional(),
  mail: keys({ smtp: secretText(), from: address, to: z.array(address).min(1) }).optional(),
  heartbeat: httpUrl().optional(),
  routes: z.array(route).optional(),
  quiet: keys({
    hours: hoursOfDay(),
    timezone: text().default('UTC'),
    lets: several(severity).prefault(['page']),
  }).optional(),
  group: keys({
    wait: durationMs().prefault('5s'),
    interval: durationMs().prefault('1m'),
    repeat: durationMs().prefault('4h'),
  }).prefault({}),
  limit: budget().prefault('20/1m'),
  digest: keys({
    schedule: text(),
    timezone: text().default('UTC'),
    slack: places.slack,
    mail: places.mail,
  }).optional(),
});

export type WrittenTell = z.output<typeof tellSchema>;
export type WrittenRoute = z.output<typeof route>;
export type WrittenPlaces = Partial<Pick<WrittenRoute, 'slack' | 'mail' | 'webhook' | 'alertmanager'>>;
