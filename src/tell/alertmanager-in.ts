/** What an Alertmanager sends to a webhook, checked: version 4 of its payload. Pure. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ExternalAlert } from '../model/alert.ts';
import { didYouMean } from '../nearest.ts';

const label = z.string().max(200);

const alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(label, label).refine((labels) => Object.keys(labels).length <= 40, 'expected 40 labels at most'),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.iso.datetime({ offset: true }),
  fingerprint: z.string().max(64).optional(),
});

const payload = z.object({ version: z.literal('4'), alerts: z.array(alert).max(500) });

export interface PoolAlerts {
  readonly pool: string;
  readonly alerts: readonly ExternalAlert[];
}

/** Of the pool that the label `pool` names, else of every pool. */
export function parseAlertmanager(
  json: unknown,
  pools: readonly string[],
): { readonly told: readonly PoolAlerts[] } | { readonly problem: string } {
  const parsed = payload.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the body';
    return {
      problem: `This is no message of an Alertmanager (version 4): ${where}: ${issue?.message ?? 'not known'}.`,
    };
  }
  const told = new Map<string, ExternalAlert[]>();
  // What Weir itself has told an Alertmanager is no news, and would hold up a rule over alerts for ever.
  for (const one of parsed.data.alerts.filter(({ annotations }) => annotations.weir_incident === undefined)) {
    const { pool } = one.labels;
    if (pool !== undefined && !pools.includes(pool)) {
      return { problem: `There is no pool ${pool}${didYouMean(pool, pools) || `; there are ${pools.join(', ')}.`}` };
    }
    for (const name of pool === undefined ? pools : [pool]) told.set(name, [...(told.get(name) ?? []), toAlert(one)]);
  }
  return { told: [...told].map(([pool, alerts]) => ({ pool, alerts })) };
}

function toAlert({ status, labels, startsAt, fingerprint }: z.output<typeof alert>): ExternalAlert {
  const sorted = JSON.stringify(Object.entries(labels).sort());
  return {
    fingerprint: fingerprint ?? createHash('sha256').update(sorted).digest('hex').slice(0, 16),
    name: (labels.alertname ?? 'unnamed').replaceAll(/\s+/g, '_'),
    labels,
    firing: status === 'firing',
    startsAt: Date.parse(startsAt),
  };
}
