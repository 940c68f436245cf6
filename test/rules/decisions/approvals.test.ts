import { beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/model/decisions/decision.ts';
import type { ApprovalAnswer, Request } from '../../../src/model/entries/requests.ts';
import { judge } from '../../../src/rails/index.ts';
import { foldEntry } from '../../../src/rules/fold-entry.ts';
import { foldInGap } from '../../../src/rules/state/gap.ts';
import { FROZEN, POLICY, POLL, poolOf, tableOf } from '../../support/pool.ts';
import { ruleSet, unwritable, type World, world } from '../../support/world.ts';

const RULES = [unwritable({ forMs: 0, mode: 'approve', evidence: { observers: 1 } })];
const APPROVERS = { ...POLICY, approval: { quorum: 2, withinMs: 60_000, approvers: ['ann', 'bob@desk', 'U1'] } };

let seen: World;

function asked(): Decision {
  const decision = [...seen.decisions.values()].find(({ verdict }) => verdict === 'ask');
  if (decision === undefined) throw new Error('nothing was asked');
  return decision;
}

function answer(atMs: number, by: string, parts: Partial<ApprovalAnswer> = {}): void {
  const word = { kind: 'answer', pool: 'logs', decision: asked().id, by, via: 'terminal', answer: 'approve' } as const;
  seen.fold(atMs, { ...word, ...parts });
}

/** What became of the answers: taken or not, and why. */
function answers(): string[] {
  return (asked().approval?.answers ?? []).map(
    ({ by, accepted, detail }) => `${by}: ${accepted ? 'taken' : 'not taken'}. ${detail}`,
  );
}

const acted = () => [...seen.decisions.values()].filter(({ verdict }) => verdict === 'act');
const jobs = () => seen.results.flatMap((result) => result.jobs);

beforeEach(() => {
  seen = world(RULES, { policy: APPROVERS });
  seen.sweeps(100, FROZEN);
});

describe('a decision that needs a yes', () => {
  it('waits, and nothing is sent', () => {
    expect(asked()).toMatchObject({ state: 'waiting', approval: { needed: 2, until: 1_060_100, answers: [] } });
    seen.sweeps(1_000, FROZEN);
    seen.sweeps(2_000, FROZEN);
    expect([...seen.decisions.values()]).toHaveLength(1);
    expect(jobs()).toEqual([]);
  });

  it('is done by a decision of the last yes, whose entry is the fence, once enough persons said it', () => {
    answer(200, 'ann@laptop');
    expect(asked().state).toBe('waiting');
    answer(300, 'bob@desk', { via: 'slack' });
    const [made] = acted();
    expect(asked()).toMatchObject({
      state: 'approved',
      closing: `ann@laptop, bob@desk said yes; decision ${made?.id} acts.`,
    });
    expect(made).toMatchObject({ at: 1_000_300, approvedBy: ['ann@laptop', 'bob@desk'], by: 'rule:member-unwritable' });
    expect(jobs().map(({ node, entryId }) => [node, entryId])).toEqual([
      ['a', made?.id.split('.')[0]],
      ['b', made?.id.split('.')[0]],
    ]);
    expect(seen.state.findings['member-unwritable/b']?.openDecision).toBe(made?.id);
    expect(seen.state.waiting).toEqual({});
  });

  it('takes no word of a terminal whose user is called as a Slack user or group is', () => {
    seen = world(RULES, {
      policy: { ...APPROVERS, approval: { ...APPROVERS.approval, approvers: ['U1', 'S1', 'bob@desk'] } },
    });
    seen.sweeps(100, FROZEN);
    for (const by of ['U1@desk', 'S1@desk', 'bob@desk@elsewhere']) answer(200, by);
    answer(300, 'U9', { via: 'slack', groups: ['S1'] });
    expect(answers().map((one) => one.split('.')[0])).toEqual([
      'U1@desk: not taken',
      'S1@desk: not taken',
      'bob@desk@elsewhere: not taken',
      'U9: taken',
    ]);
  });

  it('takes no second word of one person, from another machine or the other way', () => {
    const people = { U1: 'ann' };
    seen = world(RULES, { policy: { ...APPROVERS, approval: { ...APPROVERS.approval, people } } });
    seen.sweeps(100, FROZEN);
    answer(200, 'ann@laptop');
    answer(300, 'ann@bastion');
    answer(400, 'U1', { via: 'slack' });
    expect(answers()).toEqual([
      'ann@laptop: taken. 1 of 2 people have approved.',
      'ann@bastion: not taken. ann@bastion has said yes already: another person is needed.',
      'U1: not taken. U1 has said yes already: another person is needed.',
    ]);
    expect(jobs()).toEqual([]);
  });

  it('takes no word of somebody who is no approver, and no second one of the same person', () => {
    answer(200, 'eve@desk');
    answer(300, 'bob@elsewhere');
    answer(400, 'U1', { via: 'slack' });
    answer(500, 'U1', { via: 'slack' });
    expect(answers()).toEqual([
      'eve@desk: not taken. eve@desk is not an approver (policy.roles.approver in weir.yaml).',
      'bob@elsewhere: not taken. bob@elsewhere is not an approver (policy.roles.approver in weir.yaml).',
      'U1: taken. 1 of 2 people have approved.',
      'U1: not taken. U1 has said yes already: another person is needed.',
    ]);
    expect(jobs()).toEqual([]);
  });

  it('is over with one no, for this episode', () => {
    answer(200, 'ann');
    answer(300, 'U1', { answer: 'deny', reason: 'b is being replaced' });
    expect(asked()).toMatchObject({ state: 'denied', closing: 'U1 said no: b is being replaced.' });
    answer(400, 'ann');
    expect(answers().at(-1)).toBe('ann: not taken. It is denied already: U1 said no: b is being replaced.');
    seen.sweeps(90_000, FROZEN);
    expect([seen.decisions.size, jobs().length]).toEqual([1, 0]);
  });

  it('is denied when nobody says enough in time', () => {
    answer(200, 'ann');
    seen.sweeps(60_100, FROZEN);
    expect(asked().state).toBe('waiting');
    seen.sweeps(60_101, FROZEN);
    expect(asked()).toMatchObject({
      state: 'expired',
      closing: 'Not enough people approved within 1 min: that counts as a no.',
    });
    answer(60_200, 'U1');
    expect(jobs()).toEqual([]);
  });

  it('stays denied when the yes comes with the entry that closes it', () => {
    answer(61_000, 'ann');
    expect(asked()).toMatchObject({ state: 'expired' });
    expect(answers()).toEqual([
      'ann: not taken. It is expired already: Not enough people approved within 1 min: that counts as a no.',
    ]);
  });

  it('is void when its problem is over, and asks anew when it comes back', () => {
    seen.sweeps(1_000);
    expect(asked()).toMatchObject({ state: 'void' });
    answer(1_100, 'ann');
    answer(1_200, 'U1');
    expect(jobs()).toEqual([]);
    seen.sweeps(5_000, FROZEN);
    expect([...seen.decisions.values()].map(({ state }) => state)).toEqual(['void', 'waiting']);
  });

  it('has every rail asked again by the last yes: what is refused then is not done', () => {
    answer(200, 'ann');
    seen.sweeps(5_000, { ...FROZEN, table: tableOf({ a: 0, b: 100 }) });
    seen.fold(5_100, { kind: 'hold', pool: 'logs', scope: { kind: 'all' }, by: 'eve', reason: 'no', holdMs: 1_000 });
    answer(5_200, 'U1');
    expect(asked()).toMatchObject({ state: 'approved' });
    expect(asked().closing).toContain('asked again, the rail hold refuses');
    expect(jobs()).toEqual([]);
    expect([...seen.decisions.values()].at(-1)).toMatchObject({ verdict: 'refuse' });
  });

  it('is answered by a terminal alone where weir.yaml names nobody', () => {
    seen = world(RULES);
    seen.sweeps(100, FROZEN);
    answer(200, 'U1', { via: 'slack' });
    expect(answers()).toEqual([
      'U1: not taken. weir.yaml names no approver (policy.roles.approver): only a terminal may answer.',
    ]);
    answer(300, 'root@a');
    expect(acted()).toHaveLength(1);
  });

  it('goes with its rule: one that was edited meanwhile asks anew', () => {
    const edited = unwritable({
      forMs: 0,
      mode: 'approve',
      evidence: { observers: 1 },
      text: 'name: member-unwritable # 2',
      hash: 'r2',
    });
    const policy = { ...APPROVERS, settleMs: 0 };
    const later = world([edited], { policy, ruleSet: ruleSet([edited], 'h2') });
    later.state = { ...seen.state };
    for (const [id, decision] of seen.decisions) later.decisions.set(id, decision);
    later.sweeps(1_000, FROZEN);
    expect([...later.decisions.values()].map(({ state }) => state)).toEqual(['void', 'waiting']);
  });
});

describe('a request that asks for a yes', () => {
  const request: Request = {
    ...{ kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@laptop', force: false, ask: true },
  };

  it('is never approved by the one who asked', () => {
    seen = world([], { policy: { ...APPROVERS, approval: { ...APPROVERS.approval, quorum: 1 } } });
    seen.sweeps(100);
    seen.fold(150, request);
    expect(asked().state).toBe('waiting');
    answer(200, 'ann@laptop');
    expect(answers()).toEqual(['ann@laptop: not taken. It is your own request: another person must say yes.']);
    expect(jobs()).toEqual([]);
    answer(300, 'U1', { via: 'slack' });
    expect(acted()).toMatchObject([{ action: 'drain', target: 'b', by: 'person:ann@laptop', approvedBy: ['U1'] }]);
    expect(jobs()).toHaveLength(2);
  });
});

describe('a yes that is said while nobody evaluates', () => {
  it('finds no fresh reading, also where the last sweeps were a moment before: nothing is done on it', () => {
    answer(200, 'ann');
    const word = {
      kind: 'answer',
      pool: 'logs',
      decision: asked().id,
      by: 'U1',
      via: 'slack',
      answer: 'approve',
    } as const;
    const entry = { id: '1000900-0', body: word };
    const context = { pool: poolOf(), policy: APPROVERS, poll: POLL, ruleSet: ruleSet(RULES), judge };
    const { jobs: made, records } = foldInGap(context, seen.state, entry, seen.decisions);
    expect(made).toEqual([]);
    expect(records.some(({ verdict }) => verdict === 'act')).toBe(false);
    // In the evaluation the same yes acts.
    expect(foldEntry(context, seen.state, entry, seen.decisions).jobs).toHaveLength(2);
  });
});
