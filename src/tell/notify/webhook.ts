/** Posts a thread to programs: all of it, as it stands, at every change (docs/telling.md has the form). */

import type { Destination } from '../../model/configuration/route.ts';
import type { ThreadItem, ThreadView } from '../../model/people/thread.ts';
import { deliveryOf, incidentState } from '../wording/thread-words.ts';
import type { Notifier } from './notifier.ts';
import { postJson } from './post.ts';

type WebhookPlace = Extract<Destination, { kind: 'webhook' }>;

export function createWebhookNotifier({ url, secret }: WebhookPlace, timeoutMs?: number): Notifier {
  return {
    async show(view, { shown, now, save }) {
      const { thread } = view;
      if (shown !== undefined && shown.revision >= thread.revision && shown.seq >= thread.lastSeq) return;
      await postJson(webhookBody(view, shown?.seq ?? 0, now), {
        ...{ channel: 'webhook', url, headers: { 'X-Weir-Delivery': `${deliveryOf(thread)}.${thread.revision}` } },
        ...(secret !== undefined && { secret }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      });
      await save({ revision: thread.revision, seq: thread.lastSeq });
    },
  };
}

/** `since` is the last item that the receiver has; `at` is broker time in ms. Pure. */
function webhookBody({ thread, incidents }: ThreadView, since: number, at: number) {
  return {
    version: 1,
    at: iso(at),
    thread: thread.id,
    revision: thread.revision,
    pool: thread.pool,
    kind: thread.kind,
    state: thread.state,
    severity: thread.severity,
    title: thread.title,
    openedAt: iso(thread.openedAt),
    closedAt: thread.closedAt === undefined ? null : iso(thread.closedAt),
    acked: thread.acked === undefined ? null : { by: thread.acked.by, at: iso(thread.acked.at) },
    incidents: incidents.map((incident) => ({
      id: incident.id,
      rule: incident.rule,
      target: incident.target,
      severity: incident.severity,
      labels: incident.labels,
      title: incident.title,
      state: incidentState(incident),
      startsAt: iso(incident.openedAt),
      endsAt: incident.resolvedAt === undefined ? null : iso(incident.resolvedAt),
      values: incident.values,
      runbook: incident.runbook ?? null,
    })),
    /** Items that are new since the delivery before. */
    items: thread.items.filter(({ seq }) => seq > since).map(itemOf),
  };
}

function itemOf({ seq, at, kind, severity, title, lines, from }: ThreadItem) {
  return { seq, at: iso(at), kind, severity, title, lines, from };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
