import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCalls } from '../../../lab/machine/calls.ts';

it('each answer finds its question, in whatever order they come', async () => {
  const orders = fc
    .integer({ min: 1, max: 20 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }));
  await fc.assert(
    fc.asyncProperty(orders, async (order) => {
      const calls = createCalls();
      const ids: number[] = [];
      const answers = order.map(() => calls.make((id) => ids.push(id)));

      for (const index of order) calls.settle({ id: ids[index] as number, answer: `answer ${index}` });

      expect(await Promise.all(answers)).toEqual(order.map((_, index) => `answer ${index}`));
    }),
  );
});

it('an error fails its question and no other', async () => {
  const calls = createCalls();
  const ids: number[] = [];
  const failing = calls.make((id) => ids.push(id));
  const fine = calls.make((id) => ids.push(id));

  calls.settle({ id: ids[0] as number, error: 'There is no host x.' });
  calls.settle({ id: ids[1] as number, answer: {} });

  await expect(failing).rejects.toThrow('There is no host x.');
  expect(await fine).toEqual({});
});

it('an answer that nobody waits for, or a second one, changes nothing', async () => {
  const calls = createCalls();
  let asked = 0;
  const waiting = calls.make((id) => {
    asked = id;
  });

  calls.settle({ id: asked + 1, answer: 'of nobody' });
  calls.settle({ id: asked, answer: 'first' });
  calls.settle({ id: asked, error: 'second' });

  expect(await waiting).toBe('first');
});

it('a failure fails what waits, and everything after it, which is not even sent', async () => {
  const calls = createCalls();
  const sent: number[] = [];
  const before = [calls.make((id) => sent.push(id)), calls.make((id) => sent.push(id))];

  calls.fail(new Error('The guest is gone.'));
  const after = calls.make((id) => sent.push(id));

  const results = await Promise.allSettled([...before, after]);
  expect(results.map((one) => (one.status === 'rejected' ? one.reason.message : 'answered'))).toEqual(
    Array(3).fill('The guest is gone.'),
  );
  expect(sent).toHaveLength(2);
});
