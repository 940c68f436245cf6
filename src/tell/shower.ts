/** What shows threads in a place and keeps them true: Slack, mail, webhooks, an Alertmanager. */

import type { ThreadView } from '../model/incident.ts';

/** What a place has of a thread already. */
export interface Shown {
  readonly revision: number;
  /** The last item that was told. */
  readonly seq: number;
  /** How the place knows it. */
  readonly ref?: Readonly<Record<string, string>>;
}

export interface ShowOptions {
  /** Absent: the place has nothing of it. */
  readonly shown: Shown | undefined;
  /** Broker time in ms. */
  readonly now: number;
  /** Notes what is shown, after every step. */
  save(shown: Shown): Promise<void>;
}

export interface Shower {
  /** Brings the place in line with the thread. Does nothing where it is. @throws TellError */
  show(view: ThreadView, options: ShowOptions): Promise<void>;
  close?(): void;
}
