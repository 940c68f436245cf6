import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLine } from '../../../lab/machine/protocol.ts';

/** Any characters, halves of pairs included. */
const text = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

async function linesOf(bytes: string): Promise<string[]> {
  const input = new PassThrough();
  const lines: string[] = [];
  const reader = createInterface({ input }).on('line', (line) => lines.push(line));
  input.end(bytes);
  await once(reader, 'close');
  return lines;
}

describe('a message on the wire', () => {
  it('is one JSON object and a line end', () => {
    expect(toLine({ id: 1, answer: { text: 'one\ntwo' } })).toBe('{"id":1,"answer":{"text":"one\\ntwo"}}\n');
  });

  it.each([
    ['a line end', '\n'],
    ['a carriage return', '\r'],
    ['U+2028', '\u2028'],
    ['U+2029', '\u2029'],
  ])('has nothing that ends a line in any Node: %s', (_, character) => {
    const line = toLine({ event: 'line', name: 'redis-a', line: `a${character}${character}b` });

    expect(line.slice(0, -1)).not.toMatch(/[\n\r\u2028\u2029]/);
    expect(JSON.parse(line)).toEqual({ event: 'line', name: 'redis-a', line: `a${character}${character}b` });
  });

  it('comes out of a reader of lines as it went in, whatever text it carries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ text }), { maxLength: 5 }), async (messages) => {
        const lines = await linesOf(messages.map(toLine).join(''));

        expect(lines.map((line) => JSON.parse(line))).toEqual(messages);
      }),
    );
  });
});
