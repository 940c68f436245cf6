/** What Slack posts to an app over HTTP, and how it signs it. */

import { createHmac } from 'node:crypto';

export function slashFields(user: string, text: string, responseUrl: string, team = 'T0001'): Record<string, string> {
  return {
    ...{ token: 'unused', team_id: team, team_domain: 'example', channel_id: 'C0LOG', channel_name: 'log' },
    ...{ user_id: user, user_name: 'somebody', command: '/weir', text, api_app_id: 'A0001' },
    ...{ response_url: responseUrl, trigger_id: '13345224609.738474920.8088930838d88f008e0' },
  };
}

/** The headers that Slack signs with. `atS` is its clock. */
export function signed(body: string, secret: string, atS = Math.floor(Date.now() / 1_000)): Record<string, string> {
  const hmac = createHmac('sha256', secret).update(`v0:${atS}:${body}`).digest('hex');
  return {
    'Content-Type': 'application/x-www-form-urlencoded',
    'X-Slack-Request-Timestamp': String(atS),
    'X-Slack-Signature': `v0=${hmac}`,
  };
}
