import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/model/decisions/rule.ts';
import { judge } from '../../../src/rails/index.ts';
import { compareReplays, type Difference } from '../../../src/rules/replay/backtest.ts';
import { readinessOf } from '../../../src/rules/replay/readiness.ts';
import { createReplay, type Episode } from '../../../src/rules/replay/replay.ts';
import { formatDifference, formatEpisode } from '../../../src/tell/terminal/backtest.ts';
import { FROZEN, POLICY, POLL, poolOf, sweepOf } from '../../support/pool.ts';
import { ruleSet, START, unwritable } from '../../support/world.ts';

const DAY_MS = 86_400_000;

/** b is silent from the third second to the tenth. */
function episodes(rules: readonly Rule[]): Episode[] {
  const replay = createReplay({ pool: poolOf(), policy: POLICY, poll: POLL, ruleSet: ruleSet(rules), judge });
  for (let second = 0; second < 20; second += 1) {
    const at = START + second * 1_000;
    const parts = second >= 3 && second < 10 ? FROZEN : {};
    for (const [i, node] of ['a', 'b'].entries()) replay.fold({ id: `${at}-${i}`, body: sweepOf(node, at, parts) });
  }
  return replay.episodes();
}

const shown = (episode: Episode) => ({ ...episode, wishes: episode.wishes.map(({ verdict }) => verdict).join() });

function lines(before: readonly Rule[], after: readonly Rule[]): string[] {
  return compareReplays(episodes(before), episodes(after)).map((one: Difference) =>
    formatDifference(
      one.kind === 'other'
        ? { ...one, before: shown(one.before), after: shown(one.after) }
        : { ...one, episode: shown(one.episode) },
    ),
  );
}

describe('rules over a recording', () => {
  it('fire as they would have, and ask the rails as they would have', () => {
    const all = episodes([unwritable()]);
    expect(all).toEqual([
      {
        ...{ rule: 'member-unwritable', target: 'b', title: 'b: unwritable: false' },
        ...{ firedAt: START + 4_000, resolvedAt: START + 10_000 },
        wishes: [{ at: START + 4_000, action: 'drain', verdict: 'act' }],
      },
    ]);
    expect(formatEpisode(shown(all[0] as Episode))).toBe(
      '1970-01-01T00:16:44Z  member-unwritable b fires for 6 s: act',
    );
  });
});

describe('a recording with a hole', () => {
  it('does not let what was pending before it fire behind it', () => {
    const rules = [unwritable({ forMs: 10_000 })];
    const replay = createReplay({ pool: poolOf(), policy: POLICY, poll: POLL, ruleSet: ruleSet(rules), judge });
    for (const at of [START, START + 60_000, START + 65_000]) {
      for (const [i, node] of ['a', 'b'].entries()) replay.fold({ id: `${at}-${i}`, body: sweepOf(node, at, FROZEN) });
    }
    expect(replay.episodes()).toEqual([]);
  });

  it('leaves drills out', () => {
    const replay = createReplay({
      pool: poolOf(),
      policy: POLICY,
      poll: POLL,
      ruleSet: ruleSet([unwritable()]),
      judge,
    });
    const request = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ops', force: false } as const;
    replay.fold({ id: `${START}-0`, body: sweepOf('a', START) });
    replay.fold({ id: `${START}-1`, body: { ...request, drill: { rule: 'member-unwritable' } } });
    expect(replay.decisions.size).toBe(0);
  });
});

