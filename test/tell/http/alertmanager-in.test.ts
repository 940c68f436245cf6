/** What an Alertmanager or Grafana sends is taken alert by alert. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PoolAlerts, parseAlertmanager, type TakenAlerts } from '../../../src/tell/http/alertmanager-in.ts';

const POOLS = ['logs', 'metrics'];

const ALERT = {
  status: 'firing',
  labels: { alertname: 'ElasticsearchDown' } as Record<string, unknown>,
  annotations: { summary: 'Something is wrong.' } as unknown,
  startsAt: '2026-11-23T03:00:00Z' as unknown,
  fingerprint: 'f1' as unknown,
};

type Parts = Partial<Record<keyof typeof ALERT, unknown>>;

const message = (...alerts: Parts[]) => ({ version: '4', alerts: alerts.map((parts) => ({ ...ALERT, ...parts })) });

/** @throws where it is no message at all */
function taken(json: unknown, pools: readonly string[] = ['logs']): TakenAlerts {
  const parsed = parseAlertmanager(json, pools);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

const alertsIn = (json: unknown) => taken(json).told.flatMap(({ alerts }: PoolAlerts) => alerts);
const namesIn = (json: unknown) => alertsIn(json).map(({ name }) => name);

describe('a message', () => {
  it('is for the pool that the label names, else for every pool', () => {
    const told = { fingerprint: 'f1', name: 'ElasticsearchDown', firing: true, startsAt: Date.UTC(2026, 10, 23, 3) };
    expect(taken(message({}), POOLS)).toMatchObject({
      told: [
        { pool: 'logs', alerts: [told] },
        { pool: 'metrics', alerts: [told] },
      ],
      left: [],
    });
    expect(taken(message({ labels: { alertname: 'X', pool: 'metrics' } }), POOLS).told).toMatchObject([
      { pool: 'metrics', alerts: [{ name: 'X' }] },
    ]);
    expect(taken(message({ labels: { alertname: 'X', pool: '' } }), POOLS).told).toHaveLength(2);
  });

  it('of Grafana is the same: version 1, names with spaces, more fields', () => {
    const grafana = {
      ...ALERT,
      labels: { alertname: 'High memory usage' },
      values: { B: 44.2 },
      silenceURL: 'http://x',
    };
    expect(namesIn({ version: '1', orgId: 1, state: 'alerting', alerts: [grafana] })).toEqual(['High_memory_usage']);
  });

  it.each([
    ['another version', { ...message({}), version: '5' }, 'its version is "5"'],
    ['a version that is no text', { ...message({}), version: { toString: 1 } }, 'its version is no text'],
    ['no list of alerts', { version: '4', alerts: {} }, 'it has no list of alerts'],
    ['null', null, 'it has no list of alerts'],
    ['a text', '"alerts"', 'it has no list of alerts'],
  ])('with %s is none', (_name, json, sentence) => {
    expect(parseAlertmanager(json, ['logs'])).toEqual({ problem: expect.stringContaining(sentence) });
  });

  it('of any JSON is taken or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.record(ALERT_ARBITRARY, { requiredKeys: [] }))), (alerts) => {
        const { told } = taken(JSON.parse(JSON.stringify({ version: '4', alerts: [...alerts, ALERT] })));
        expect(told[0]?.alerts.at(-1)).toMatchObject({ name: 'ElasticsearchDown', fingerprint: 'f1' });
      }),
    );
  });
});

const ALERT_ARBITRARY = {
  status: fc.oneof(fc.constantFrom('firing', 'resolved'), fc.jsonValue()),
  labels: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
  annotations: fc.oneof(fc.constant(null), fc.constant({})),
  startsAt: fc.jsonValue(),
  fingerprint: fc.jsonValue(),
};

describe('one odd alert costs no other one', () => {
  const GOOD = { labels: { alertname: 'RedisDown' }, fingerprint: 'f2' };

  it.each<[string, unknown]>([
    ['a state that is none', { ...ALERT, status: 'burning' }],
    ['no state', { ...ALERT, status: undefined }],
    ['nothing at all', null],
    ['a number', 7],
  ])('%s: it is left out, with a word', (_name, odd) => {
    const { told, left } = taken({ version: '4', alerts: [odd, { ...ALERT, ...GOOD }] });

    expect(told).toMatchObject([{ alerts: [{ name: 'RedisDown' }] }]);
    expect(left).toEqual([expect.stringMatching(/^Not read: alerts\.0: the status is .+, not firing or resolved\.$/)]);
  });

  it.each<[string, Parts]>([
    ['annotations null', { annotations: null }],
    ['annotations that are no texts', { annotations: { summary: 7 } }],
    ['a long label', { labels: { ...ALERT.labels, id: 'x'.repeat(5_000) } }],
    ['a hundred labels', { labels: { ...manyLabels(100), ...ALERT.labels } }],
    ['labels that are no texts', { labels: { ...ALERT.labels, shard: 3, up: true, zone: null } }],
    ['labels that cannot be made texts', { labels: { ...ALERT.labels, zone: { toString: null } }, fingerprint: '' }],
    ['a long fingerprint', { fingerprint: 'f'.repeat(300) }],
    ['no fingerprint', { fingerprint: undefined }],
    ['a fingerprint that is none', { fingerprint: 5 }],
    ['no time', { startsAt: 'now' }],
  ])('%s: it is taken as well', (_name, parts) => {
    const { told, left } = taken(message(parts, GOOD));

    expect(told[0]?.alerts.map(({ name }) => name)).toEqual(['ElasticsearchDown', 'RedisDown']);
    expect(left).toEqual([]);
  });

  it('a time that cannot be read is not known', () => {
    expect(alertsIn(message({ startsAt: 'now' }, { startsAt: null }))).toEqual([
      expect.not.objectContaining({ startsAt: expect.anything() }),
      expect.not.objectContaining({ startsAt: expect.anything() }),
    ]);
  });

  it('a pool of others is left out; that is nothing odd', () => {
    const { told, left, foreign } = taken(message({ labels: { alertname: 'CephNearFull', pool: 'rbd' } }, GOOD), POOLS);

    expect(told.map(({ alerts }) => alerts.map(({ name }) => name))).toEqual([['RedisDown'], ['RedisDown']]);
    expect(left).toEqual([]);
    expect(foreign).toBe("For pools that are not Weir's: rbd.");
  });

  it('a pool that is misspelt is left out, and said', () => {
    const { told, left } = taken(message({ labels: { alertname: 'X', pool: 'lgos' } }, GOOD));

    expect(told).toMatchObject([{ alerts: [{ name: 'RedisDown' }] }]);
    expect(left).toEqual(['There is no pool lgos: did you mean "logs"?']);
  });
});

