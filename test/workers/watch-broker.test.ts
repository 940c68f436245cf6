import { expect, it } from 'vitest';
import { createBrokerWatch } from '../../workers/watch-broker.ts';

/** One look a second at each pool: `+` alive, `-` no worker, `x` no broker. `! ` is over. */
function told(...looks: readonly string[]): string[] {
  const pools = ['logs', 'audit'].slice(0, looks.length);
  const watch = createBrokerWatch({ node: 'a', pools, startedAt: 0 });
  const titles = new Map<string, string>();
  return [...(looks[0] ?? '')].flatMap((look, second) => {
    const alive = new Map(pools.map((pool, index) => [pool, looks[index]?.[second] === '+']));
    const { due, over } = watch({ now: second * 1_000, isTimeKnown: true, alive: look === 'x' ? undefined : alive });
    for (const { id, title } of due) titles.set(id, title);
    return [...due.map(({ title }) => `${second} ${title}`), ...over.map((id) => `${second} ! ${titles.get(id)}`)];
  });
}

it('tells that the broker is lost, when it stays away for 5 s, and that it is back', () => {
  expect(told('++xx++xxxxxxxxxx++')).toEqual([
    '11 Node a has lost the broker',
    '16 Node a has the broker back',
    '16 ! Node a has lost the broker',
  ]);
});

it('says of a node that started without the broker that no lease ends by its time', () => {
  const watch = createBrokerWatch({ node: 'a', pools: ['logs'], startedAt: 0 });
  const looks = [0, 5_000].map((now) => watch({ now, isTimeKnown: false, alive: undefined }));
  expect(looks.at(-1)?.due[0]?.lines.join(' ')).toContain('no lease ends by its time');
});

it('tells that no worker evaluates, and that one does again', () => {
  expect(told('++-------++')).toEqual([
    '6 No worker is evaluating',
    '9 A worker evaluates again',
    '9 ! No worker is evaluating',
  ]);
});

it('tells of one pool that nobody evaluates while others are', () => {
  expect(told('++-------++', '+++++++++++')).toEqual([
    '6 No worker is evaluating logs',
    '9 A worker evaluates logs again',
    '9 ! No worker is evaluating logs',
  ]);
});

it('tells of pools that go in the same second once, and what was said stands until the last of them is back', () => {
  expect(told('++-----+++++', '++-------+++')).toEqual([
    '6 No worker is evaluating',
    '7 A worker evaluates logs again',
    '9 A worker evaluates audit again',
    '9 ! No worker is evaluating',
  ]);
});

it('does not say so of a broker that has come back without its memory, seen away or not', () => {
  expect(told('++---++')).toEqual([]);
  expect(told(`++xx${'-'.repeat(20)}++`)).toEqual([]);
  expect(told(`++xx${'-'.repeat(40)}`)).toEqual(['33 No worker is evaluating']);
});

it('gives workers time to start after a node has', () => {
  expect(told(`${'-'.repeat(29)}++`)).toEqual([]);
  expect(told('-'.repeat(40))).toEqual(['30 No worker is evaluating']);
});
