/** A thread by mail: one mail for what is new, in reply to the first one. Changed figures alone make no mail. */

import { oneLine } from '../../../lib/text/plain-text.ts';
import type { DigestData } from '../../digest/digest.ts';
import { stateWord } from '../../wording/thread-words.ts';
import type { Notifier } from '../notifier.ts';
import { Later } from '../tell-error.ts';
import { type Mailer, messageIdOf } from './mailer.ts';
import { subjectOf, threadMail } from './thread.ts';

export interface MailNotifierOptions {
  readonly mailer: Mailer;
  readonly from: string;
  readonly to: readonly string[];
  /** The least time between two mails of one thread, in ms. What comes meanwhile is in the next. */
  readonly gapMs: number;
}

export function createMailNotifier({ mailer, from, to, gapMs }: MailNotifierOptions): Notifier {
  return {
    async show(view, { shown, now, save }) {
      const { thread } = view;
      const ref = shown?.ref ?? {};
      const since = shown?.seq ?? 0;
      if (shown !== undefined && since >= thread.lastSeq) {
        if (shown.revision < thread.revision) await save({ ...shown, revision: thread.revision });
        return;
      }
      const wait = Number(ref.at ?? 0) + gapMs - now;
      if (shown !== undefined && wait > 0) throw new Later(wait);
      const { first, last, subject } = ref;
      const mail = threadMail(view, {
        ...{ from, since, now },
        ...(subject !== undefined && { subject }),
        ...(first !== undefined && last !== undefined && { before: { first, last } }),
      });
      await mailer.send(to, mail);
      const begun = subject ?? subjectOf(view, `${stateWord(thread)}: ${oneLine(thread.title)}`);
      const next = { first: first ?? mail.messageId, last: mail.messageId, subject: begun, at: String(now) };
      await save({ revision: thread.revision, seq: thread.lastSeq, ref: next });
    },
    async digest(data: DigestData) {
      const [{ digestMail }, { pngOf }] = await Promise.all([
        import('../../digest/mail.ts'),
        import('../../chart/png.ts'),
      ]);
      const { images, ...mail } = digestMail(data);
      const drawn = await Promise.all(images.map(async ({ cid, svg }) => ({ cid, png: await pngOf(svg) })));
      const messageId = messageIdOf(`digest.${data.to}.mail:${to.join(',')}`, from);
      await mailer.send(to, { ...mail, images: drawn, messageId, date: new Date(data.to) });
    },
  };
}
