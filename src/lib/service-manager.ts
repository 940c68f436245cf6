/** Tells systemd that this process is ready and works on, where a unit of Type=notify started it (sd_notify(3)). */

import { messageOf } from '../model/error.ts';
import { createRun } from './run-program.ts';

export interface ServiceManager {
  /** Stops telling systemd anything. */
  stop(): void;
}

const SILENT: ServiceManager = { stop() {} };

/** How often systemd hears from the process within WatchdogSec: one message may be late, or lost. */
const TIMES = 3;

/**
 * Tells that the process is ready, and then, for the unit's WatchdogSec, that it works on for as long as `stuck` has nothing
 * to say. A process whose event loop stands still tells nothing either. Never throws.
 *
 * Node has no datagram sockets of AF_UNIX, so that each telling is a `systemd-notify`: 7 ms of a processor, three times a
 * minute with the units that Weir renders.
 * @param stuck a sentence when the process does not do its work, though it runs.
 * @param say gets what people should read in the journal.
 */
export function reportToServiceManager(
  env: Readonly<Record<string, string | undefined>>,
  stuck: () => string | undefined,
  say: (sentence: string) => void,
): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: withinUs, WATCHDOG_PID: pid } = env;
  if (socket === undefined || socket === '') return SILENT;
  const run = createRun({ env: { NOTIFY_SOCKET: socket } });
  const tell = (word: string) =>
    void run('systemd-notify', [word]).catch((error: unknown) =>
      say(`systemd was not told ${word}: ${messageOf(error)}`),
    );
  tell('READY=1');
  const isMeant = pid === undefined || pid === String(process.pid);
  if (!isMeant || !(Number(withinUs) > 0)) return SILENT;
  const timer = setInterval(
    () => {
      const why = stuck();
      if (why === undefined) tell('WATCHDOG=1');
      else say(`${why} systemd is not told that this process works on, and starts it again.`);
    },
    Number(withinUs) / 1_000 / TIMES,
  );
  return { stop: () => clearInterval(timer) };
}