describe('what is long is cut', () => {
  it('labels and names, and what names the alert and its pool stays', () => {
    const labels = { ...manyLabels(100), id: 'x'.repeat(500), alertname: 'DiskFull', pool: 'logs' };
    const [alert] = alertsIn(message({ labels }));

    expect(alert?.labels).toMatchObject({ alertname: 'DiskFull', pool: 'logs' });
    expect(Object.keys(alert?.labels ?? {}).length).toBeLessThanOrEqual(40);
    expect(JSON.stringify(alert).length).toBeLessThan(2_000);
    const [long] = alertsIn(message({ labels: { alertname: `${'y'.repeat(199)}\u{1f525}` } }));
    expect(long?.name).toBe('y'.repeat(199));
  });

  it('the fingerprint is the same in both of its messages, however its labels are cut', () => {
    const of = (parts: Parts) => alertsIn(message({ fingerprint: undefined, ...parts }))[0]?.fingerprint;
    const one = { labels: { ...ALERT.labels, id: `${'x'.repeat(500)}1` } };
    const other = { labels: { ...ALERT.labels, id: `${'x'.repeat(500)}2` } };

    expect(of({ ...one, status: 'resolved' })).toBe(of(one));
    expect(of(other)).not.toBe(of(one));
    expect(of({ fingerprint: 'f'.repeat(300) })).toBe(of({ fingerprint: 'f'.repeat(300), status: 'resolved' }));
    expect(of({ fingerprint: '__proto__' })).toMatch(/^[0-9a-f]{16}$/);
  });

  it('more than 1000 that fire: one of each name stays, and a word says how many do not', () => {
    const many = Array.from({ length: 1_500 }, (_, i) => ({ fingerprint: `f${i}` }));
    const { told, left } = taken(message(...many, { labels: { alertname: 'Last' }, fingerprint: 'last' }), POOLS);

    expect(told.map(({ alerts }) => alerts.length)).toEqual([1_000, 1_000]);
    expect(told[0]?.alerts.at(-1)).toMatchObject({ name: 'Last' });
    expect(left).toEqual([
      'Left out, of more than 1000 that fire or 5000 that are over: logs 501 of 1501, metrics 501 of 1501.',
    ]);
  });

  it('what is over gets through, behind however many that fire', () => {
    const many = Array.from({ length: 3_000 }, (_, i) => ({ fingerprint: `f${i}` }));
    const over = Array.from({ length: 2_000 }, (_, i) => ({ fingerprint: `o${i}`, status: 'resolved' }));
    const alerts = alertsIn(message(...many, ...over));

    expect(alerts.filter(({ firing }) => !firing)).toHaveLength(2_000);
    expect(alerts.filter(({ firing }) => firing)).toHaveLength(1_000);
  });
});

it('a message that nobody ordinary sends has an end: 25000 alerts are read, and 20 names of pools compared', () => {
  const named = Array.from({ length: 30_000 }, (_, i) => ({ status: 'firing', labels: { pool: `logs${i}` } }));
  const { told, left } = taken({ version: '4', alerts: [...named, ALERT] }, ['logs']);

  expect(told).toEqual([]);
  expect(left).toContain('Left out: 5001 of 30001, whatever they say.');
  expect(left.filter((one) => one.startsWith('There is no pool'))).toHaveLength(3);
});

it('an alert that says it is an incident of Weir is told with its claim: whether it is one only the broker knows', () => {
  const labels = { alertname: 'member-unwritable', pool: 'logs', target: 'b' };
  const [alert] = alertsIn(message({ labels, annotations: { weir_incident: 'logs-1' } }));

  expect(alert).toMatchObject({
    name: 'member-unwritable',
    claim: { incident: 'logs-1', rule: 'member-unwritable', pool: 'logs', target: 'b' },
  });
});

it.each(['__proto__', 'constructor', 'toString'])(
  'an alert with the fingerprint %s is one like any other',
  (fingerprint) => {
    const [alert] = alertsIn(message({ fingerprint }));
    expect({
      ...alert,
      fingerprint: Object.hasOwn({ [alert?.fingerprint ?? '']: 1 }, alert?.fingerprint ?? ''),
    }).toMatchObject({
      fingerprint: true,
      firing: true,
    });
  },
);

function manyLabels(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`label_${i}`, `value of label ${i}`]));
}
