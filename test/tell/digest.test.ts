import { describe, expect, it } from 'vitest';
import { breachesOf } from '../../lab/slack/limits.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import { type DigestData, headline, type PoolDigest } from '../../src/tell/digest/digest.ts';
import { digestMail } from '../../src/tell/digest/mail.ts';
import { digestSlack } from '../../src/tell/digest/slack.ts';
import { incidentOf, NOW } from './fixtures/threads.ts';
import { decisionOf } from './incidents/fixture.ts';

const refused: Partial<Decision> = {
  verdict: 'refuse',
  state: 'closed',
  rails: [{ rail: 'capacity', pass: false, sentence: 'a could not take what b takes.', figures: {} }],
};

function pool(parts: Partial<PoolDigest> = {}): PoolDigest {
  return {
    name: 'logs',
    incidents: [
      incidentOf({ resolvedAt: NOW - 60_000 }),
      incidentOf({ id: '2', target: 'a', title: 'a: refuses writes' }),
    ],
    decisions: [decisionOf({ state: 'verified' }), decisionOf({ id: 'x', ...refused })],
    nearMisses: [{ rule: 'member-filling', target: 'a', times: [NOW - 9_000_000, NOW - 60_000] }],
    neverFired: ['vrrp-dual', 'consumer-silent'],
    countsSince: NOW - 86_400_000 * 9,
    silences: [],
    trend: [],
    ...parts,
  };
}

function data(pools: PoolDigest[]): DigestData {
  return { from: NOW - 86_400_000, to: NOW, timeZone: 'Europe/Berlin', pools };
}

describe('the digest', () => {
  it('says first whether it was a good night', () => {
    expect(headline([pool()])).toBe('2 incidents, 1 still open; 1 action, all verified; 1 refused; 2 near misses');
    const quiet = pool({ incidents: [], decisions: [], nearMisses: [] });
    expect(headline([quiet])).toBe('No incident; no action; 0 refused; 0 near misses');
  });

  it('by mail: everything in the text that the HTML has, times in its zone, a picture of every pool', () => {
    const mail = digestMail(data([pool(), pool({ name: 'metrics' })]));
    expect(mail.subject).toBe(
      '[weir] Digest: 4 incidents, 2 still open; 2 actions, all verified; 2 refused; 4 near misses',
    );
    expect(mail.text).toContain('From 2026-11-22 04:12 to 2026-11-23 04:12, Europe/Berlin.');
    expect(mail.text).toContain('rail capacity: a could not take what b takes.');
    expect(mail.text).toContain('member-filling on a nearly fired 2 times, last at 2026-11-23 04:11');
    expect(mail.text).toContain('Rules that have not fired since 2026-11-14 04:12 (2)\n  vrrp-dual\n  consumer-silent');
    const words = mail.html
      .replaceAll(/<img[^>]*alt="([^"]*)"[^>]*>/g, '$1')
      .replaceAll(/<[^>]+>/g, '\n')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    for (const line of words) expect(mail.text).toContain(line);
    expect(mail.images.map(({ cid }) => cid)).toEqual(['course-1', 'course-2']);
    for (const { cid } of mail.images) expect(mail.html).toContain(`src="cid:${cid}"`);
  });

  it('in Slack: within the limits also after a bad night in fifty pools, harmless whatever the names are', () => {
    const incidents = Array.from({ length: 500 }, (_, i) =>
      incidentOf({ id: `${i}`, title: `<!channel> ${'x'.repeat(300)}` }),
    );
    for (const length of [1, 3, 50]) {
      const message = digestSlack(data(Array.from({ length }, () => pool({ incidents }))));
      expect(breachesOf(message as unknown as Record<string, unknown>)).toEqual([]);
      if (length < 50) expect(JSON.stringify(message)).toContain('… and 495 more');
    }
  });
});
