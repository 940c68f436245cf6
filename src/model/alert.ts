/** Alerts of others: what a Prometheus has found, told by its Alertmanager. */

export interface ExternalAlert {
  /** Alertmanager's name for one set of labels. */
  readonly fingerprint: string;
  /** The label `alertname`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firing: boolean;
  /** In ms. */
  readonly startsAt: number;
}
