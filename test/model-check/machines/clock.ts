/** A machine's clocks: the monotonic one, which stands still while the machine does, and Weir's own, which asks the broker. */

import { type BrokerClock, createBrokerClock } from '../../../src/broker/time/clock.ts';
import type { Broker } from './broker.ts';

export interface Machine {
  readonly isCut: boolean;
  /** In ms; counts only while the machine runs. */
  monotonic(): number;
  /** The machine's own calendar clock, in ms. */
  calendar(): number;
}

/** Broker time as a process on this machine has it: the real clock, over the stand-in for the broker. */
export function createModelClock(broker: Broker, machine: Machine, startsFrom = 0): BrokerClock {
  const look = async () => {
    if (machine.isCut) throw new Error('no answer');
    return broker.look();
  };
  const clock = createBrokerClock(look, { monotonic: () => machine.monotonic(), startsFrom });
  return {
    get synced() {
      return clock.synced;
    },
    get lead() {
      return clock.lead;
    },
    // The real one would begin with the calendar of the machine that this runs on.
    now: () => (clock.synced || startsFrom > 0 ? clock.now() : machine.calendar()),
    sync: () => clock.sync().catch(() => undefined),
    known: () => clock.known(),
    ask: () => clock.ask(),
    follow: () => clock.follow(),
  };
}
