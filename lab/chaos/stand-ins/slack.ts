/** What people read in Slack while faults come: each message that the stand-in got, with its time. */

import { answerWith, type Fields, type SlackMessage, startSlackStandIn } from '../../slack/stand-in.ts';

export interface ToldInSlack {
  readonly url: string;
  /** What people were told, oldest first. */
  readonly told: readonly { readonly at: number; readonly text: string }[];
  /** What stands in a channel, oldest first. */
  messages(channel: string): readonly SlackMessage[];
  /** It is out of order, and takes nothing, or is well again. */
  refuse(refuses: boolean): void;
  stop(): Promise<void>;
}

export async function startSlack(onTold: (text: string) => void): Promise<ToldInSlack> {
  const told: { at: number; text: string }[] = [];
  const states = new Map<string, string>();
  /** Left out where only figures have changed. */
  const isNewState = (method: string, { ts, text }: Fields) => {
    if (method !== 'chat.update') return false;
    const state = String(text).split(':')[0] ?? '';
    // It was posted as it fired.
    const before = states.get(String(ts)) ?? 'FIRING';
    states.set(String(ts), state);
    return !state.includes(before.replace(/^\S+ /, ''));
  };
  const slack = await startSlackStandIn({ burst: Number.POSITIVE_INFINITY });
  let refuses = false;
  const refusal = answerWith(503, { ok: false, error: 'service_unavailable' });
  slack.answer = (call, response) => {
    const { method, fields } = call;
    if (refuses) return refusal(call, response);
    // Faults follow one another, and to Weir the member flaps: its message is only updated.
    const texts = method === 'chat.postMessage' || isNewState(method, fields) ? textsOf(fields) : [];
    for (const text of texts) {
      told.push({ at: Date.now(), text });
      onTold(text);
    }
    return undefined;
  };
  return {
    ...{ url: slack.apiUrl, told, stop: () => slack.stop() },
    messages: (channel) => slack.channels.get(channel) ?? [],
    refuse(now) {
      refuses = now;
    },
  };
}

/** The words of a message: its text, and for a reply the head of each thing that it tells. */
export function textsOf({ text = '', thread_ts: threadTs, blocks = [] }: Fields): string[] {
  if (threadTs === undefined) return [String(text)];
  return (blocks as { text?: { text: string } }[]).map(
    (block) => (block.text?.text ?? '').split('\n')[0]?.replaceAll('*', '') ?? '',
  );
}
