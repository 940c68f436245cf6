import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breachesOf } from '../../../lab/slack/limits.ts';
import { matches } from '../../../src/model/people/silence.ts';
import { parseClick, parseCommand } from '../../../src/tell/chatops/grammar.ts';
import { COMMANDS, helpText } from '../../../src/tell/chatops/help.ts';
import { replyTable } from '../../../src/tell/chatops/reply.ts';
import { groupsIn, whyNot } from '../../../src/tell/chatops/roles.ts';
import { roleFor } from '../../../src/tell/chatops/wish.ts';

describe('what people write', () => {
  it.each([
    ['', { kind: 'help' }],
    ['help silence', { kind: 'help', command: 'silence' }],
    ['STATUS logs', { kind: 'status', pool: 'logs' }],
    ['why logs/b member-unwritable', { kind: 'why', about: 'logs/b', rule: 'member-unwritable' }],
    ['drain logs/b', { kind: 'act', action: 'drain', member: 'logs/b', force: false, ask: false }],
    [
      'drain logs/b for 30m because its disk is slow',
      {
        kind: 'act',
        action: 'drain',
        member: 'logs/b',
        for: '30m',
        reason: 'its disk is slow',
        force: false,
        ask: false,
      },
    ],
    [
      'drain b --for 2h --reason \u201cslow disk\u201d --force',
      { kind: 'act', action: 'drain', member: 'b', for: '2h', reason: 'slow disk', force: true, ask: false },
    ],
    ['weight b 30 ask', { kind: 'act', action: 'set_weight', member: 'b', weight: '30', force: false, ask: true }],
    ['restore b', { kind: 'act', action: 'restore', member: 'b', force: false, ask: false }],
    [
      'failover logs to b hard',
      { kind: 'failover', pool: 'logs', to: 'b', soft: false, hard: true, force: false, ask: false },
    ],
    ['maintain a for 2h', { kind: 'maintain', node: 'a', end: false, for: '2h', force: false, ask: false }],
    ['maintain a end', { kind: 'maintain', node: 'a', end: true, force: false, ask: false }],
    ['pause because of the move', { kind: 'pause', scope: 'all', reason: 'of the move' }],
    ['resume logs', { kind: 'resume', scope: 'logs' }],
    [
      'silence member-filling for 2h because known',
      { kind: 'silence', about: 'member-filling', labels: {}, for: '2h', reason: 'known' },
    ],
    [
      'silence severity:warn team=logs in logs because known',
      { kind: 'silence', severity: 'warn', labels: { team: 'logs' }, pool: 'logs', reason: 'known' },
    ],
    ['silence list', { kind: 'silences' }],
    ['silence end 1795-0', { kind: 'unsilence', id: '1795-0' }],
    ['ack', { kind: 'ack' }],
    ['ack logs-42', { kind: 'ack', about: 'logs-42' }],
    ['trust logs', { kind: 'trust', pool: 'logs' }],
    ['approve 1-0.r.b', { kind: 'answer', answer: 'approve', decision: '1-0.r.b' }],
    ['deny 1-0.r.b because no', { kind: 'answer', answer: 'deny', decision: '1-0.r.b', reason: 'no' }],
    ['rules', { kind: 'rules' }],
    ['clients logs', { kind: 'clients', pool: 'logs' }],
    // Slack makes links of host names, and escapes.
    ['why logs/<http://logstash.example|logstash.example>:9600', { kind: 'why', about: 'logs/logstash.example:9600' }],
    ['deny 1-0.r.b because a &lt; b', { kind: 'answer', answer: 'deny', decision: '1-0.r.b', reason: 'a < b' }],
  ])('%s', (text, wish) => {
    expect(parseCommand(text)).toEqual(wish);
  });

  it.each([
    ['drian logs/b', 'There is no command drian: did you mean "drain"?'],
    ['constructor', 'There is no command constructor'],
    ['drain', 'Expected: drain <pool/member>'],
    ['drain logs/b --fro 1h', 'What is --fro? Expected: drain <pool/member>'],
    ['drain logs/a logs/b', 'What is logs/b?'],
    ['rules all', 'What is all?'],
    ['clients', 'Expected: clients <pool>'],
  ])('%s is answered with what is expected', (text, sentence) => {
    expect(parseCommand(text)).toMatchObject({ problem: expect.stringContaining(sentence) });
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty'])('a label %s is one like any other', (name) => {
    const wish = parseCommand(`silence ${name}=x for 1h because y`);
    // As it goes through the broker.
    const { labels } = JSON.parse(JSON.stringify(wish)) as { labels: Record<string, string> };
    expect(Object.entries(labels)).toEqual([[name, 'x']]);
    const incident = { rule: 'member-full', target: 'b', severity: 'page', labels: {} } as const;
    expect(matches({ labels }, incident)).toBe(false);
    expect(matches({ labels }, { ...incident, labels: Object.fromEntries([[name, 'x']]) })).toBe(true);
  });

  it('never throws, whatever it is', () => {
    const words = fc.constantFrom(
      ...Object.keys(COMMANDS),
      '--for',
      'because',
      '"',
      'end',
      'to',
      '<x|y>',
      'b',
      '=',
      ':',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'binary' }))), (parts) => {
        expect(typeof parseCommand(parts.join(' '))).toBe('object');
      }),
    );
  });

  it('has help for every command, within the limits of Slack', () => {
    for (const command of Object.keys(COMMANDS)) {
      expect(helpText(command)).toContain(`/weir ${command}`);
      const { example } = COMMANDS[command] ?? { example: '' };
      expect(parseCommand(example.replace('/weir ', '')), example).not.toHaveProperty('problem');
    }
    expect(breachesOf({ ...replyTable(helpText()) })).toEqual([]);
    expect(replyTable(helpText()).text).not.toContain('…');
    expect(helpText('drian')).toContain('did you mean "drain"');
  });
});

