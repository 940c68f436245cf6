/** What the page and the inbound handlers get, all of it by questions. */

import { defined } from '../../src/lib/defined.ts';
import type { Secret } from '../../src/model/configuration/secret.ts';
import { parseAlertmanager } from '../../src/tell/http/alertmanager-in.ts';
import { Refused } from '../../src/tell/http/body.ts';
import type { Handler } from '../../src/tell/http/handler.ts';
import type { WebSources } from '../../src/tell/http/handlers.ts';
import { slackInbound, tokenInbound } from '../../src/tell/http/inbound.ts';
import { shared } from './asking.ts';
import type { Ask } from './questions.ts';

/** How long an answer is shown to others too, in ms: two hundred browsers cost the worker what one does. */
const SHOWN_MS = 500;

export function webSources(ask: Ask): WebSources {
  return {
    status: shared(() => ask('status', null), SHOWN_MS),
    incidents: shared(() => ask('incidents', null), SHOWN_MS),
    ages: shared(() => ask('ages', null), SHOWN_MS),
    ready: shared(() => ask('ready', null), SHOWN_MS),
    metrics: shared(() => ask('metrics', null), SHOWN_MS),
  };
}

export interface InboundOptions {
  readonly token?: Secret;
  readonly oldToken?: Secret;
  /** Left out: Slack is not listened to. */
  readonly signingSecret?: Secret;
  readonly pools: readonly string[];
  readonly ask: Ask;
  onRefused(sentence: string, path: string, source: string): void;
  onError(error: unknown, doing: string): void;
}

/** What others may send here over HTTP. */
export function inboundHandlers(options: InboundOptions): Handler[] {
  const { token, oldToken, signingSecret, pools, ask, onRefused, onError } = options;
  const slack =
    signingSecret === undefined
      ? []
      : slackInbound({
          secret: signingSecret,
          now: Date.now,
          onRefused,
          onError,
          remember: (signature) => ask('signature', signature),
          onCommand: async (command) => (await ask('command', command)) ?? undefined,
          onClick: async (click) => void (await ask('click', click)),
        });
  const alerts = tokenInbound('/hooks/alertmanager', {
    ...defined({ token, oldToken }),
    onRefused,
    async onBody(json) {
      const parsed = parseAlertmanager(json, pools);
      if ('problem' in parsed) throw new Refused(400, parsed.problem);
      return await ask('alerts', parsed);
    },
  });
  return [...slack, alerts];
}
