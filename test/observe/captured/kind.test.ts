import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../src/observe/captured/kind.ts';
import { readingCases } from '../../support/readings/reading-cases.ts';

describe('what a file of answers is', () => {
  it.each(readingCases().filter(({ name }) => name !== 'info-empty'))('$name is told by its content', (one) => {
    expect(kindOf('answers', one.text)).toBe(one.kind);
  });

  it.each([
    ['info-of-a.txt', '', 'info'],
    ['clients.txt', 'nobody is connected', 'clients'],
    ['capture-1.json', '{', 'capture'],
  ])('%s is told by its name', (file, text, kind) => {
    expect(kindOf(`/some/where/${file}`, text)).toBe(kind);
  });

  it.each([
    ['clients-1.txt', '# Server\r\nredis_version:7.0.15\r\n', 'info'],
    ['info.json', '{"alerts": []}', 'alerts'],
  ])('%s is what it has in it, whatever its name', (file, text, kind) => {
    expect(kindOf(`/some/where/${file}`, text)).toBe(kind);
  });

  it.each([
    ['a.txt', '', /^a\.txt:1:1 what this is cannot be told \(it is empty\): say --as info, clients, /],
    ['a.json', '{"x": 1}', /^a\.json:1:1 what this is cannot be told \(neither .*\): say --as info/],
  ])('%s with %j is none that can be told', (file, text, sentence) => {
    expect(() => kindOf(file, text)).toThrow(sentence);
  });
});
