/** What others' servers answered is read as it should be, by the code of `weir read`. */

import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { PollReadout, Readout, ReadPart } from '../../src/model/readings/readout.ts';
import { kindOf } from '../../src/observe/captured/kind.ts';
import { readText } from '../../src/operations/read/index.ts';
import type { ReadSettings } from '../../src/operations/read/settings.ts';
import { type ReadingCase, readingCases } from '../support/readings/reading-cases.ts';
import {
  type Expected,
  READING_EXPECTED,
  type ReadingExpected,
  wrongWith,
} from '../support/readings/reading-expected.ts';

/** The pool that the cases speak of, and the other one that alerts are told of too. */
function settings({ kind }: ReadingCase, budgetBytes?: number): ReadSettings {
  const pool = (vip: string, id: number, a: string, b: string) => ({
    vip: { address: vip, port: 6379 },
    vrrp: { interface: 'eth0', virtual_router_id: id },
    members: { a: { address: a, priority: 254 }, b: { address: b, priority: 250 } },
    ...(budgetBytes !== undefined && { memory_budget: budgetBytes }),
  });
  const written = {
    logs: pool('192.0.2.229', 51, '192.0.2.51', '192.0.2.234'),
    metrics: pool('192.0.2.230', 52, '192.0.2.52', '192.0.2.235'),
  };
  const config = parseConfig({
    file: 'weir.yaml',
    text: JSON.stringify({ pools: written }),
    env: {},
    cwd: '/',
    root: true,
  });
  const { logs, metrics } = config.pools;
  const pools = [logs, metrics].filter((one) => one !== undefined).slice(0, kind === 'alerts' ? 2 : 1);
  return { config, pools, silentMs: 5_000 };
}

async function readCase(one: ReadingCase, budgetBytes?: number): Promise<Readout> {
  const { file, text } = one;
  return readText({ file, text, kind: kindOf(file, text), settings: settings(one, budgetBytes) });
}

for (const one of readingCases()) {
  it(`${one.name} is read right`, async () => {
    const readout = await readCase(one);

    expect(readout.kind).toBe(one.kind);
    expect(wrongIn(readout, one.expected), one.words).toEqual([]);
    if (one.expected.withBudget === undefined) return;
    const { bytes, signals } = one.expected.withBudget;
    expect(wrongIn(await readCase(one, bytes), { polls: { all: signals } }), one.words).toEqual([]);
  });
}

it('every case has its expected values and its words, and no value is without a case', () => {
  const cases = readingCases();

  expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(READING_EXPECTED).sort());
  expect(cases.filter(({ words }) => words === '')).toEqual([]);
});

/** Everything that is not as expected, in words. */
function wrongIn({ parts }: Readout, expected: ReadingExpected): string[] {
  const polls = parts.flatMap((part) => (part.about === 'member' || part.about === 'director' ? part.polls : []));
  const sentences = [...polls.flatMap(({ troubles }) => troubles), ...alertsIn(parts).troubles];
  return [
    ...Object.entries(expected.polls ?? {}).flatMap(([which, signals]) =>
      chosen(polls, which).flatMap((poll) => wrongSignals(poll, signals)),
    ),
    ...(expected.director === undefined ? [] : polls.flatMap((poll) => wrongSignals(poll, expected.director ?? {}))),
    ...(expected.table === undefined ? [] : polls.flatMap((poll) => wrongTable(poll, expected.table ?? {}))),
    ...wrongClients(parts, expected),
    ...wrongAlerts(parts, expected),
    ...(expected.trouble !== undefined && !sentences.some((one) => expected.trouble?.test(one))
      ? [`no trouble like ${expected.trouble}: ${sentences.join(' ')}`]
      : []),
    ...sentences.filter((one) => expected.noTrouble?.test(one)).map((one) => `a trouble: ${one}`),
  ];
}

/** `'all'`, `'3'`, `'2-5'`, `'31-'`. There is always one at least. */
function chosen(polls: readonly PollReadout[], which: string): readonly PollReadout[] {
  const [from = '', to = from] = which.split('-');
  const found = which === 'all' ? polls : polls.slice(Number(from) - 1, to === '' ? undefined : Number(to));
  expect(found.length, `polls ${which}`).toBeGreaterThan(0);
  return found;
}

function wrongSignals({ atMs, signals }: PollReadout, expected: Readonly<Record<string, Expected>>): string[] {
  const wrong = Object.entries(expected).map(([name, right]) => wrongWith(name, signals[name], right));
  return wrong.flatMap((one) => (one === undefined ? [] : [`at ${atMs} ms ${one}`]));
}

function wrongTable({ table = {} }: PollReadout, expected: NonNullable<ReadingExpected['table']>): string[] {
  const rows = Object.entries(table).map(([member, { weight, activeConnections }]) => [
    member,
    { weight, activeConnections },
  ]);
  const seen = JSON.stringify(Object.fromEntries(rows));
  return seen === JSON.stringify(expected) ? [] : [`the table is ${seen}`];
}

function wrongClients(parts: readonly ReadPart[], { clients }: ReadingExpected): string[] {
  if (clients === undefined) return [];
  const found = parts.find((part) => part.about === 'clients');
  const isRight = found?.clients === clients.all && found.takers === clients.takers;
  return isRight ? [] : [`${found?.clients} clients, ${found?.takers} of them take`];
}

function alertsIn(parts: readonly ReadPart[]) {
  return parts.find((part) => part.about === 'alerts') ?? { pools: {}, troubles: [] };
}

function wrongAlerts(parts: readonly ReadPart[], { alerts }: ReadingExpected): string[] {
  if (alerts === undefined) return [];
  const told = Object.entries(alertsIn(parts).pools).map(([pool, { firing }]) => [pool, firing]);
  const seen = JSON.stringify(Object.fromEntries(told));
  return seen === JSON.stringify(alerts) ? [] : [`told is ${seen.slice(0, 300)}`];
}
