import { expect, it } from 'vitest';
import { statusMain } from '../../../src/tell/http/page.ts';
import {
  ALL,
  blind,
  decision,
  drained,
  empty,
  finding,
  HOSTILE,
  healthy,
  hostile,
  NOW,
  pool,
  stalled,
  status,
} from '../fixtures/status.ts';

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&#39;', "'");
}

function page(name: keyof typeof ALL): string {
  return textOf(statusMain(ALL[name] as (typeof ALL)[string]).toString());
}

it('a healthy pool says so, and what is empty says that it is', () => {
  const text = page('healthy');
  expect(text).toContain('No finding. 2 of 2 members serving.');
  expect(text).toContain('Nothing was decided yet.');
  expect(text).toContain('Weir holds nothing');
  expect(text).toContain('not filling');
});

it('a stall: the finding with values and time, the refusal with its rail and every other rail', () => {
  const text = page('stalled');
  expect(text).toContain('firing, page Downstream stalled: 2 of 2 filling, full in 14 min');
  expect(text).toContain('pool.consume_rate 205 KiB/s');
  expect(text).toContain('refused common cause: 2 of 2 members (a, b)');
  expect(text).toContain('passed evidence a, b see it');
  expect(text).toContain('▲ muted'.replace('▲', '•'));
});

it('a drained member: weight, hold, lease and outcome', () => {
  const text = page('drained');
  expect(text).toContain('weight 0 , held');
  expect(text).toMatch(/b weight 0 \d\d:\d\d:\d\d 26 min left rule member-unwritable/);
  expect(text).toContain('24 producers moved');
});

it('what nobody knows is said, and troubles are sentences', () => {
  const text = page('blind');
  expect(text).toContain('MASTER ? nobody');
  expect(text).toContain('How many is not known.');
  expect(text).toContain('The broker may evict keys');
  expect(text).toContain('a has been silent for 14 s');
  expect(text).toContain('settling for 42 s more');
  expect(page('empty')).toContain('Nothing evaluated yet');
  expect(textOf(statusMain(status()).toString())).toContain('No pool is configured.');
});

it('who has the VIP stands at the head of the pool', () => {
  expect(page('healthy')).toContain('MASTER a VRRP ✓ OK');
  expect(page('blind')).toContain('MASTER ? nobody VRRP ? unknown');
  expect(page('dual')).toContain('MASTER b VRRP ▲ DUAL');
  expect(page('dual')).toContain('▲ ORPHAN');
});

it('nothing from outside becomes markup', () => {
  const html = statusMain(hostile).toString();
  expect(html).not.toMatch(/<script|<img|onerror="/);
  expect(html.split('window.pwned').length).toBeGreaterThan(30);
  expect(HOSTILE).toContain('<script>');
});

it('twenty decisions are shown, newest first', () => {
  const decisions = Array.from({ length: 30 }, (_, index) => decision({ at: 1_000_000 - index }));
  const html = statusMain(status(pool({ decisions }))).toString();
  expect(html.match(/id="decision-/g)).toHaveLength(20);
  expect(html.indexOf('decision-1000000-0')).toBeLessThan(html.indexOf('decision-999999-0'));
});

it.each(Object.entries({ healthy, stalled, drained, blind, empty }))(
  '%s: no inline style, each id once, each table has heads',
  (_name, one) => {
    const html = statusMain(one).toString();
    expect(html).not.toContain('style=');
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html.match(/<table/g)?.length).toBe(html.match(/<thead>/g)?.length);
  },
);

it('what people hold and what waits for them stands above everything else', () => {
  const { at } = healthy;
  const waiting = decision({
    verdict: 'ask',
    state: 'waiting',
    approval: { needed: 1, until: at + 300_000, answers: [] },
  });
  const hold = { scope: { kind: 'member', name: 'b' }, by: 'ann <b>', reason: 'disks', until: at + 60_000 } as const;
  const text = textOf(statusMain(status(pool({ holds: [hold], waiting: [waiting] }))).toString());
  expect(text).toContain('Held: Weir watches and does not act △ logs/b for 1 min more, by ann &lt;b&gt;: disks');
  expect(text).toContain(`5 min left: weir approve ${waiting.id}`);
  expect(page('healthy')).not.toContain('Held: Weir');
});

it('what a person has taken out says who, and until when', () => {
  const out = finding({ target: 'b', muted: true, outBy: { by: 'ann', until: NOW + 60_000 } });
  expect(textOf(statusMain(status(pool({ findings: [out] }))).toString())).toMatch(
    /muted.*ann has it out of service until \d\d:\d\d:\d\d/s,
  );
});

it('its foot has the version', () => {
  expect(textOf(statusMain({ ...status(), version: '1.2.3' }).toString())).toContain('Weir 1.2.3');
});
