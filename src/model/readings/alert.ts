/** Alerts of others: what a Prometheus or Grafana has found, told by its Alertmanager. */

export interface ExternalAlert {
  /** Alertmanager's name for one set of labels. */
  readonly fingerprint: string;
  /** The label `alertname`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firing: boolean;
  /** In ms; absent where it cannot be read. */
  readonly startsAt?: number;
}

/** A fuse: more firing alerts of one pool than these are no signal any more. */
export const MAX_FIRING = 1_000;

/** At most so many, one of each name before the second of any: rules look for names. Of each name the first ones. */
export function atMost<Alert extends { readonly name: string }>(alerts: readonly Alert[], max: number): Alert[] {
  if (alerts.length <= max) return [...alerts];
  const names = new Set<string>();
  const firsts = new Set<Alert>();
  for (const alert of alerts) {
    if (!names.has(alert.name)) firsts.add(alert);
    names.add(alert.name);
  }
  return [...firsts, ...alerts.filter((alert) => !firsts.has(alert))].slice(0, max);
}
