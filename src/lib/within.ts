/**
 * Waits for a promise, with a limit. A result that comes later is dropped.
 * @param ms the limit.
 * @param late makes the result where the limit has passed, or throws; left out: an Error is thrown.
 */
export async function within<T, Late = never>(
  promise: Promise<T>,
  ms: number,
  late: () => Late = () => tooLate(ms),
): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, limit.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(ms: number): never {
  throw new Error(`no answer within ${ms} ms`);
}
