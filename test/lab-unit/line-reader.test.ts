import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, type Spoken } from '../../lab/guest/line-reader.ts';
import { toLine } from '../../lab/machine/protocol.ts';

interface Said extends Spoken {
  readonly text?: string;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs `listen` on these chunks of standard input to their end; gives what it heard and what it printed. */
async function hear(chunks: readonly (string | Buffer)[], answer: (message: Said) => object | undefined = () => ({})) {
  const input = new PassThrough();
  const heard: Said[] = [];
  const printed: string[] = [];
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  listen<Said>((message) => {
    heard.push(message);
    return answer(message);
  });
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await finished(input);
  vi.restoreAllMocks();
  return { heard, printed: printed.join('') };
}

/** The bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((one, other) => one - other)];
  return edges.map((edge, index) => bytes.subarray(edge, edges[index + 1] ?? bytes.length));
}

describe('what a program of the lab hears', () => {
  it('a line that comes in pieces is one message', async () => {
    expect((await hear(['{"te', 'xt":"o', 'ne"}', '\n'])).heard).toEqual([{ text: 'one' }]);
  });

  it('two lines that come at once are two', async () => {
    expect((await hear(['{"text":"one"}\n{"text":"two"}\n'])).heard).toEqual([{ text: 'one' }, { text: 'two' }]);
  });

  it('the end of one and the beginning of the next in one piece', async () => {
    expect((await hear(['{"text":"o', 'ne"}\n{"te', 'xt":"two"}\n'])).heard).toEqual([
      { text: 'one' },
      { text: 'two' },
    ]);
  });

  it('a character that is cut in two is whole again', async () => {
    const bytes = Buffer.from('{"text":"ü→😀"}\n');

    for (let place = 0; place <= bytes.length; place += 1) {
      expect((await hear(cut(bytes, [place]))).heard).toEqual([{ text: 'ü→😀' }]);
    }
  });

  it('is the same however its bytes are cut', async () => {
    const messages = fc.array(fc.record({ text: fc.string({ unit: 'binary' }) }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(messages, fc.array(fc.nat(), { maxLength: 12 }), async (sent, places) => {
        const bytes = Buffer.from(sent.map(toLine).join(''));

        expect((await hear(cut(bytes, places))).heard).toEqual(sent);
      }),
    );
  });
});

describe('what it answers', () => {
  it('a question, under its number, in the order of asking', async () => {
    const { printed } = await hear(['{"ask":7}\n{"ask":8,"text":"x"}\n'], ({ text }) => ({ text: text ?? 'none' }));

    expect(printed).toBe('{"answer":7,"text":"none"}\n{"answer":8,"text":"x"}\n');
  });

  it('a message without a number gets none', async () => {
    expect((await hear(['{"text":"x"}\n'])).printed).toBe('');
  });

  it('a question for which there is nothing to say gets its number back', async () => {
    expect((await hear(['{"ask":0}\n'], () => undefined)).printed).toBe('{"answer":0}\n');
  });
});
