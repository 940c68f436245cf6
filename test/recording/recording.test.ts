import { appendFile, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/model/entries/entry.ts';
import { HOUR_MS, listRecordings, prune } from '../../src/recording/files.ts';
import { readRecording } from '../../src/recording/read.ts';
import { type RawEntry, readCursor, write } from '../../src/recording/write.ts';
import { tempDir } from '../support/temp-dir.ts';

const HOUR = Date.parse('2026-11-25T22:00:00Z');

let root: string;
let folder: string;
let torn: string[];

beforeEach(async () => {
  root = await tempDir();
  folder = join(root, 'logs');
  torn = [];
});

function tick(timeMs: number, sequence = 0): RawEntry {
  return [`${timeMs}-${sequence}`, JSON.stringify({ kind: 'tick', pool: 'logs' })];
}

async function read(since = 0): Promise<string[]> {
  const entries: Entry[] = [];
  const onTorn = (path: string) => torn.push(path);
  for await (const entry of readRecording(folder, { pool: 'logs', since, onTorn })) entries.push(entry);
  expect(entries.every(({ body }) => body.kind === 'tick' && body.pool === 'logs')).toBe(true);
  return entries.map(({ id }) => id);
}

describe('a recording', () => {
  it('gives back what was written, by hours, from a time on', async () => {
    const times = [HOUR + 1, HOUR + 2, HOUR + HOUR_MS, HOUR + HOUR_MS + 1];
    await write(
      folder,
      times.map((time) => tick(time)),
      1,
    );
    expect((await readdir(folder)).sort()).toEqual([
      '2026-11-25T22.1.ndjson.gz',
      '2026-11-25T23.1.ndjson.gz',
      'cursor',
    ]);
    expect(await read()).toEqual(times.map((time) => `${time}-0`));
    expect(await read(HOUR + HOUR_MS)).toEqual([`${HOUR + HOUR_MS}-0`, `${HOUR + HOUR_MS + 1}-0`]);
    expect(await readCursor(folder)).toBe(`${HOUR + HOUR_MS + 1}-0`);
  });

  it('of two processes is one, each entry once and in the order of the stream', async () => {
    await write(folder, [tick(HOUR, 9), tick(HOUR, 10)], 1);
    await write(folder, [tick(HOUR, 10), tick(HOUR, 11)], 2);
    await write(folder, [tick(HOUR, 12)], 1);
    expect(await read()).toEqual([9, 10, 11, 12].map((sequence) => `${HOUR}-${sequence}`));
  });

  it('that was cut off while it was written gives what there is', async () => {
    await write(folder, [tick(HOUR, 1)], 1);
    const whole = (await stat((await listRecordings(folder))[0]?.path as string)).size;
    await write(
      folder,
      Array.from({ length: 200 }, (_, i) => tick(HOUR + i, i + 2)),
      1,
    );
    const [file] = await listRecordings(folder);
    await truncate(file?.path as string, whole + 60);
    await write(folder, [tick(HOUR + 500)], 2);
    const ids = await read();
    expect(ids[0]).toBe(`${HOUR}-1`);
    expect(ids.at(-1)).toBe(`${HOUR + 500}-0`);
    expect(torn).toEqual([]);
  });

  it('of entries that the evaluation set aside has them as such, and no less of the others', async () => {
    const bad: RawEntry[] = [
      [`${HOUR + 1}-0`, '{torn'],
      [`${HOUR + 2}-0`, 'null'],
    ];
    await write(folder, [tick(HOUR), ...bad, tick(HOUR + 3)], 1);
    const kinds: string[] = [];
    const options = { pool: 'logs', since: 0, onTorn: () => undefined };
    for await (const { body } of readRecording(folder, options)) kinds.push(body.kind);
    expect(kinds).toEqual(['tick', 'unreadable', 'unreadable', 'tick']);
  });

  it('names a file that is something else, and goes on with the others', async () => {
    await write(folder, [tick(HOUR)], 2);
    await writeFile(join(folder, '2026-11-25T22.1.ndjson.gz'), 'rubbish');
    await appendFile(join(folder, 'notes.txt'), 'mine');
    expect(await read()).toEqual([`${HOUR}-0`]);
    expect(torn).toEqual([join(folder, '2026-11-25T22.1.ndjson.gz')]);
  });

  it('is for its owner alone: it says who asked for what, and why', async () => {
    await write(folder, [tick(HOUR)], 1);
    const [file] = await listRecordings(folder);
    const modes = [folder, file?.path as string, join(folder, 'cursor')].map(
      async (path) => (await stat(path)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o700, 0o600, 0o600]);
  });

  it('that is not there is empty, and begins at the beginning', async () => {
    expect(await read()).toEqual([]);
    expect(await readCursor(folder)).toBe('0-0');
  });

  it('loses its oldest hours, of all pools, once it is too large', async () => {
    const other = join(root, 'other');
    for (const hour of [0, 2]) await write(folder, [tick(HOUR + hour * HOUR_MS)], 1);
    for (const hour of [1, 3]) await write(other, [tick(HOUR + hour * HOUR_MS)], 1);
    const [file] = await listRecordings(folder);
    const { size } = await stat(file?.path as string);
    await prune(root, size * 4 + 20);
    expect(await read()).toHaveLength(2);
    await prune(root, size * 2 + 20);
    expect((await listRecordings(folder)).map(({ hour }) => hour)).toEqual([HOUR + 2 * HOUR_MS]);
    expect((await listRecordings(other)).map(({ hour }) => hour)).toEqual([HOUR + 3 * HOUR_MS]);
  });
});
