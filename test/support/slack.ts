/** What a person does in Slack, as Slack tells it to an app: signed over HTTP, or through Socket Mode. */

import { signed, slashFields } from '../../lab/slack/signed.ts';
import type { Fields, SlackMessage, SlackStandIn } from '../../lab/slack/stand-in.ts';

export interface PersonOptions {
  readonly slack: SlackStandIn;
  /** Where Weir listens. */
  readonly url: string;
  readonly secret: string;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly tookMs: number;
  /** What was posted to the response URL since. */
  later(): readonly Fields[];
}

export function clickPayload(user: string, action: Fields, responseUrl: string, message?: SlackMessage): Fields {
  return {
    ...{ type: 'block_actions', user: { id: user, username: 'somebody', team_id: 'T0001' }, api_app_id: 'A0001' },
    ...{ container: { type: 'message', message_ts: message?.ts, channel_id: 'C0LOG' }, trigger_id: '12321423423' },
    ...{ channel: { id: 'C0LOG', name: 'log' }, team: { id: 'T0001' }, response_url: responseUrl, actions: [action] },
  };
}

/** An action of a message, as the person who clicks it sends it. */
export function actionIn(message: SlackMessage, actionId: string, choice?: string): Fields {
  const blocks = [...message.blocks, ...message.attachments.flatMap(({ blocks: own = [] }) => own as Fields[])];
  const elements = blocks.flatMap(({ elements: own = [] }) => own as Fields[]);
  const element = elements.find(({ action_id: id }) => id === actionId);
  if (element === undefined) throw new Error(`the message has no ${actionId}: ${JSON.stringify(elements)}`);
  if (choice === undefined) return { action_id: actionId, type: 'button', value: element.value };
  const option = (element.options as Fields[]).find(({ value }) => String(value).endsWith(choice));
  return { action_id: actionId, type: 'static_select', selected_option: option };
}

export function createPerson({ slack, url, secret }: PersonOptions) {
  async function post(path: string, form: Record<string, string>, id: string): Promise<Answered> {
    const body = new URLSearchParams(form).toString();
    const startedAt = performance.now();
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: signed(body, secret) });
    const text = await response.text();
    const tookMs = performance.now() - startedAt;
    return { status: response.status, body: text, tookMs, later: () => slack.responses.get(id) ?? [] };
  }
  return {
    slash(user: string, text: string, team?: string): Promise<Answered> {
      const { id, url: responseUrl } = slack.responseUrl();
      return post('/slack/commands', slashFields(user, text, responseUrl, team), id);
    },
    click(user: string, message: SlackMessage, actionId: string, choice?: string): Promise<Answered> {
      const { id, url: responseUrl } = slack.responseUrl();
      const payload = clickPayload(user, actionIn(message, actionId, choice), responseUrl, message);
      return post('/slack/interactions', { payload: JSON.stringify(payload) }, id);
    },
  };
}
