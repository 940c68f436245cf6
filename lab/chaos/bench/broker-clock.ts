/** A redis-server whose machine's clock can be set, without setting that of this machine (stand-ins/clock-step.c). */

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '../../machine/preload.ts';

export interface BrokerClockStandIn {
  /** What the process is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Its clock is ahead by so much, in s; behind when negative. Its monotonic clock is not touched. */
  step(seconds: number): Promise<void>;
}

/** `dir`: an existing folder for the library. @throws Error with what the compiler said. */
export async function buildBrokerClock(dir: string): Promise<BrokerClockStandIn> {
  const library = await compile('lab/chaos/stand-ins/clock-step.c', join(dir, 'clock-step.so'), process.env);
  const file = join(dir, 'clock-step');
  const step = async (seconds: number) => {
    // As a whole: half a file would be another time.
    await writeFile(`${file}.new`, String(seconds));
    await rename(`${file}.new`, file);
  };
  await step(0);
  return { env: { LD_PRELOAD: library, CLOCK_STEP_FILE: file }, step };
}
