import { within } from '../../src/lib/within.ts';

/** A running role of a process. */
export interface Role {
  /** Stops taking work, lets what runs end (25 s at the most), closes connections. May be called twice. */
  stop(): Promise<void>;
  /** A sentence when it does not do its work, though its process runs. */
  stuck?(): string | undefined;
}

/** A process that stops waits no longer than this: its supervisor kills it after 30 s. */
const STOP_WITHIN_MS = 25_000;

/** Runs the closers one after the other, each bounded by what is left of the time. Goes on after one that fails. */
export async function closeInOrder(
  closers: readonly (() => Promise<unknown> | unknown)[],
  onError: (error: unknown, doing: string) => void,
): Promise<void> {
  const until = performance.now() + STOP_WITHIN_MS;
  for (const close of closers) {
    try {
      await within((async () => close())(), Math.max(100, until - performance.now()), () => {
        throw new Error('it did not end in time');
      });
    } catch (error) {
      onError(error, 'stopping');
    }
  }
}

/** Makes `stop` safe to be called twice. */
export function onceOnly(stop: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}
