import { CronJob } from 'cron';

export interface Repeating {
  /** Stops and waits for the run that is under way. */
  stop(): Promise<void>;
}

/**
 * Runs `work` every `intervalMs`, on the wall clock's seconds and never twice at once: a run that takes longer than the
 * interval leaves out the next. In process and not as a BullMQ job scheduler, because those vanish with the broker's
 * memory . The interval is whole seconds that divide a minute, which weir.yaml's check holds.
 */
export function every(
  intervalMs: number,
  name: string,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Repeating {
  let running: Promise<void> = Promise.resolve();
  const seconds = intervalMs / 1_000;
  const job = CronJob.from({
    cronTime: seconds === 60 ? '0 * * * * *' : `*/${seconds} * * * * *`,
    name,
    onTick() {
      running = work().catch(onError);
      return running;
    },
    waitForCompletion: true,
    start: true,
  });
  return {
    async stop() {
      await job.stop();
      await running;
    },
  };
}
