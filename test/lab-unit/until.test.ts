import { describe, expect, it } from 'vitest';
import { until, untilValue } from '../../lab/until.ts';

/** Far more than a test needs: a machine may be slow, and a test that waits this long has failed. */
const LONG_MS = 50_000;
/** For what shall not come: time for several looks. */
const SHORT_MS = 900;

/** Gives one after the other, the last one for ever. */
function sequence<T>(...values: readonly T[]): () => T {
  let index = 0;
  return () => values[Math.min(index++, values.length - 1)] as T;
}

describe.concurrent('until', () => {
  it('gives the first truthy thing that it sees, and looks no further', async () => {
    const look = sequence<unknown>(undefined, 0, '', 'here', 'later');
    let looks = 0;

    const seen = await until(
      () => {
        looks += 1;
        return look();
      },
      LONG_MS,
      'something',
    );

    expect([seen, looks]).toEqual(['here', 4]);
  });

  it('a look that fails is not the end', async () => {
    const look = sequence(
      () => Promise.reject(new Error('not yet')),
      () => Promise.resolve(7),
    );

    expect(await until(() => look()(), LONG_MS, 'a number')).toBe(7);
  });

  it('looks at least once, however short the limit', async () => {
    expect(await until(() => 'there', 0, 'something')).toBe('there');
  });

  it('gives up with what it waited for and what it saw last', async () => {
    const waiting = until(() => undefined, SHORT_MS, 'b at weight 0');

    await expect(waiting).rejects.toThrow('Waited 900 ms for b at weight 0, in vain. Seen last: undefined');
  });

  it('gives up with the error that it saw last', async () => {
    const look = () => Promise.reject(new Error('connect ECONNREFUSED'));

    await expect(until(look, SHORT_MS, 'the page')).rejects.toThrow('Seen last: connect ECONNREFUSED');
  });
});

describe.concurrent('untilValue', () => {
  it('gives the value for which it holds, a falsy one too', async () => {
    const weight = await untilValue(sequence(100, 50, 0), (seen) => seen === 0, LONG_MS, 'weight 0');

    expect(weight).toBe(0);
  });

  it('gives up with the value that it read last, as JSON', async () => {
    let looks = 0;
    const read = () => {
      looks += 1;
      return { a: looks };
    };

    const error = await untilValue(read, () => false, SHORT_MS, 'both to agree').catch((one: unknown) => one);

    const message = `Waited 900 ms for both to agree, in vain. Seen last: {"a":${looks}}`;
    expect(error).toMatchObject({ message });
  });

  it('a value that was read before reading failed is told, with the failure as its cause', async () => {
    const read = sequence<() => number>(
      () => 5,
      () => {
        throw new Error('gone');
      },
    );

    const error = await untilValue(
      () => read()(),
      () => false,
      SHORT_MS,
      'more',
    ).catch((one: unknown) => one);

    expect(error).toMatchObject({
      message: expect.stringContaining('Seen last: 5'),
      cause: expect.objectContaining({ message: expect.stringContaining('gone') }),
    });
  });

  it('with nothing ever read it tells why', async () => {
    const read = () => Promise.reject(new Error('no guest'));

    await expect(untilValue(read, () => true, SHORT_MS, 'a table')).rejects.toThrow('Seen last: no guest');
  });
});
