import { CronJob } from 'cron';

export interface Repeating {
  /** Stops and waits for the run that is under way. */
  stop(): Promise<void>;
}

/**
 * Runs `work` every `intervalMs`, never twice at once; a run that takes longer than the interval leaves out the next.
 * In process and not as a BullMQ job scheduler, because those vanish with the broker's memory (stack.md 1.2). Whole
 * seconds that divide a minute go by cron, on the wall clock's seconds; anything else (a pool scaled down for tests)
 * by a timer, since cron knows no shorter time.
 */
export function every(
  intervalMs: number,
  name: string,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Repeating {
  let running: Promise<void> = Promise.resolve();
  const once = () => {
    running = work().catch(onError);
    return running;
  };
  const seconds = intervalMs / 1_000;
  if (Number.isInteger(seconds) && seconds <= 60 && 60 % seconds === 0) {
    const cronTime = seconds === 60 ? '0 * * * * *' : `*/${seconds} * * * * *`;
    const job = CronJob.from({ cronTime, name, onTick: once, waitForCompletion: true, start: true });
    return {
      async stop() {
        await job.stop();
        await running;
      },
    };
  }
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void once().finally(() => {
      busy = false;
    });
  }, intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
