/** A redis-server with a clock that can be set, while this machine's clock stays (stand-ins/clock-step.c). */

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '../../machine/preload.ts';

export interface BrokerClockStandIn {
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets its clock ahead by so much, in s; behind when negative. Its monotonic clock stays. */
  step(seconds: number): Promise<void>;
}

/** `dir` is an existing folder for the library. @throws Error with what the compiler said. */
export async function buildBrokerClock(dir: string): Promise<BrokerClockStandIn> {
  const library = await compile('lab/chaos/stand-ins/clock-step.c', join(dir, 'clock-step.so'), process.env);
  const file = join(dir, 'clock-step');
  const step = async (seconds: number) => {
    // The file is replaced as a whole: half of it would be another time.
    await writeFile(`${file}.new`, String(seconds));
    await rename(`${file}.new`, file);
  };
  await step(0);
  return { env: { LD_PRELOAD: library, CLOCK_STEP_FILE: file }, step };
}
