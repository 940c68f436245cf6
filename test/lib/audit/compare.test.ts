/** Each way to tamper with an audit in one place, found by the other places; and what is no finding. */

import { describe, expect, it } from 'vitest';
import { chain, NO_HEAD } from '../../../src/lib/audit/chain.ts';
import { type AuditPlace, compareChain, linksByWriter, type SeenHead } from '../../../src/lib/audit/compare.ts';
import type { AuditRecord } from '../../../src/model/decisions/audit.ts';

const WRITER = 'node:a~1000';
const SWEPT_AT = 1_000_000;

/** A chain whose record `n` is of 1,000 ms times n. */
function chained(count: number, what = 'x', from: AuditRecord[] = []): AuditRecord[] {
  const records = [...from];
  while (records.length < count) {
    const seq = records.length + 1;
    const head = records.at(-1) ?? NO_HEAD;
    const body = { kind: 'people', by: 'ann', what: `${what} ${seq}` } as const;
    records.push(chain(head, { writer: WRITER, pool: 'logs', at: seq * 1_000, body }));
  }
  return records;
}

const WHOLE = chained(6);

interface Scene {
  readonly broker?: readonly AuditRecord[];
  readonly files?: readonly AuditRecord[];
  readonly counted?: number;
  readonly isFull?: boolean;
  /** As b remembers it. */
  readonly seen?: readonly AuditRecord[];
  /** As a's last sweep says that its files end. */
  readonly own?: readonly AuditRecord[];
}

function headOf(records: readonly AuditRecord[], by: string): SeenHead[] {
  const last = records.at(-1);
  return last === undefined ? [] : [{ writer: WRITER, seq: last.seq, hash: last.hash, by }];
}

/** What is found; a place that the scene does not name is not looked at. */
function found({ broker, files, counted = 6, isFull = false, seen = [], own = [] }: Scene): string[] {
  const all = { keeps: () => true };
  const places: AuditPlace[] = [
    ...(broker
      ? [{ ...all, name: 'the broker', chains: linksByWriter(broker), isFull, counted: { [WRITER]: counted } }]
      : []),
    ...(files ? [{ ...all, name: 'the files of this machine', chains: linksByWriter(files), isFull: false }] : []),
  ];
  const heads = [...headOf(seen, 'node b'), ...headOf(own, 'node a').map((head) => ({ ...head, endsAt: SWEPT_AT }))];
  return compareChain({ pool: 'logs', writer: WRITER }, places, heads).map(({ seq, sentence }) => `${seq} ${sentence}`);
}

/** Written anew from record 4 on, by somebody who can make links. */
const FORGED = chained(6, 'forged', WHOLE.slice(0, 3));

describe('no finding', () => {
  it.each<[string, Scene]>([
    ['both places have all of it', { broker: WHOLE, files: WHOLE, seen: WHOLE, own: WHOLE }],
    ['the broker has thrown away the oldest, being full', { broker: WHOLE.slice(2), files: WHOLE, isFull: true }],
    ['all of a chain, being full', { broker: [], files: WHOLE, isFull: true, seen: WHOLE }],
    ['the last were not copied yet', { broker: WHOLE.slice(0, 4), files: WHOLE, counted: 4, own: WHOLE }],
    ['nothing was copied yet', { broker: [], files: WHOLE, counted: 0, own: WHOLE }],
    [
      'the broker came back empty, and has what it was told anew',
      { broker: WHOLE.slice(0, 2), files: WHOLE, counted: 2 },
    ],
    ['nobody says how far it had come, as before there were heads', { broker: WHOLE, files: WHOLE }],
    ['a copy was on its way with the sweep', { broker: chained(1_001), counted: 1_001, own: chained(1_000) }],
    ['somebody remembers an earlier end', { broker: WHOLE, files: WHOLE, seen: WHOLE.slice(0, 3) }],
  ])('%s', (_, scene) => {
    expect(found(scene)).toEqual([]);
  });
});

describe('found is', () => {
  it.each<[string, Scene, string[]]>([
    [
      'a record that is missing in the broker',
      { broker: WHOLE.filter(({ seq }) => seq !== 3), files: WHOLE },
      ['4 1 records before it are missing (in the broker).'],
    ],
    [
      'one that is missing in the files',
      { broker: WHOLE, files: WHOLE.filter(({ seq }) => seq !== 3) },
      ['4 1 records before it are missing (in the files of this machine).'],
    ],
    [
      'one that was changed in one place, hash and all',
      { broker: WHOLE, files: [...WHOLE.slice(0, 5), ...chained(6, 'y', WHOLE.slice(0, 5)).slice(5)] },
      ['6 From here on the broker and the files of this machine do not have the same: one of them was written anew.'],
    ],
    [
      'the end cut off in the broker, which counts',
      { broker: WHOLE.slice(0, 4), files: WHOLE },
      ['4 It ends here in the broker, and 6 were put there: its end was cut off.'],
    ],
    [
      'the end cut off in the files, by the broker',
      { broker: WHOLE, files: WHOLE.slice(0, 4) },
      ['4 It ends here in the files of this machine, and the broker knows record 6: its end was cut off.'],
    ],
    [
      'the same without the files at hand, by what the sweep says of them',
      { broker: WHOLE, own: WHOLE.slice(0, 4) },
      [
        '4 The files of node a end here, and the broker has record 5: the end of the files was cut off, or somebody wrote in its name.',
      ],
    ],
    [
      'the end cut off in both and the count set back, by another node',
      { broker: WHOLE.slice(0, 4), files: WHOLE.slice(0, 4), counted: 4, seen: WHOLE },
      [
        '4 It ends here in the broker, and node b knows record 6: its end was cut off.',
        '4 It ends here in the files of this machine, and node b knows record 6: its end was cut off.',
      ],
    ],
    [
      'the beginning cut off in a broker that is not full',
      { broker: WHOLE.slice(2), files: WHOLE },
      ['3 The 2 records before it were cut off in the broker, where none are thrown away yet.'],
    ],
    [
      'the beginning cut off in files',
      { broker: WHOLE, files: WHOLE.slice(2) },
      ['3 The 2 records before it were cut off in the files of this machine, where none are thrown away yet.'],
    ],
    [
      'a fork: the broker written anew from a record on',
      { broker: FORGED, files: WHOLE, own: WHOLE },
      [
        '4 From here on the broker and the files of this machine do not have the same: one of them was written anew.',
        '6 Node a knows another record of this number than is in the broker: the chain was written anew.',
      ],
    ],
    [
      'a fork in both places, by another node',
      { broker: FORGED, files: FORGED, own: FORGED, seen: WHOLE },
      [
        '6 Node b knows another record of this number than is in the broker: the chain was written anew.',
        '6 Node b knows another record of this number than is in the files of this machine: the chain was written anew.',
      ],
    ],
    [
      'all of it gone from the broker',
      { broker: [], files: WHOLE },
      ['0 Nothing of it is in the broker, and 6 were put there: its end was cut off.'],
    ],
    [
      'all of it gone from the files',
      { broker: WHOLE, files: [] },
      ['0 Nothing of it is in the files of this machine, and the broker knows record 6: its end was cut off.'],
    ],
  ])('%s', (_, scene, sentences) => {
    expect(found(scene)).toEqual(sentences);
  });
});