describe('a button', () => {
  it('names something and never is a command', () => {
    expect(parseClick({ actionId: 'approve', value: '1-0.r.b' })).toEqual({
      kind: 'answer',
      answer: 'approve',
      decision: '1-0.r.b',
    });
    expect(parseClick({ actionId: 'silence', value: '1-0.r.b 2h' })).toMatchObject({
      kind: 'silence',
      about: '1-0.r.b',
      for: '2h',
    });
    expect(parseClick({ actionId: 'trust', value: 'logs' })).toEqual({ kind: 'trust', pool: 'logs' });
    expect(parseCommand('trust')).toEqual({ problem: 'Expected: trust <pool>' });
    for (const [actionId, value] of [
      ['silence', '1-0.r.b'],
      ['silence', '1-0.r.b 9999d'],
      ['drain', 'logs/b'],
      ['ack', ''],
      ['__proto__', 'x'],
    ] as const) {
      expect(parseClick({ actionId, value })).toHaveProperty('problem');
    }
  });
});

describe('roles', () => {
  const roles = { viewer: [], operator: ['U0OPS', 'S0GROUP1'], approver: ['U0BOSS'] };

  it('whoever is in the workspace may look, unless viewers are named', () => {
    expect(whyNot('viewer', { user: 'U0OTHER', groups: [], isOfTeam: true }, roles)).toBeUndefined();
    expect(whyNot('viewer', { user: 'U0OTHER', groups: [], isOfTeam: true }, { ...roles, viewer: ['U0V'] })).toContain(
      'not named as viewer',
    );
    expect(
      whyNot('viewer', { user: 'U0OPS', groups: [], isOfTeam: true }, { ...roles, viewer: ['U0V'] }),
    ).toBeUndefined();
  });

  it('changing takes an operator, by id or by group; a yes takes an approver', () => {
    expect(whyNot('operator', { user: 'U0OPS', groups: [], isOfTeam: true }, roles)).toBeUndefined();
    expect(whyNot('operator', { user: 'U0GIRL', groups: ['S0GROUP1'], isOfTeam: true }, roles)).toBeUndefined();
    expect(whyNot('operator', { user: 'U0BOSS', groups: [], isOfTeam: true }, roles)).toContain(
      'not named as operator',
    );
    expect(whyNot('approver', { user: 'U0OPS', groups: ['S0GROUP1'], isOfTeam: true }, roles)).toContain(
      'not named as approver',
    );
    expect(
      whyNot('operator', { user: 'U0ANY', groups: [], isOfTeam: true }, { viewer: [], operator: [], approver: [] }),
    ).toContain('not named');
    expect(groupsIn(roles)).toEqual(['S0GROUP1']);
  });

  it('every wish has the role that it takes', () => {
    const roleOf = (text: string) => {
      const wish = parseCommand(text);
      return 'problem' in wish ? wish.problem : roleFor(wish);
    };
    expect(['status', 'why b', 'rules', 'clients logs', 'silence list', 'help'].map(roleOf)).toEqual(
      Array(6).fill('viewer'),
    );
    expect(
      [
        'drain b',
        'restore b',
        'weight b 1',
        'failover logs',
        'maintain a end',
        'pause because x',
        'resume',
        'ack',
        'trust logs',
        'silence b because x',
        'silence end 1',
      ].map(roleOf),
    ).toEqual(Array(11).fill('operator'));
    expect(['approve x', 'deny x'].map(roleOf)).toEqual(['approver', 'approver']);
  });
});
