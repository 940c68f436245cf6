import { expect, it } from 'vitest';
import type { SweepReading } from '../../../src/observe/poller.ts';
import { type NodeKnowledge, nodeSweep, pollViewOf } from '../../../workers/node/node-sweep.ts';

const READING: SweepReading = {
  kind: 'sweep',
  pool: 'logs',
  observer: 'a',
  at: 1_000,
  members: { a: { answering: true, writable: true }, b: { answering: true }, c: {} },
  consumers: {},
  director: { state: 'MASTER', vip: true },
  troubles: ['keepalived wrote no dump.'],
};

const NOTHING: NodeKnowledge = {
  edition: { hash: 'e1', mode: 'auto' },
  calendarMs: 7,
  leases: [],
  raising: {},
  stateDir: '/var/lib/weir',
  acted: [],
  auditHeads: {},
  holds: [],
  actuatorTroubles: [],
  nodeTroubles: [],
  unreadable: [],
};

it('what the node has nothing of is absent from its sweep', () => {
  const sweep = nodeSweep(READING, NOTHING);

  expect(sweep).toEqual({ ...READING, leases: [], edition: NOTHING.edition, calendarMs: 7 });
});

it('what only the node knows is in its sweep', () => {
  const hold = { scope: { kind: 'pool' }, by: 'ann', reason: 'upgrade', until: 9_000 } as const;
  const acted = {
    decision: '1-0.member-unwritable.b',
    rule: 'member-unwritable',
    target: 'b',
    action: 'drain',
    at: 900,
    strikes: 0,
  } as const;
  const heads = { evaluation: { seq: 7, hash: 'h', at: 800 } };

  const sweep = nodeSweep(READING, {
    ...NOTHING,
    raising: { b: 25 },
    hold: 'storm',
    acted: [acted],
    holds: [hold],
    auditHeads: heads,
  });

  expect(sweep).toMatchObject({ raising: { b: 25 }, hold: 'storm', acted: [acted], holds: [hold], auditHeads: heads });
});

it('troubles of the poll, the actuator, the node and the broker stand in this order', () => {
  const sweep = nodeSweep(READING, {
    ...NOTHING,
    hold: 'storm',
    actuatorTroubles: ['ipvsadm is not installed.'],
    nodeTroubles: ['No FIFO.'],
    unreadable: ['A lease is none.'],
  });

  expect(sweep.troubles).toEqual([
    'keepalived wrote no dump.',
    'ipvsadm is not installed.',
    'No FIFO.',
    'The file hold in /var/lib/weir forbids this node to act: storm',
    'A lease is none.',
  ]);
});

it('the skew of the clock is a signal of the director, where there is one', () => {
  const { director: _, ...blind } = READING;

  expect(nodeSweep(READING, { ...NOTHING, clockSkew: 0.25 }).director).toEqual({
    state: 'MASTER',
    vip: true,
    clock_skew: 0.25,
  });
  expect(nodeSweep(blind, { ...NOTHING, clockSkew: 0.25 }).director).toBeUndefined();
});

it('the actuator sees who answers and, where that is known, who is writable', () => {
  expect(pollViewOf(nodeSweep(READING, NOTHING))).toEqual({
    pool: 'logs',
    now: 1_000,
    members: { a: { answering: true, writable: true }, b: { answering: true }, c: { answering: false } },
    director: { state: 'MASTER', vip: true },
  });
});
