import { expect, it } from 'vitest';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { widthOf } from '../../../src/tell/terminal/layout.ts';
import { formatStatus } from '../../../src/tell/terminal/status.ts';
import {
  ALL,
  blind,
  decision,
  drained,
  dual,
  empty,
  finding,
  healthy,
  NOW,
  pool,
  stalled,
  status,
} from '../fixtures/status.ts';

const PLAIN = { color: false, width: 80, now: NOW };

it.each(Object.entries(ALL))('%s fits a screen of 80 by 40, with colours and without', (_name, one) => {
  for (const color of [false, true]) {
    const lines = formatStatus(one, { ...PLAIN, color }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80);
  }
});

it('a healthy pool is told in a few lines', () => {
  const text = formatStatus(healthy, PLAIN);
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d logs 192\.168\.81\.229:6379 · 2 of 2 serving · MASTER a · mode auto\n✓ No finding\. 2 of 2 members serving\.\n/,
  );
  expect(text).toMatch(/^a +✓ serving +100 +█+░+ +23 % +1,840 +4\.3 MiB +4\.4 MiB +not filling$/m);
  expect(text).not.toMatch(/Findings|decisions|Troubles|Held/);
});

it('a stalled downstream: the finding, the refusal and the rail that refused', () => {
  const text = formatStatus(stalled, PLAIN);
  expect(text).toContain('▲ FIRING page Downstream stalled: 2 of 2 filling, full in 14 min');
  expect(text).toMatch(/△ refused +drain b \(member-filling\)\n +common cause: 2 of 2 members/);
  expect(text.indexOf('FIRING page')).toBeLessThan(text.indexOf('pending'));
});

it('a drained member: the hold, its end, who, and the trouble of the node', () => {
  const text = formatStatus(drained, PLAIN);
  expect(text).toMatch(/b at weight 0 until \d\d:\d\d:\d\d \(26 min left\), by rule member-unwritable/);
  expect(text).toMatch(/✓ verified +drain b/);
  expect(text).toContain("△ b: The member's Redis at 192.168.81.234:6379 gave no answer within 500 ms.");
});

it('who has an incident, and what people are not told of', () => {
  const [firing] = stalled.pools[0]?.findings ?? [];
  const key = `${firing?.rule}/${firing?.target}`;
  const silences = [
    {
      ...{ id: '7-0', pool: 'logs', matcher: { rule: 'member-filling' }, by: 'bob', reason: 'known' },
      ...{ since: NOW - 60_000, until: NOW + 600_000 },
    },
  ];
  const said = { incidents: { [key]: 'logs-42' }, acked: { [key]: 'ann' }, silenced: [key], silences };
  const text = formatStatus(status({ ...(stalled.pools[0] as ReturnType<typeof pool>), ...said }), PLAIN);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('(logs-42, acknowledged by ann, silenced, ');
  expect(text).toMatch(/^Silenced: people are not told\n△ rule member-filling, for 10 min more, by bob: known/m);
  expect(text).toContain('weir silence end 7-0');
});

it('an observer that is no node may be retired, and says until when it is spoken of', () => {
  const observers = [
    { name: 'worker-x', node: false, at: NOW - 60_000, fresh: false, troubles: [] },
    { name: 'b', node: true, at: NOW - 60_000, fresh: false, troubles: [] },
  ];
  const text = formatStatus(status(pool({ observers })), PLAIN).replaceAll(/\s+/g, ' ');
  expect(text).toMatch(/worker-x has been silent for 1 min, since \d\d:\d\d:\d\d: look at `weir worker` there/);
  expect(text).toMatch(/ended on purpose, or runs under another name now, .* it is forgotten at \d\d:\d\d:\d\d\./);
  expect(text.match(/ended on purpose/g)).toHaveLength(1);
});

it('what nobody knows is shown as not known, and never as zero', () => {
  expect(formatStatus(blind, PLAIN)).toMatch(/^a +\? table unknown +–/m);
  expect(formatStatus(empty, PLAIN)).toContain('? Nothing evaluated yet');
  expect(formatStatus(empty, PLAIN)).toMatch(/^a +\? not seen +– +– +–/m);
});

