/**
 * Loaded into a Weir process before its own code (`--import`): on SIGUSR2 it does what stands in the file of orders, which
 * nothing from outside can do to a process: block the event loop, move its wall clock, or pause its machine. Timers run by
 * the kernel's monotonic clock and are not moved, as in a process whose machine's clock is set.
 */

import { existsSync, readFileSync } from 'node:fs';

export interface Order {
  /** The event loop does nothing else for so long. */
  readonly blockMs?: number;
  /** The event loop does nothing else until there is such a file. */
  readonly blockUntil?: string;
  /** The wall clock is ahead by so much. */
  readonly clockMs?: number;
  /** The machine is stopped for so long, as by its hypervisor: nothing runs, and afterwards both clocks know nothing of it. */
  readonly pauseMs?: number;
}

const file = process.env.WEIR_BENCH_ORDER;
let aheadMs = 0;

const RealDate = Date;
class MovedDate extends RealDate {
  constructor(...args: [] | [string | number | Date]) {
    super(...((args.length === 0 ? [RealDate.now() + aheadMs] : args) as [number]));
  }
  static override now(): number {
    return RealDate.now() + aheadMs;
  }
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

if (file !== undefined) {
  process.on('SIGUSR2', () => {
    const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
    if (order.clockMs !== undefined) {
      aheadMs = order.clockMs;
      globalThis.Date = MovedDate as DateConstructor;
    }
    if (order.blockMs !== undefined) block(order.blockMs);
    if (order.blockUntil !== undefined) {
      // A test ends after a minute.
      for (let looks = 0; looks < 1_200 && !existsSync(order.blockUntil); looks += 1) block(50);
    }
    if (order.pauseMs !== undefined) {
      block(order.pauseMs);
      aheadMs -= order.pauseMs;
      globalThis.Date = MovedDate as DateConstructor;
      const monotonic = performance.now.bind(performance);
      const { pauseMs } = order;
      performance.now = () => monotonic() - pauseMs;
    }
  });
}
