/** Notifiers show threads in a destination and keep them true: Slack, mail, webhooks, an Alertmanager, a console. */

import type { Message } from '../../model/people/message.ts';
import type { Delivery, ThreadView } from '../../model/people/thread.ts';
import type { DigestData } from '../digest/digest.ts';
import { threadOfMessage } from '../incidents/threads.ts';

export interface NotifyOptions {
  /** Absent: the destination has nothing of it. */
  readonly shown: Delivery | undefined;
  /** Broker time in ms. */
  readonly now: number;
  /** Notes what is shown, after every step. */
  save(shown: Delivery): Promise<void>;
}

export interface Notifier {
  /** Brings the destination in line with the thread. Does nothing where it already is. @throws TellError, Later */
  show(view: ThreadView, options: NotifyOptions): Promise<void>;
  /** Tells the digest; absent where this kind of destination tells none. @throws TellError, Later */
  digest?(data: DigestData): Promise<void>;
}

/**
 * Shows a message by itself, in a thread of its own that nobody remembers. A message that is told again is shown twice.
 * @throws TellError, Later
 */
export async function showMessage(notifier: Notifier, message: Message): Promise<void> {
  const view: ThreadView = { thread: threadOfMessage(message), incidents: [], mutes: [] };
  await notifier.show(view, { shown: undefined, now: message.at, save: async () => undefined });
}