describe('other rules over the same recording', () => {
  it('differ in nothing when they are the same', () => {
    expect(lines([unwritable()], [unwritable()])).toEqual([]);
  });

  it('fire earlier or later', () => {
    expect(lines([unwritable()], [unwritable({ forMs: 3_000 })])).toEqual([
      '~ 1970-01-01T00:16:44Z  member-unwritable b would fire 2 s later',
    ]);
  });

  it('fire more or less often', () => {
    const never = [unwritable({ forMs: 60_000 })];
    expect(lines([unwritable()], never)).toEqual([
      '- 1970-01-01T00:16:44Z  member-unwritable b would no longer fire for 6 s: act',
    ]);
    expect(lines(never, [unwritable()])).toEqual([
      '+ 1970-01-01T00:16:44Z  member-unwritable b would fire for 6 s: act',
    ]);
  });

  it('get another answer', () => {
    const strict = [unwritable({ evidence: { observers: 3 } })];
    expect(lines([unwritable()], strict)).toEqual([
      '~ 1970-01-01T00:16:44Z  member-unwritable b refuse, instead of act',
    ]);
  });
});

describe('a rule in shadow', () => {
  const rule = unwritable({ mode: 'shadow' });
  const episode = (stays: number): Episode => ({
    ...{ rule: rule.name, target: 'b', title: '', firedAt: 0, resolvedAt: 1_000 + stays },
    wishes: [{ at: 1_000, action: 'drain', verdict: 'shadow' }],
  });
  const refused = {
    ...episode(0),
    wishes: [{ at: 1_000, action: 'drain', verdict: 'refuse', rail: 'evidence' }] as const,
  };
  const hour = 3_600_000;

  it.each([
    [
      'is not ready before it was watched for a week',
      [episode(hour)],
      2 * DAY_MS,
      false,
      /^Not ready: 48 h are|^Not ready: 2 d are/,
    ],
    ['is not known when it never fired', [], 8 * DAY_MS, false, /^Not known: in 8 d it never fired/],
    ['is not known when the rails always refused', [refused], 8 * DAY_MS, false, /fired and never could have acted/],
    [
      'is not ready when the problem goes by itself',
      [episode(hour), episode(60_000)],
      8 * DAY_MS,
      false,
      /^Not ready: 1 of 2 times .* gone by itself within 2 min/,
    ],
    [
      'is ready when the problem stays',
      [episode(hour), episode(hour)],
      8 * DAY_MS,
      true,
      /^Ready: in 8 d it wanted to act 2 times/,
    ],
  ])('%s', (_, seen, recordedMs, ready, sentence) => {
    const evidence = readinessOf(rule, seen, recordedMs, 'auto');
    expect(evidence.ready).toBe(ready);
    expect(evidence.sentence).toMatch(sentence);
  });

  it('counts what was gone by itself without the time that it goes on to fire', () => {
    const slow = unwritable({ mode: 'shadow', keepFiringForMs: 600_000 });
    expect(readinessOf(slow, [episode(610_000)], 8 * DAY_MS, 'auto')).toMatchObject({ gone: 1, ready: false });
    expect(readinessOf(slow, [episode(hour)], 8 * DAY_MS, 'auto')).toMatchObject({ gone: 0, ready: true });
  });

  it('is not ready when it is off', () => {
    const off = unwritable({ mode: 'off' });
    expect(readinessOf(off, [], 8 * DAY_MS, 'auto')).toMatchObject({ ready: false, sentence: 'It is off.' });
  });

  it('says the mode that holds where policy.mode is lower', () => {
    const acting = unwritable({ mode: 'auto' });
    expect(readinessOf(acting, [], 8 * DAY_MS, 'shadow')).toMatchObject({
      ...{ mode: 'auto', holds: 'shadow' },
      sentence:
        'It is past shadow: its file says auto. Now it is shadow: policy.mode in weir.yaml is shadow, and the lower one holds.',
    });
    expect(readinessOf(acting, [], 8 * DAY_MS, 'auto').sentence).toBe('It is past shadow: its file says auto.');
  });

  it('is counted by what the rails would have said', () => {
    const seen = [episode(hour), episode(0), refused, { ...episode(0), rule: 'other' }];
    expect(readinessOf(rule, seen, DAY_MS, 'auto')).toMatchObject({
      mode: 'shadow',
      fired: 3,
      acted: 2,
      refused: 1,
      gone: 1,
    });
  });
});
