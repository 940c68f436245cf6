/**
 * Brings a thread in a Slack channel in line with how it stands: the message is posted, or updated, its chart is put
 * below it once, and what is new is said in one reply. Each step is one call and is noted at once, so a try that fails
 * half-way goes on where it stopped.
 */

import type { Delivery, ThreadView } from '../../../model/people/thread.ts';
import type { DigestData } from '../../digest/digest.ts';
import type { Notifier } from '../notifier.ts';
import { type SlackClient, slackWord } from './client.ts';
import { slackReply, slackThread } from './thread-message.ts';

/** The course of the pool as a picture, and in words what it shows. */
export interface Picture {
  readonly png: Uint8Array;
  readonly text: string;
}

export interface SlackNotifierOptions {
  readonly client: SlackClient;
  readonly channel: string;
  /** Draws the picture when an incident opens; undefined where there is nothing to draw. */
  picture(view: ThreadView): Promise<Picture | undefined>;
  /** Waits for its turn: one message a second, and no more than people can take. @throws Later */
  slot(what: 'thread' | 'reply' | 'update'): Promise<void>;
  /** The picture could not be sent. The message is told without it. */
  onError(error: unknown, doing: string): void;
}

/** Without these Slack would turn names in plain text into mentions and links. */
const AS_WRITTEN = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false } as const;

/** A thread gets a chart when something fires in it that is worth a look. */
function wantsPicture({ thread }: ThreadView): boolean {
  return thread.kind === 'incident' && thread.severity !== 'info' && thread.state !== 'resolved';
}

/** An update makes no mention and no preview either. */
const QUIET = { parse: 'none', link_names: false } as const;

/** @throws TellError from `show`. */
export function createSlackNotifier(options: SlackNotifierOptions): Notifier {
  return {
    async show(view, { shown, now, save }) {
      let at = shown;
      const { thread } = view;
      if (at?.ref?.ts !== undefined && at.revision < thread.revision) {
        try {
          at = await update(options, view, at, now);
        } catch (error) {
          // Somebody has deleted the message. A new one is better than none.
          if (slackWord(error) !== 'message_not_found') throw error;
          at = { revision: 0, seq: 0 };
        }
        await save(at);
      }
      if (at?.ref?.ts === undefined) {
        at = await post(options, view, now);
        await save(at);
      }
      if (at.ref?.draw !== undefined) {
        at = await draw(options, view, at);
        await save(at);
      }
      if (at.seq < thread.lastSeq) await save(await reply(options, view, at, now));
    },
    async digest(data: DigestData) {
      const { client, channel, slot } = options;
      await slot('thread');
      const { digestSlack } = await import('../../digest/slack.ts');
      await client.call(channel, (web) => web.chat.postMessage({ channel, ...digestSlack(data), ...AS_WRITTEN }));
    },
  };
}

async function post(options: SlackNotifierOptions, view: ThreadView, now: number): Promise<Delivery> {
  const { client, channel, slot } = options;
  await slot('thread');
  const { thread } = view;
  const posted = await client.call(channel, (web) =>
    web.chat.postMessage({
      channel,
      ...slackThread(view, now),
      ...AS_WRITTEN,
      metadata: { event_type: 'weir_thread', event_payload: { id: thread.id } },
    }),
  );
  const ref = { channel: posted.channel ?? channel, ts: posted.ts ?? '', ...(wantsPicture(view) && { draw: '1' }) };
  return { revision: thread.revision, seq: toldByRoot(view), ref };
}

async function update(options: SlackNotifierOptions, view: ThreadView, shown: Delivery, now: number) {
  const { client, channel, slot } = options;
  await slot('update');
  const { channel: id = '', ts = '' } = shown.ref ?? {};
  await client.call(channel, (web) => web.chat.update({ channel: id, ts, ...slackThread(view, now), ...QUIET }));
  return { ...shown, revision: view.thread.revision };
}

/** The words are told whether or not this fails, so the picture is not tried again. */
async function draw(options: SlackNotifierOptions, view: ThreadView, shown: Delivery): Promise<Delivery> {
  const { draw: _, ...ref } = shown.ref ?? {};
  try {
    const picture = await options.picture(view);
    if (picture !== undefined) {
      const { channel: id = '', ts = '' } = ref;
      await options.client.call(options.channel, (web) =>
        web.filesUploadV2({
          channel_id: id,
          thread_ts: ts,
          file: Buffer.from(picture.png),
          filename: 'course.png',
          title: 'The last hour',
          alt_text: picture.text,
        }),
      );
    }
  } catch (error) {
    options.onError(error, 'a picture for Slack');
  }
  return { ...shown, ref };
}

async function reply(options: SlackNotifierOptions, view: ThreadView, shown: Delivery, now: number) {
  const { client, channel, slot } = options;
  const items = view.thread.items.filter(({ seq }) => seq > shown.seq);
  const { channel: id = '', ts = '' } = shown.ref ?? {};
  if (items.length > 0) {
    await slot('reply');
    const isForAll = (view.thread.loudSeq ?? 0) > shown.seq;
    const message = { channel: id, thread_ts: ts, ...slackReply(items, now), ...AS_WRITTEN };
    await client.call(channel, (web) =>
      web.chat.postMessage(isForAll ? { ...message, reply_broadcast: true } : message),
    );
  }
  return { ...shown, seq: view.thread.lastSeq };
}

/** Returns the last item that the message itself says, which need not be said again in a reply. */
function toldByRoot({ thread, incidents }: ThreadView): number {
  const [first] = thread.items;
  if (first === undefined) return 0;
  if (thread.kind !== 'incident') return first.seq;
  return incidents.length === 1 && first.kind === 'firing' && thread.items[1]?.kind !== 'firing'
    ? first.seq
    : first.seq - 1;
}
