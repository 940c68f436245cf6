import { expect, it } from 'vitest';
import type { ExternalAlert } from '../../../src/model/readings/alert.ts';
import { checkRules } from '../../../src/rules/files/load.ts';
import { alertSignals } from '../../../src/rules/state/alerts.ts';
import { START, world } from '../../support/world.ts';

const TEXT = `version: 1
rules:
  - name: sink-down
    for_each: pool
    when: pool.alerts_firing > 0 && pool.alerts.contains("ElasticsearchDown")
    severity: page
    tell: {title: "Elasticsearch is down, says its Alertmanager"}
`;

function alert(name: string, firing = true): ExternalAlert {
  return { fingerprint: name, name, labels: { alertname: name }, firing, startsAt: START };
}

it("a rule fires by an Alertmanager's alert and is over with it; before the first word nobody knows", () => {
  const { ruleSet, problems } = checkRules([{ file: 'rules.yaml', text: TEXT }]) as never as {
    ruleSet?: { rules: readonly never[] };
    problems?: unknown;
  };
  expect(problems ?? []).toEqual([]);
  const seen = world(ruleSet?.rules ?? []);
  const firing = () =>
    Object.values(seen.state.findings)
      .filter(({ phase }) => phase === 'firing')
      .map(({ rule }) => rule);
  seen.sweeps(100);
  expect(Object.values(seen.state.findings)).toMatchObject([
    { rule: 'sink-down', phase: 'inactive', unknownSince: expect.any(Number) },
  ]);
  seen.fold(200, { kind: 'alerts', pool: 'logs', alerts: [alert('DiskFull'), alert('ElasticsearchDown')] });
  expect(firing()).toEqual(['sink-down']);
  seen.fold(300, { kind: 'alerts', pool: 'logs', alerts: [alert('ElasticsearchDown', false)] });
  seen.sweeps(400);
  expect(firing()).toEqual([]);
  expect(alertSignals(seen.state.alerts, START + 500)).toEqual({ alerts_firing: 1, alerts: 'DiskFull' });
});

it('what is not spoken of for a day is over', () => {
  const seen = world([]);
  seen.fold(100, { kind: 'alerts', pool: 'logs', alerts: [alert('DiskFull')] });
  expect(alertSignals(seen.state.alerts, START + 200).alerts_firing).toBe(1);
  expect(alertSignals(seen.state.alerts, START + 90_000_000)).toEqual({ alerts_firing: 0, alerts: '' });
  expect(alertSignals(undefined, START)).toEqual({});
});

it('more than 1000 are not kept, but one of each name is, and of names no half', () => {
  const seen = world([]);
  const many = Array.from({ length: 1_500 }, (_, i) => ({ ...alert('PodCrash'), fingerprint: `p${i}` }));
  const named = Array.from({ length: 300 }, (_, i) => alert(`SomethingIsWrongWith${i}`));
  seen.fold(100, { kind: 'alerts', pool: 'logs', alerts: [...many, ...named] });

  const { alerts_firing: firing, alerts } = alertSignals(seen.state.alerts, START + 200);

  expect(firing).toBe(1_000);
  expect(Object.values(seen.state.alerts ?? {}).filter(({ name }) => name !== 'PodCrash')).toHaveLength(300);
  expect(String(alerts).length).toBeLessThanOrEqual(4_000);
  const names = new Set(['PodCrash', ...named.map(({ name }) => name)]);
  expect(
    String(alerts)
      .split(' ')
      .filter((name) => !names.has(name)),
  ).toEqual([]);
});

it('the state has no labels: it is written at every step', () => {
  const seen = world([]);
  seen.fold(100, { kind: 'alerts', pool: 'logs', alerts: [{ ...alert('DiskFull'), labels: { id: 'x'.repeat(200) } }] });
  expect(seen.state.alerts).toEqual({ DiskFull: { name: 'DiskFull', seenAt: expect.any(Number) } });
});
