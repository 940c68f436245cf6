/** Incidents for an Alertmanager (POST /api/v2/alerts), so that a shop with its own paging keeps it. */

import type { Incident } from '../../model/people/incident.ts';
import type { ThreadView } from '../../model/people/thread.ts';
import type { Notifier } from './notifier.ts';
import { postJson } from './post.ts';

/** A firing alert is repeated so often, in ms (incidents/timers.ts), and ends by itself after three of these. */
const REFRESH_MS = 120_000;
const GONE_AFTER_MS = 3 * REFRESH_MS;

/** As Alertmanager's API has it (openapi.yaml, postableAlert). */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

export function createAlertmanagerNotifier({ url }: { readonly url: string }, timeoutMs?: number): Notifier {
  return {
    async show(view, { now, save }) {
      const { thread } = view;
      const alerts = alertsOf(view, now);
      // Alerts are sent also where nothing has changed: an Alertmanager forgets what it is not told again.
      if (alerts.length > 0) {
        const target = `${url.replace(/\/+$/, '')}/api/v2/alerts`;
        await postJson(alerts, { channel: 'alertmanager', url: target, ...(timeoutMs !== undefined && { timeoutMs }) });
      }
      await save({ revision: thread.revision, seq: thread.lastSeq });
    },
  };
}

/** `at` is broker time in ms. Requests and notices are not for an Alertmanager. Pure. */
export function alertsOf({ thread, incidents }: ThreadView, at: number): PostableAlert[] {
  return thread.kind === 'incident' ? incidents.map((incident) => alertOf(incident, at)) : [];
}

function alertOf(incident: Incident, at: number): PostableAlert {
  const { rule, pool, target, severity, title, runbook, openedAt } = incident;
  return {
    labels: { ...labelsOf(incident.labels), alertname: rule, pool, target, severity },
    annotations: {
      summary: title,
      ...(runbook !== undefined && { runbook_url: runbook }),
      description: `${incident.id}, ${incident.place}`,
      // Weir knows its own alerts by this: a rule over alerts would keep itself firing by them.
      // them.
      weir_incident: incident.id,
    },
    startsAt: new Date(openedAt).toISOString(),
    endsAt: new Date(endOf(incident, at)).toISOString(),
  };
}

/** A symptom whose cause fires and an incident that somebody has silenced are ended there: it would page for them. */
function endOf({ openedAt, resolvedAt, mutedBy, silencedBy }: Incident, at: number): number {
  if (resolvedAt !== undefined) return Math.max(openedAt + 1, resolvedAt);
  return mutedBy !== undefined || silencedBy !== undefined ? Math.max(openedAt + 1, at) : at + GONE_AFTER_MS;
}

/** Makes names that Prometheus allows. A label with an empty value is left out. */
function labelsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(labels).map(([name, value]) => {
    const clean = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
    return [/^[0-9]/.test(clean) ? `_${clean}` : clean, value] as const;
  });
  return Object.fromEntries(named.filter(([name, value]) => name !== '' && value !== ''));
}
