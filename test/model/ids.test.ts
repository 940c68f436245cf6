import { expect, it } from 'vitest';
import {
  compareEntryIds,
  decisionId,
  deliveryKey,
  endJobId,
  entryOf,
  entryTime,
  leaseIdOf,
  threadOfDelivery,
} from '../../src/model/ids.ts';

const DECISION = '1700000000123-4.member-unwritable.b';

it('a decision is named by its entry, rule and target, and gives its entry back', () => {
  expect(decisionId('1700000000123-4', 'member-unwritable', 'b')).toBe(DECISION);
  expect(entryOf(DECISION)).toBe('1700000000123-4');
  expect(entryTime(entryOf(DECISION))).toBe(1_700_000_000_123);
});

it('the target of a decision may have dots', () => {
  expect(entryOf(decisionId('1-0', 'logstash-down', 'ls1.example.com:9600'))).toBe('1-0');
});

it('entries of one millisecond are in the order of their numbers', () => {
  const ids = ['2-0', '1-10', '1-9'];

  expect(ids.sort(compareEntryIds)).toEqual(['1-9', '1-10', '2-0']);
});

it('the job that ends a lease names the lease, also where it is asked again', () => {
  for (const job of [endJobId(DECISION), endJobId(DECISION, 1_700_000_000_999)]) {
    expect(job).not.toBe(DECISION);
    expect(leaseIdOf(job)).toBe(DECISION);
  }
  expect(endJobId(DECISION, 1)).not.toBe(endJobId(DECISION, 2));
  expect(leaseIdOf(DECISION)).toBe(DECISION);
});

it('a delivery gives its thread back', () => {
  expect(threadOfDelivery(deliveryKey('logs-12', 'slack:#log-oncall'))).toBe('logs-12');
});
