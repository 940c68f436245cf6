/** `tell` of weir.yaml as the program sees it. */

import { defined } from '../lib/defined.ts';
import type { TellConfig, TellPlan } from '../model/configuration/config.ts';
import type { Destination, Route } from '../model/configuration/route.ts';
import type { WrittenDestinations, WrittenRoute, WrittenTell } from './tell-schema.ts';

export function toTell(tell: WrittenTell, names: readonly string[]): TellConfig {
  const { slack, mail, heartbeat } = tell;
  return {
    ...(slack !== undefined && {
      slack: {
        token: slack.token,
        channel: slack.channel,
        ...defined({ signingSecret: slack.signing_secret, appToken: slack.app_token, apiUrl: slack.api_url }),
        ...defined({ team: slack.team, app: slack.app, channels: slack.channels }),
      },
    }),
    ...defined({ mail, heartbeat }),
    plan: { ...toPlan(tell), names },
  };
}

function toPlan({ slack, mail, routes, quiet, group, limit, digest }: WrittenTell): TellPlan {
  // Without routes, all channels get everything.
  const all = toPlaces({ slack: slack && [slack.channel], mail: mail?.to });
  return {
    routes: routes?.map(toRoute) ?? [{ match: {}, to: all, escalate: [], goesOn: false }],
    ...(quiet !== undefined && { quiet: { ...quiet.hours, timeZone: quiet.timezone, lets: quiet.lets } }),
    group: { waitMs: group.wait, intervalMs: group.interval, repeatMs: group.repeat },
    limit,
    ...(digest !== undefined && {
      digest: { schedule: digest.schedule, timeZone: digest.timezone, to: toPlaces(digest) },
    }),
  };
}

function toRoute({ match, escalate, continue: goesOn, ...to }: WrittenRoute): Route {
  const { severity, pool, rule, kind, labels, hours, timezone } = match;
  return {
    match: {
      ...defined({ severities: severity, pools: pool, rules: rule, kinds: kind, labels }),
      ...(hours !== undefined && { hours: { ...hours, timeZone: timezone } }),
    },
    to: toPlaces(to),
    escalate: escalate
      .map(({ after, unless: _, ...where }) => ({ afterMs: after, to: toPlaces(where) }))
      .sort((x, y) => x.afterMs - y.afterMs),
    goesOn,
  };
}

/** One destination per Slack channel. All mail addresses are one destination, so that readers see who else has it. */
function toPlaces({ slack = [], mail = [], webhook, alertmanager }: WrittenDestinations): Destination[] {
  return [
    ...slack.map((channel): Destination => ({ kind: 'slack', channel })),
    ...(mail.length > 0 ? [{ kind: 'mail' as const, to: mail }] : []),
    ...(webhook === undefined
      ? []
      : [{ kind: 'webhook' as const, url: webhook.url, ...(webhook.secret && { secret: webhook.secret }) }]),
    ...(alertmanager === undefined ? [] : [{ kind: 'alertmanager' as const, url: alertmanager }]),
  ];
}
