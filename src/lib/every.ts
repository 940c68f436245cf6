import { setTimeout as sleep } from 'node:timers/promises';
import { CronJob } from 'cron';

/** Between the starts of two runs, in ms, however often a run is asked for. */
const GAP_MS = 200;

export interface Repeating {
  /** Stops and waits for the run that is under way. */
  stop(): Promise<void>;
}

export interface RepeatingOnDemand extends Repeating {
  /** How long ago the last run ended, well or not, in ms; before the first: how long ago it was asked for. */
  endedAgoMs(): number;
  /**
   * Asks for a run besides the regular ones, which go on. It begins at once, or as soon as the one under way is over and the last
   * began 200 ms ago. However many ask meanwhile, one run follows; it begins after the last of them.
   */
  runSoon(): void;
}

/**
 * Runs `work` every `intervalMs`, on the wall clock's seconds and never twice at once: a run that takes longer than the
 * interval leaves out the next. In process and not as a BullMQ job scheduler, because those vanish with the broker's
 * memory. The interval is whole seconds that divide a minute, which weir.yaml's check holds.
 */
export function every(
  intervalMs: number,
  name: string,
  work: () => Promise<void>,
  onError: (error: unknown, doing: string) => void,
): RepeatingOnDemand {
  let running: Promise<void> | undefined;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let endedAtMs = performance.now();
  let asked = false;
  let stopped = false;

  function run(): Promise<void> {
    if (running !== undefined) return running;
    startedAtMs = performance.now();
    running = work()
      .catch((error: unknown) => onError(error, name))
      .finally(() => {
        running = undefined;
        endedAtMs = performance.now();
      });
    return running;
  }

  async function runWhenFree(): Promise<void> {
    const waitMs = () => GAP_MS - (performance.now() - startedAtMs);
    // A regular run may begin while this waits for the last one to be over.
    while (running !== undefined || waitMs() > 0) {
      await running;
      await sleep(Math.max(0, waitMs()), undefined, { ref: false });
    }
    asked = false;
    if (!stopped) await run();
  }

  const seconds = intervalMs / 1_000;
  const job = CronJob.from({
    cronTime: seconds === 60 ? '0 * * * * *' : `*/${seconds} * * * * *`,
    name,
    onTick: run,
    waitForCompletion: true,
    start: true,
  });
  return {
    endedAgoMs: () => performance.now() - endedAtMs,
    runSoon() {
      if (asked || stopped) return;
      asked = true;
      void runWhenFree();
    },
    async stop() {
      stopped = true;
      await job.stop();
      await running;
    },
  };
}
