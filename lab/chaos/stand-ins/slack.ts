/** What people read in Slack while faults come: each message that the stand-in got, with its time. */

import { type Fields, startSlackStandIn } from '../../slack/stand-in.ts';

export interface ToldInSlack {
  readonly url: string;
  /** What people were told, oldest first. */
  readonly told: readonly { readonly at: number; readonly text: string }[];
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
  slack.answer = ({ method, fields }) => {
    // Faults follow one another, and to Weir the member flaps: its message is only kept true.
    const texts = method === 'chat.postMessage' || isNewState(method, fields) ? textsOf(fields) : [];
    for (const text of texts) {
      told.push({ at: Date.now(), text });
      onTold(text);
    }
    return undefined;
  };
  return { url: slack.apiUrl, told, stop: () => slack.stop() };
}

/** The words of a message: its text, and for a reply the head of each thing that it tells. */
function textsOf({ text = '', thread_ts: threadTs, blocks = [] }: Fields): string[] {
  if (threadTs === undefined) return [String(text)];
  return (blocks as { text?: { text: string } }[]).map(
    (block) => (block.text?.text ?? '').split('\n')[0]?.replaceAll('*', '') ?? '',
  );
}
