/** What shows threads in a place and keeps them true: Slack, mail, webhooks, an Alertmanager. */

import type { ThreadView } from '../../model/people/thread.ts';

/** What a place has of a thread already. */
export interface Delivered {
  readonly revision: number;
  /** The last item that was told. */
  readonly seq: number;
  /** How the place knows it. */
  readonly ref?: Readonly<Record<string, string>>;
}

export interface NotifyOptions {
  /** Absent: the place has nothing of it. */
  readonly shown: Delivered | undefined;
  /** Broker time in ms. */
  readonly now: number;
  /** Notes what is shown, after every step. */
  save(shown: Delivered): Promise<void>;
}

export interface Notifier {
  /** Brings the place in line with the thread. Does nothing where it is. @throws TellError */
  show(view: ThreadView, options: NotifyOptions): Promise<void>;
  close?(): void;
}
