/** Each is a sequence that a long run of the model has found, played alone: what was wrong there was the model, and not Weir. */

import { expect, it } from 'vitest';
import { pack, withModel } from './create.ts';
import { FAULTS } from './faults/index.ts';
import { ask } from './faults/kinds.ts';
import type { Evaluated } from './machines/broker.ts';
import type { Node } from './machines/node.ts';
import { fold } from './machines/worker.ts';
import { type Model, pass } from './model.ts';

/** All is well, b is MASTER, a person has drained it, and keepalived takes the others out of its table. */
async function letsGo(model: Model): Promise<Node> {
  for (const node of model.nodes) await node.start();
  await pass(model, 10);
  model.world.master = 'b';
  await pass(model, 6);
  ask(model, { action: 'drain', target: 'b', leaseMs: 60_000 });
  await pass(model, 6);
  const [, b] = model.nodes as [Node, Node];
  expect(b.kernel.weight('b')).toBe(0);
  for (const name of ['a', 'c']) b.kernel.out.add(name);
  return b;
}

it.each(['before', 'after'] as const)(
  'what a node let go of as it died (%s the change) is judged by the look that it went by, not by who serves when it is told',
  async (dies) => {
    await withModel(1, await pack(), async (model) => {
      const b = await letsGo(model);
      const told: string[] = [];
      const { onNews } = b;
      b.onNews = (outcome) => {
        told.push(`${outcome.result} ${outcome.detail}`);
        onNews(outcome);
      };
      b.kernel.diesIn = dies;
      await pass(model, 6);
      expect([b.actuator, told]).toEqual([undefined, []]);

      b.kernel.out.clear();
      await pass(model, 5);
      expect(b.kernel.weight('a')).toBe(100);
      await b.start();
      expect(told).toEqual([expect.stringMatching(/^released .*Weir lets go of it\. That was 8 s before/)]);
      expect(b.kernel.weight('b')).toBe(100);
      model.invariants.ask();
    });
  },
);

it.each(['in its poll', 'by the next process'])(
  'what a node lets go of although somebody served at its look is broken, told %s',
  async (when) => {
    await withModel(1, await pack(), async (model) => {
      const b = await letsGo(model);
      for (const name of ['a', 'c']) b.kernel.out.delete(name);
      await pass(model, 4);
      const [lease] = b.actuator?.liveLeases('logs') ?? [];
      const decision = lease?.id ?? '';
      expect(decision).not.toBe('');
      if (when === 'by the next process') {
        // The lease is over as the process dies in the change, and somebody served at the poll of that.
        ask(model, { action: 'restore', target: 'b' });
        b.kernel.diesIn = 'before';
        await pass(model, 3);
        expect(b.actuator).toBeUndefined();
        for (const name of ['a', 'c']) b.kernel.lvs.keepalivedRemoves(name);
      }
      const said = {
        pool: 'logs',
        node: 'b',
        member: 'b',
        decision,
        at: b.now,
        result: 'released',
        detail: '',
      } as const;
      model.invariants.said(b, { kind: 'outcome', ...said }, model);
      expect(() => model.invariants.ask()).toThrow('I13 b lets go of b although a, c serves');
    });
  },
);

const hasActed = ({ events }: Evaluated) =>
  events.some((event) => event.type === 'decision' && event.decision.verdict === 'act');

it('a rule has the budgets of the worker that decides, and no more of them', async () => {
  await withModel(1, await pack(), async (model) => {
    for (const node of model.nodes) await node.start();
    await pass(model, 15);
    model.world.befall('b', 'silent');
    await pass(model, 13);
    model.world.befall('b', 'none');
    await pass(model, 25);
    expect(model.verdicts.act).toBe(1);

    const { budgets } = model.parts.policy;
    const halved = { ...budgets, target: { ...budgets.target, max: 1 } };
    const tight = { ...model.parts, policy: { ...model.parts.policy, budgets: halved } };
    const wide = model.parts;
    let folded: Evaluated | undefined;
    model.world.befall('b', 'silent');
    // Nobody commits: by the file of one it is the second of one, by that of the other the second of three.
    for (let second = 0; second < 20 && folded === undefined; second += 1) {
      model.world.now += 1_000;
      for (const node of model.nodes) await node.poll();
      model.broker.appendTick(model.workerClock.now());
      const one = fold(model, { name: 'worker-x', parts: wide });
      if (hasActed(one)) folded = one;
    }
    expect(hasActed(fold(model, { name: 'worker-y', parts: tight }))).toBe(false);
    if (folded === undefined) throw new Error('nothing was decided');
    const { decisions } = model.invariants;
    decisions.folded(folded, { ...model, parts: tight });
    expect(() => decisions.folded({ ...folded, parts: tight }, model)).toThrow(
      /^I10 .* is number 2 of 1 for its target$/,
    );
  });
});

it('rules that are edited are in force for every worker: evaluating by turns two take a member out in time', async () => {
  await withModel(1, await pack(), async (model) => {
    for (const node of model.nodes) await node.start();
    await pass(model, 15);
    const edit = FAULTS.find(({ name }) => name === 'a rule is gone, or another one');
    do {
      model.parts = model.firstParts;
      model.otherParts = model.parts;
      await edit?.happens(model);
    } while (!model.parts.ruleSet.rules.some(({ name }) => name === 'member-unwritable'));
    await pass(model, 10);
    model.world.befall('b', 'silent');
    await pass(model, 15);
    expect(model.nodes.map(({ kernel }) => kernel.weight('b'))).toEqual([0, 0, 0]);
  });
});

it('a time in which no machine runs is owed by nobody; what is then not done in time is broken', async () => {
  await withModel(1, await pack(), async (model) => {
    const { world, liveness, nodes } = model;
    for (const node of nodes) await node.start();
    await pass(model, 15);
    // Nobody evaluates.
    liveness.look(model);
    world.now += 19_000;
    liveness.stoodStill(19_000);
    liveness.look(model);
    world.now += 6_000;
    expect(() => liveness.look(model)).toThrow(/^L after 6 s it is not so that time passes/);
  });
});