it('a member that keeps Weir out is shown as not known, and counted neither as serving nor as not', () => {
  const { facts } = pool();
  const { answering, listed, weight, held } = facts.members.b ?? {};
  const b = { answering, listed, weight, held, locked_out: 'password' } as Signals;
  const kept = { ...facts, members: { ...facts.members, b }, pool: { ...facts.pool, serving_members: 1 } };
  const text = formatStatus(status(pool({ facts: kept })), PLAIN);
  expect(text).toMatch(/^\d\d:\d\d:\d\d logs .* 1 of 2 serving \(1 not known\) /);
  expect(text).toContain('1 of 2 members serving; not known: b.');
  expect(text).toMatch(/^b +\? not known, keeps Weir out \(password\) +100 +–/m);
});

it('a member that lets Weir in and does not show whether it takes pushes is shown as that', () => {
  const { facts } = pool();
  const { writable: _, refusal: __, full: ___, serving: ____, ...b } = facts.members.b ?? {};
  const unclear = { ...facts, members: { ...facts.members, b: { ...b, locked_out: '' } } };
  expect(formatStatus(status(pool({ facts: unclear })), PLAIN)).toMatch(/^b +\? not known whether it takes logs +\d/m);
});

it('two nodes with the VIP are told in the first line, and which is which below', () => {
  const text = formatStatus(dual, PLAIN);
  expect(text).toMatch(/^\d\d:\d\d:\d\d logs .* MASTER b · VRRP ▲ DUAL ·\s+mode auto\n/);
  expect(text).toMatch(/^Directors: a ▲ ORPHAN .*b ✓ MASTER/m);
});

it.each([
  ['DUAL', 2, '△ 2 nodes hold the VIP. 2 of 2 members serving.'],
  ['NO_MASTER', 0, '△ No node holds the VIP. 2 of 2 members serving.'],
])('%s is the headline also before a rule fires', (vrrp, masters, headline) => {
  const { facts } = pool();
  const text = formatStatus(status(pool({ facts: { ...facts, pool: { ...facts.pool, vrrp, masters } } })), PLAIN);
  expect(text).toContain(headline);
});

it('an evaluation that stands still is the headline', () => {
  const text = formatStatus(healthy, { ...PLAIN, now: NOW + 60_000 });
  expect(text).toContain('▲ Nothing evaluated for 1 min: what stands here is old. Is a worker running?');
});

it('no pool at all says what to write', () => {
  expect(formatStatus(status(), PLAIN)).toBe('No pool is configured. Add one under `pools:` in weir.yaml.');
});

it('names cannot write to the terminal', () => {
  const pool = { ...healthy.pools[0], name: 'lo\u001b[2Jgs\n' } as (typeof healthy.pools)[number];
  expect(formatStatus(status(pool), PLAIN)).not.toContain('\u001b');
});

it('what people hold, what waits for them and what is given back stands in its own place', () => {
  const hold = { scope: { kind: 'pool' }, by: 'ann@bastion', reason: 'disks', until: NOW + 3_600_000 } as const;
  const waiting = decision({
    verdict: 'ask',
    state: 'waiting',
    approval: { needed: 1, until: NOW + 300_000, answers: [] },
  });
  const text = formatStatus(status(pool({ holds: [hold], waiting: [waiting], raising: { b: 25 } })), PLAIN);
  expect(text).toContain('\nHeld: Weir watches and does not act\n△ pool logs for 1 h more, by ann@bastion: disks\n');
  expect(text).toMatch(/\nWaits for approval\n△ drain b \(member-unwritable\), 5 min\s+left:\s+weir\s+approve/);
  expect(text).toContain('\nGiven back\n• b is at weight 25 and rises in steps');
});

it('what a person has taken out says who, and until when', () => {
  const out = finding({ target: 'b', muted: true, outBy: { by: 'ann', until: NOW + 60_000 } });
  expect(formatStatus(status(pool({ findings: [out] })), PLAIN)).toMatch(
    /muted.*ann has it out of service until \d\d:\d\d:\d\d/s,
  );
});
