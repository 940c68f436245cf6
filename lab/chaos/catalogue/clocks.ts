/** Clocks that are wrong. All times in Weir are the broker's: a node's own clock must not matter. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expectOneDrain, type Fault } from '../fault.ts';
import { drainOnce } from '../until-seen.ts';

const FIVE_MINUTES = 300_000;

const ahead: Fault = {
  name: 'clock-ahead',
  promise: "the clock of the MASTER's node is five minutes ahead: what it sees is fresh, and what it does is done once",
  async inject(bench) {
    await bench.setClock('a', FIVE_MINUTES);
    await sleep(3_000);
    await drainOnce(bench);
    await bench.calm();
    await bench.setClock('a', 0);
    await sleep(2_000);
  },
  expect: expectOneDrain,
};

const back: Fault = {
  name: 'clock-jumps-back',
  promise: 'that clock jumps back in the middle of a drain: polls go on, and the lease is held and given back',
  async inject(bench) {
    await bench.setClock('a', FIVE_MINUTES);
    await sleep(2_000);
    const jump = sleep(2_500).then(() => bench.setClock('a', 0));
    await drainOnce(bench);
    await jump;
    await sleep(2_000);
  },
  expect: expectOneDrain,
};

export const CLOCK_FAULTS: readonly Fault[] = [ahead, back];
