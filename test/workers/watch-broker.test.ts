import { expect, it } from 'vitest';
import { createBrokerWatch } from '../../workers/watch-broker.ts';

/** One look a second: `+` alive, `-` no worker, `x` no broker. */
function told(looks: string): string[] {
  const watch = createBrokerWatch({ node: 'a', pool: 'logs', startedAt: 0 });
  return [...looks].flatMap((look, second) =>
    watch({ now: second * 1_000, alive: look === 'x' ? undefined : look === '+' }).map(
      (news) => `${second} ${news.title}`,
    ),
  );
}

it('tells once that the broker is lost, when it stays away for 5 s, and once that it is back', () => {
  expect(told('++xx++xxxxxxxxxx++')).toEqual(['11 Node a has lost the broker', '16 Node a has the broker back']);
});

it('tells once that no worker evaluates, and that one does again', () => {
  expect(told('++-------++')).toEqual(['6 No worker is evaluating', '9 A worker evaluates again']);
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
