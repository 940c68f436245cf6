import { expect, it } from 'vitest';
import { weirVersion } from '../../src/lib/files/version.ts';
import { createMetrics } from '../../src/tell/metrics.ts';
import { drained, healthy, pool, stalled, status } from './fixtures/status.ts';

function sample(text: string, line: string): string | undefined {
  return text
    .split('\n')
    .find((one) => one.startsWith(`${line} `))
    ?.slice(line.length + 1);
}

it('a status becomes gauges', async () => {
  const text = await createMetrics().text(stalled, 1_500);
  expect(sample(text, 'weir_member_memory_ratio{pool="logs",member="a"}')).toBe('0.71');
  expect(sample(text, 'weir_member_weight{pool="logs",member="b"}')).toBe('100');
  expect(sample(text, 'weir_member_writable{pool="logs",member="b"}')).toBe('1');
  expect(sample(text, 'weir_pool_seconds_to_full{pool="logs"}')).toBe('442');
  expect(sample(text, 'weir_findings_firing{pool="logs",rule="downstream-stalled",severity="page"}')).toBe('1');
  expect(text).not.toContain('rule="logs-refused"');
  expect(sample(text, 'weir_last_evaluation_age_seconds')).toBe('1.5');
  expect(sample(text, 'weir_broker_up')).toBe('1');
});

it('what is not known now has no sample, and no old one', async () => {
  const metrics = createMetrics();
  await metrics.text(healthy, 0);
  const text = await metrics.text(drained, 0);
  expect(sample(text, 'weir_member_memory_ratio{pool="logs",member="b"}')).toBeUndefined();
  expect(sample(text, 'weir_member_weight{pool="logs",member="b"}')).toBe('0');
  expect(sample(text, 'weir_leases{pool="logs"}')).toBe('1');

  const lost = await metrics.text(undefined, undefined);
  expect(lost).not.toContain('member=');
  expect(sample(lost, 'weir_broker_up')).toBe('0');
  expect(sample(lost, 'weir_last_evaluation_age_seconds')).toBeUndefined();
});

it('decisions, tells and evaluations are counted, whatever the status', async () => {
  const metrics = createMetrics();
  for (const decision of pool(stalled.pools[0]).decisions) metrics.decided(decision);
  metrics.delivered('slack');
  metrics.tellFailed('mail');
  metrics.evaluated('logs', 12);
  const text = await metrics.text(undefined, 100);
  const refused =
    'weir_decisions_total{pool="logs",rule="member-filling",action="drain",verdict="refuse",rail="common cause"}';
  expect(sample(text, refused)).toBe('1');
  expect(sample(text, 'weir_decisions_total{pool="logs",rule="request",action="restore",verdict="act",rail=""}')).toBe(
    '1',
  );
  expect(sample(text, 'weir_told_total{channel="slack"}')).toBe('1');
  expect(sample(text, 'weir_tell_failures_total{channel="mail"}')).toBe('1');
  expect(sample(text, 'weir_evaluation_duration_seconds_count{pool="logs"}')).toBe('1');
});

it('every metric begins with weir_, has a HELP text, and odd names do not break the format', async () => {
  const text = await createMetrics().text(status(pool({ name: 'a"b\\c\nd' })), 0);
  for (const line of text.split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) weir_\w+ \S.*|weir_\w+(\{.*\})? \S+|)$/);
  }
});

it('has the version that runs, broker or not', async () => {
  const text = await createMetrics().text(undefined, undefined);
  expect(sample(text, `weir_build_info{version="${weirVersion()}"}`)).toBe('1');
});
