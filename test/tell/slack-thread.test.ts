/** Messages of threads: whatever happened and whatever the names are, within Slack's limits, and pinging nobody. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breachesOf } from '../../lab/slack/limits.ts';
import type { Incident } from '../../src/model/people/incident.ts';
import type { Thread, ThreadItem, ThreadView } from '../../src/model/people/thread.ts';
import { slackReply, slackThread } from '../../src/tell/notify/slack/thread-message.ts';
import { incidentOf, NOW, threadOf } from './fixtures/threads.ts';

function breaches(view: ThreadView): string[] {
  return breachesOf(slackThread(view, NOW) as unknown as Record<string, unknown>);
}

describe('the message of a thread', () => {
  it.each(['firing', 'acked', 'silenced', 'muted', 'resolved', 'said'] as const)(
    'is within the limits when it is %s',
    (state) => {
      const view = { thread: threadOf({ state }), incidents: [incidentOf()], mutes: [incidentOf({ rule: 'x' })] };
      expect(breaches(view)).toEqual([]);
    },
  );

  it('has a colour and buttons by its state', () => {
    const shown = (thread: Partial<Thread>) => {
      const { attachments, text } = slackThread(
        { thread: threadOf(thread), incidents: [incidentOf()], mutes: [] },
        NOW,
      );
      const actions = [...JSON.stringify(attachments).matchAll(/"action_id":"(\w+)"/g)].map(([, id]) => id);
      return [attachments[0]?.color, actions.join(), text.split(':')[0]];
    };
    expect(shown({})).toEqual(['#a30200', 'ack,silence,why', '🔴 FIRING page']);
    expect(shown({ severity: 'warn' })[0]).toBe('#e07c00');
    expect(shown({ state: 'acked' })).toEqual(['#daa038', 'silence,why', '🔶 ACKNOWLEDGED']);
    expect(shown({ state: 'silenced' })).toEqual(['#dddddd', 'why', '🔹 SILENCED']);
    expect(shown({ state: 'resolved' })).toEqual(['#2eb886', 'why', '✅ RESOLVED']);
    const waiting = { decision: '1-0.r.b', what: 'drain b', until: NOW, needed: 1 };
    expect(shown({ waiting })[1]).toBe('approve,deny,ack,silence,why');
    expect(shown({ stopped: 'breaker' })[1]).toBe('ack,silence,trust,why');
    expect(shown({ stopped: 'breaker', state: 'resolved' })[1]).toBe('why');
    expect(shown({ flapping: true })[2]).toBe('🔴 FIRING page (flapping)');
  });

  it('names twenty of many incidents, the worst that are open first, and counts the rest', () => {
    const incidents = Array.from({ length: 500 }, (_, i) =>
      incidentOf({ id: `${i}`, target: `m${i}`, title: `m${i}: it`, severity: i === 499 ? 'page' : 'warn' }),
    );
    const view = { thread: threadOf({ incidents: incidents.map(({ id }) => id) }), incidents, mutes: incidents };
    expect(breaches(view)).toEqual([]);
    const text = JSON.stringify(slackThread(view, NOW));
    expect(text).toMatch(/• 499 page, firing for [^:]+: m499: it\\n/);
    expect(text).toContain('… and 480 more');
    expect(text).toContain('and 495 more');
  });

  it('is harmless with any text in every place', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4_000 }),
      fc.constant('<!channel> <@U012AB3CD> & `x`'),
    );
    fc.assert(
      fc.property(text, text, (one, other) => {
        const hostile: Partial<Incident> = {
          title: one,
          rule: other,
          target: one,
          owner: other,
          runbook: one,
          place: other,
        };
        const values = { [`member.${one}`]: other };
        const view: ThreadView = {
          thread: threadOf({
            ...{ title: one, pool: other, cause: one, acked: { by: one, at: NOW } },
            ...{
              waiting: { decision: 'd', what: other, until: NOW, needed: 2 },
              items: [item({ title: one, lines: [other] })],
            },
          }),
          incidents: [incidentOf({ ...hostile, values })],
          mutes: [incidentOf(hostile)],
        };
        expect(breaches(view)).toEqual([]);
        expect(JSON.stringify(slackThread(view, NOW))).not.toMatch(/<!|<@U012AB3CD> &/);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a reply', () => {
  it('says all that is new in one message; what does not fit is counted', () => {
    const items = Array.from({ length: 80 }, (_, i) => item({ title: `Thing ${i}`, lines: ['x'.repeat(5_000)] }));
    const reply = slackReply(items, NOW);
    expect(breachesOf(reply as unknown as Record<string, unknown>)).toEqual([]);
    expect(reply.text).toBe('Thing 79 (and 79 more)');
    expect(JSON.stringify(reply.blocks)).toContain('71 more before these');
  });
});

function item(parts: Partial<ThreadItem> = {}): ThreadItem {
  return {
    seq: 1,
    at: NOW,
    kind: 'decision',
    severity: 'warn',
    title: 'Acting: drain b',
    lines: [],
    from: 'worker',
    ...parts,
  };
}
