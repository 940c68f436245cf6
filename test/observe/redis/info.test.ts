import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberOf, parseInfo, partOf } from '../../../src/observe/redis/info.ts';

/** Lines of INFO all, as Redis 7.0.15 prints them. */
const PRINTED = [
  '# Server',
  'redis_version:7.0.15',
  'executable:/opt/redis:7/redis-server',
  'config_file:',
  '',
  '# Memory',
  'used_memory:1049632',
  'maxmemory:0',
  'mem_fragmentation_ratio:10.64',
  'allocator_frag_ratio:nan',
  '',
  '# Commandstats',
  'cmdstat_rpush:calls=64,usec=100,usec_per_call=1.56,rejected_calls=3,failed_calls=0',
  '',
  '# Errorstats',
  'errorstat_OOM:count=3',
  '',
].join('\r\n');

const info = parseInfo(PRINTED);

describe('INFO as text', () => {
  it('gives every field and no section header', () => {
    expect(info.get('redis_version')).toBe('7.0.15');
    expect(info.size).toBe(9);
    expect([...info.keys()].filter((name) => name.startsWith('#'))).toEqual([]);
  });

  it('is split at the first colon only, and a field may be empty', () => {
    expect(info.get('executable')).toBe('/opt/redis:7/redis-server');
    expect(info.get('config_file')).toBe('');
  });

  it('is read with either line end', () => {
    expect(parseInfo(PRINTED.replaceAll('\r', ''))).toEqual(info);
  });

  it('that was written from fields gives those fields back', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
    const value = fc.stringMatching(/^[ -~]{0,30}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (fields) => {
        const text = fields.map(([key, one]) => `${key}:${one}\r\n`).join('');

        expect(parseInfo(`# Section\r\n${text}`)).toEqual(new Map(fields));
      }),
    );
  });

  it('may be anything without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(parseInfo(text)).toBeInstanceOf(Map);
      }),
    );
  });
});

describe('a number', () => {
  it('is what the field says, 0 too', () => {
    expect(numberOf(info, 'used_memory')).toBe(1_049_632);
    expect(numberOf(info, 'mem_fragmentation_ratio')).toBe(10.64);
    expect(numberOf(info, 'maxmemory')).toBe(0);
  });

  it.each(['no_such_field', 'config_file', 'executable', 'allocator_frag_ratio'])('is unknown for %s', (name) => {
    expect(numberOf(info, name)).toBeUndefined();
  });

  it.each(['-1', '18446744073709527704', ' ', '', '-nan'])('is unknown for %j', (text) => {
    expect(numberOf(parseInfo(`used_memory:${text}`), 'used_memory')).toBeUndefined();
    expect(partOf(parseInfo(`cmdstat_x:calls=${text},usec=1`), 'cmdstat_x', 'calls')).toBeUndefined();
  });

  it('is never infinite', () => {
    expect(numberOf(parseInfo('mem_ratio:Infinity'), 'mem_ratio')).toBeUndefined();
    expect(partOf(parseInfo('cmdstat_x:calls=-Infinity'), 'cmdstat_x', 'calls')).toBeUndefined();
  });
});

describe('one part of a field', () => {
  it('is found by its whole name', () => {
    expect(partOf(info, 'cmdstat_rpush', 'calls')).toBe(64);
    expect(partOf(info, 'cmdstat_rpush', 'rejected_calls')).toBe(3);
    expect(partOf(info, 'cmdstat_rpush', 'usec')).toBe(100);
    expect(partOf(info, 'errorstat_OOM', 'count')).toBe(3);
    expect(partOf(parseInfo('cmdstat_x:calls_before=9,calls=1'), 'cmdstat_x', 'calls')).toBe(1);
  });

  it('is unknown where the field or the part is not there', () => {
    expect(partOf(info, 'cmdstat_lpush', 'calls')).toBeUndefined();
    expect(partOf(info, 'cmdstat_rpush', 'call')).toBeUndefined();
    expect(partOf(info, 'redis_version', 'calls')).toBeUndefined();
  });
});
