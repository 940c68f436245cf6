/** One of each kind of message, made by the code that makes the real ones. */

import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Incident } from '../../src/model/people/incident.ts';
import type { Thread, ThreadItem, ThreadView } from '../../src/model/people/thread.ts';
import type { TrendPoint } from '../../src/model/readings/trend.ts';
import type { DigestData } from '../../src/tell/digest/digest.ts';
import { messageOfClosed, messageOfDecision } from '../../src/tell/wording/messages.ts';

export const NOW = Date.parse('2026-11-23T03:12:00');
const MINUTE = 60_000;
const ID = '1795403378000-0.member-unwritable.b';

const INCIDENT: Incident = {
  ...{ id: ID, pool: 'logs', rule: 'member-unwritable', targetKind: 'member', target: 'b', severity: 'page' },
  ...{ labels: {}, title: 'b: takes no logs; 1 of 2 members still do', openedAt: NOW - 3 * MINUTE, thread: ID },
  ...{ values: { 'member.writable': false, 'pool.writable_members': 1 }, place: 'rules/members.yaml:7' },
  ...{ owner: 'log-oncall', runbook: 'https://wiki.example.com/redis-buffer' },
};

const DECISION: Decision = {
  ...{
    id: '1795403379000-0.member-unwritable.b',
    pool: 'logs',
    at: NOW - 3 * MINUTE + 1_000,
    rule: 'member-unwritable',
  },
  ...{
    ruleText: '',
    ruleSetHash: 'h',
    target: 'b',
    action: 'drain',
    by: 'rule:member-unwritable',
    leaseMs: 30 * MINUTE,
  },
  ...{ reason: INCIDENT.title, verdict: 'act', rails: [], values: INCIDENT.values, state: 'open', nodes: ['a', 'b'] },
  ...{ outcomes: [], history: [] },
};

const VERIFIED: Decision = {
  ...DECISION,
  ...{ state: 'verified', closing: 'A fresh sweep of a shows it.', closedAt: NOW - 3 * MINUTE + 4_000 },
  outcomes: [
    { node: 'a', at: NOW, result: 'applied', detail: 'b has weight 0, its 4 producers were moved.' },
    { node: 'b', at: NOW, result: 'applied', detail: 'b has weight 0.' },
  ],
};

const REFUSED: Decision = {
  ...DECISION,
  ...{ id: '1795403380000-0.member-unwritable.b', verdict: 'refuse', state: 'closed', nodes: [] },
  rails: [
    {
      ...{ rail: 'common cause', pass: false, figures: {} },
      sentence: 'downstream-stalled fires in this pool and brakes drain: the cause is behind the members.',
    },
  ],
};

function itemsOf(...all: readonly Omit<ThreadItem, 'seq'>[]): ThreadItem[] {
  return all.map((item, i) => ({ ...item, seq: i + 1 }));
}

const FIRED: Omit<ThreadItem, 'seq'> = {
  ...{ at: NOW - 3 * MINUTE, kind: 'firing', severity: 'page', title: INCIDENT.title, from: 'worker', incident: ID },
  lines: [
    'Rule member-unwritable fires for member b since 03:09:00.',
    'Runbook: https://wiki.example.com/redis-buffer',
  ],
};

const ACKED: Omit<ThreadItem, 'seq'> = {
  ...{ at: NOW - MINUTE, kind: 'word', severity: 'info', title: 'Acknowledged by U012AB3CD', from: 'worker' },
  lines: ['It is no longer escalated.'],
};

const ESCALATED: Omit<ThreadItem, 'seq'> = {
  ...{ at: NOW, kind: 'escalated', severity: 'page', title: 'Escalated: nobody has acknowledged it for 10 min' },
  ...{ from: 'worker', lines: [INCIDENT.title, 'Told now: head-of-logs@example.com'] },
};

const OVER: Omit<ThreadItem, 'seq'> = {
  ...{ at: NOW, kind: 'resolved', severity: 'page', title: INCIDENT.title, from: 'worker', incident: ID },
  lines: ['Rule member-unwritable no longer fires for member b.', 'It lasted 3 min.'],
};

function thread(parts: Partial<Thread>): Thread {
  const items = parts.items ?? itemsOf(FIRED, messageOfDecision(DECISION), messageOfClosed(VERIFIED));
  return {
    ...{ id: ID, pool: 'logs', kind: 'incident', state: 'firing', severity: 'page', title: INCIDENT.title },
    ...{ cause: 'member-unwritable', incidents: [ID], openedAt: NOW - 3 * MINUTE, lastSeq: items.length },
    ...{ places: ['slack:#log-oncall'], escalated: 0, revision: 3 },
    ...parts,
    items,
  };
}

