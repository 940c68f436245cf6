/** `tell` of weir.yaml as the program sees it. */

import type { TellConfig, TellPlan } from '../model/config.ts';
import type { Place, Route } from '../model/route.ts';
import type { WrittenPlaces, WrittenRoute, WrittenTell } from './tell-schema.ts';

export function toTell(tell: WrittenTell): TellConfig {
  const { slack, mail } = tell;
  return {
    ...(slack !== undefined && {
      slack: {
        token: slack.token,
        channel: slack.channel,
        ...(slack.signing_secret !== undefined && { signingSecret: slack.signing_secret }),
        ...(slack.app_token !== undefined && { appToken: slack.app_token }),
        ...(slack.api_url !== undefined && { apiUrl: slack.api_url }),
      },
    }),
    ...(mail !== undefined && { mail }),
    plan: toPlan(tell),
  };
}

function toPlan({ slack, mail, routes, quiet, group, limit, digest }: WrittenTell): TellPlan {
  // Where nothing is said about routes, all channels get everything.
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
      ...(severity !== undefined && { severities: severity }),
      ...(pool !== undefined && { pools: pool }),
      ...(rule !== undefined && { rules: rule }),
      ...(kind !== undefined && { kinds: kind }),
      ...(labels !== undefined && { labels }),
      ...(hours !== undefined && { hours: { ...hours, timeZone: timezone } }),
    },
    to: toPlaces(to),
    escalate: escalate
      .map(({ after, unless: _, ...where }) => ({ afterMs: after, to: toPlaces(where) }))
      .sort((one, other) => one.afterMs - other.afterMs),
    goesOn,
  };
}

/** One place per Slack channel; mail is one place, so that its readers see who else has it. */
function toPlaces({ slack = [], mail = [], webhook, alertmanager }: WrittenPlaces): Place[] {
  return [
    ...slack.map((channel): Place => ({ kind: 'slack', channel })),
    ...(mail.length > 0 ? [{ kind: 'mail' as const, to: mail }] : []),
    ...(webhook === undefined
      ? []
      : [{ kind: 'webhook' as const, url: webhook.url, ...(webhook.secret && { secret: webhook.secret }) }]),
    ...(alertmanager === undefined ? [] : [{ kind: 'alertmanager' as const, url: alertmanager }]),
  ];
}
