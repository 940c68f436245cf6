import { describe, expect, it } from 'vitest';
import { slashFields } from '../../../lab/slack/signed.ts';
import { parseClick, parseSlashCommand } from '../../../src/tell/chatops/payload.ts';
import { whyNot, whyNotFrom } from '../../../src/tell/chatops/roles.ts';
import { clickPayload } from '../../support/slack.ts';

const NOBODY = { viewer: [], operator: [], approver: [] };
const URL = 'https://hooks.slack.com/x';

describe('where somebody speaks from', () => {
  const command = parseSlashCommand(slashFields('U0OPS', 'status', URL));
  const click = parseClick(clickPayload('U0OPS', { action_id: 'ack', value: 'x' }, URL));

  it('is read alike from a command and a click', () => {
    expect(command?.from).toEqual({ team: 'T0001', app: 'A0001', channel: 'C0LOG' });
    expect(click?.from).toEqual(command?.from);
  });

  it("is the person's own workspace, not that of the channel", () => {
    const user = { id: 'U0EVE', team_id: 'T0FOREIGN' };
    const shared = { ...clickPayload('U0EVE', { action_id: 'ack', value: 'x' }, URL), user };
    expect(parseClick(shared)?.from.team).toBe('T0FOREIGN');
  });

  it.each([
    ['tell.slack.team', { team: 'T0FOREIGN' }],
    ['tell.slack.app', { app: 'A0OTHER' }],
    ['tell.slack.channels', { channel: 'C0FOREIGN' }],
    ['tell.slack.team', { team: '' }],
  ])('is refused by %s', (key, parts) => {
    const from = { team: 'T0001', app: 'A0001', channel: 'C0LOG' };
    const places = { team: 'T0001', app: 'A0001', channels: ['C0LOG', 'C0OPS'] };
    expect(whyNotFrom(from, places)).toBeUndefined();
    expect(whyNotFrom({ ...from, ...parts }, places)).toContain(key);
    expect(whyNotFrom({ ...from, ...parts }, {})).toBeUndefined();
  });
});

describe('who may look where no viewer is named', () => {
  const user = { user: 'U0OTHER', groups: [] };

  it('is everybody of the workspace that weir.yaml names', () => {
    expect(whyNot('viewer', { ...user, isOfTeam: true }, NOBODY)).toBeUndefined();
    expect(whyNot('operator', { ...user, isOfTeam: true }, NOBODY)).toContain('not named as operator');
  });

  it('is nobody but who is named as something else where it names none', () => {
    expect(whyNot('viewer', { ...user, isOfTeam: false }, NOBODY)).toContain('tell.slack.team');
    expect(whyNot('viewer', { ...user, isOfTeam: false }, { ...NOBODY, operator: ['U0OTHER'] })).toBeUndefined();
  });
});