function view(
  parts: Partial<Thread>,
  incidents: readonly Incident[] = [INCIDENT],
  mutes: readonly Incident[] = [],
): ThreadView {
  return { thread: thread(parts), incidents, mutes };
}

const STALL: Incident = {
  ...INCIDENT,
  ...{ id: '1795403300000-0.downstream-stalled.logs', rule: 'downstream-stalled', targetKind: 'pool', target: 'logs' },
  title: 'Downstream stalled: 2 of 2 filling, full in 14 min',
  values: { 'pool.filling_members': 2, 'pool.members': 2, 'pool.consume_rate': 0, 'pool.inflow_rate': 2_400_000 },
  place: 'rules/pool.yaml:7',
};

const MANY: Incident[] = Array.from({ length: 143 }, (_, i) => ({
  ...INCIDENT,
  ...{
    id: `${i}`,
    rule: `rule-${i % 12}`,
    target: `m${i}`,
    severity: i === 4 ? 'page' : 'warn',
    title: `m${i}: queue is deep`,
  },
}));

const SYMPTOM: Incident = { ...INCIDENT, rule: 'member-filling', mutedBy: 'downstream-stalled' };

export const VIEWS = {
  firing: view({}),
  stalled: view(
    {
      title: STALL.title,
      cause: STALL.rule,
      items: itemsOf({ ...FIRED, title: STALL.title }, messageOfDecision(REFUSED)),
    },
    [STALL],
    [{ ...SYMPTOM, target: 'a' }, SYMPTOM],
  ),
  waiting: view({
    items: itemsOf(FIRED),
    waiting: { decision: DECISION.id, what: 'drain b', until: NOW + 15 * MINUTE, needed: 1 },
  }),
  acked: view({ state: 'acked', acked: { by: 'U012AB3CD', at: NOW - MINUTE } }),
  silenced: view({ state: 'silenced' }, [{ ...INCIDENT, silencedBy: 's1' }]),
  resolved: view({ state: 'resolved', closedAt: NOW }, [{ ...INCIDENT, resolvedAt: NOW }]),
  many: view({ cause: 'many', title: 'Many at once: 143 incidents of 12 rules', items: [] }, MANY),
};

export const REPLY_ITEMS = itemsOf(
  messageOfDecision(DECISION),
  messageOfClosed(VERIFIED),
  messageOfDecision(REFUSED),
  ACKED,
);
export const LOUD_ITEMS = itemsOf(ESCALATED);
export const MAIL_VIEW = view({
  items: itemsOf(FIRED, messageOfDecision(DECISION), messageOfClosed(VERIFIED), ACKED, OVER),
});

/** An hour, or a day: a fills, b is drained and taken back. */
export function trend(points: number, everyMs: number): TrendPoint[] {
  return Array.from({ length: points }, (_, i): TrendPoint => {
    const x = i / points;
    const a = { memory: 0.22 + 0.5 * x ** 2, depth: 2_000 + 60_000 * x ** 2 };
    const b = { memory: 0.31 + 0.02 * Math.sin(40 * x), depth: 900 + 200 * Math.sin(25 * x), secondsToFull: 2_592_000 };
    const isSeen = x < 0.45 || x > 0.55;
    const members = { a: { ...a, secondsToFull: i === points - 1 ? 840 : 2_592_000 }, ...(isSeen && { b }) };
    return { at: NOW - (points - 1 - i) * everyMs, members };
  });
}

export const DIGEST: DigestData = {
  ...{ from: NOW - 86_400_000, to: NOW, timeZone: 'Europe/Berlin' },
  pools: [
    {
      name: 'logs',
      incidents: [
        { ...STALL, openedAt: NOW - 7 * 3_600_000, resolvedAt: NOW - 6.5 * 3_600_000 },
        { ...INCIDENT, resolvedAt: NOW },
      ],
      decisions: [VERIFIED, REFUSED],
      nearMisses: [{ rule: 'member-filling', target: 'a', times: [NOW - 9_000_000, NOW - 5_000_000] }],
      neverFired: ['dual-master', 'orphan-vip', 'consumer-on-vip'],
      countsSince: NOW - 9 * 86_400_000,
      silences: [],
      trend: trend(288, 300_000),
    },
  ],
};
