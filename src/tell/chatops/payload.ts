/** What Slack sends when a person writes a command or clicks, whichever way it comes. Pure. */

/** Where something was said, by Slack's ids; empty where Slack did not say. */
export interface Origin {
  /** The person's own workspace: in a shared channel (Slack Connect) another than the app's. */
  readonly team: string;
  readonly app: string;
  readonly channel: string;
}

export interface SlashCommand {
  /** Slack's id of the person. */
  readonly user: string;
  readonly from: Origin;
  readonly text: string;
  readonly responseUrl: string;
}

export interface Click {
  readonly user: string;
  readonly from: Origin;
  readonly actionId: string;
  /** The value of the button, or of the option that was chosen. */
  readonly value: string;
  readonly responseUrl: string;
}

const MAX_TEXT = 3_000;

/** undefined: it is no command. */
export function parseSlashCommand(fields: Readonly<Record<string, unknown>>): SlashCommand | undefined {
  const user = userIn(fields.user_id);
  const { text = '', response_url: responseUrl } = fields;
  if (user === undefined || typeof text !== 'string' || text.length > MAX_TEXT) return undefined;
  if (typeof responseUrl !== 'string') return undefined;
  const { team_id: team, api_app_id: app, channel_id: channel } = fields;
  return { user, from: { team: textOf(team), app: textOf(app), channel: textOf(channel) }, text, responseUrl };
}

/** undefined: it is no click on something of ours. */
export function parseClick(payload: unknown): Click | undefined {
  if (!isRecord(payload) || payload.type !== 'block_actions') return undefined;
  const { user, team, channel, api_app_id: app, actions, response_url: responseUrl } = payload;
  const [action] = Array.isArray(actions) ? (actions as unknown[]) : [];
  if (!isRecord(user)) return undefined;
  const id = userIn(user.id);
  if (id === undefined || !isRecord(action) || typeof action.action_id !== 'string') return undefined;
  const chosen = isRecord(action.selected_option) ? action.selected_option.value : action.value;
  if (typeof chosen !== 'string' || chosen.length > MAX_TEXT || typeof responseUrl !== 'string') return undefined;
  // `team` is the workspace of the message, `user.team_id` that of the person.
  const home = textOf(user.team_id) || idOf(team);
  const from = { team: home, app: textOf(app), channel: idOf(channel) };
  return { user: id, from, actionId: action.action_id, value: chosen, responseUrl };
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

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function idOf(value: unknown): string {
  return isRecord(value) ? textOf(value.id) : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
