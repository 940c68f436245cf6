/** What Slack sends when a person writes a command or clicks, whichever way it comes. Pure. */

export interface SlashCommand {
  /** Slack's id of the person. */
  readonly user: string;
  readonly channel: string;
  readonly text: string;
  readonly responseUrl: string;
}

export interface Click {
  readonly user: string;
  readonly channel: string;
  readonly actionId: string;
  /** Of the button, or of the option that was chosen. */
  readonly value: string;
  readonly responseUrl: string;
}

const MAX_TEXT = 3_000;

/** undefined: it is no command. */
export function parseSlashCommand(fields: Readonly<Record<string, unknown>>): SlashCommand | undefined {
  const user = userIn(fields.user_id);
  const { channel_id: channel, text = '', response_url: responseUrl } = fields;
  if (user === undefined || typeof text !== 'string' || text.length > MAX_TEXT) return undefined;
  if (typeof channel !== 'string' || typeof responseUrl !== 'string') return undefined;
  return { user, channel, text, responseUrl };
}

/** undefined: it is no click on something of ours. */
export function parseClick(payload: unknown): Click | undefined {
  if (!isRecord(payload) || payload.type !== 'block_actions') return undefined;
  const { user, channel, actions, response_url: responseUrl } = payload;
  const [action] = Array.isArray(actions) ? (actions as unknown[]) : [];
  const id = isRecord(user) ? userIn(user.id) : undefined;
  if (id === undefined || !isRecord(action) || typeof action.action_id !== 'string') return undefined;
  const chosen = isRecord(action.selected_option) ? action.selected_option.value : action.value;
  if (typeof chosen !== 'string' || chosen.length > MAX_TEXT || typeof responseUrl !== 'string') return undefined;
  const where = isRecord(channel) && typeof channel.id === 'string' ? channel.id : '';
  return { user: id, channel: where, actionId: action.action_id, value: chosen, responseUrl };
}

/** Where an answer may be posted to: Slack's own, or the stand-in that weir.yaml names as Slack. */
export function isResponseUrl(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username } = new URL(url);
  if (username !== '') return false;
  return origin === 'https://hooks.slack.com' || (apiUrl !== undefined && origin === new URL(apiUrl).origin);
}

function userIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[UW][A-Z0-9]{2,20}$/.test(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
