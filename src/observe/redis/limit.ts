/** Asks CONFIG GET for the limit of a member whose INFO does not have it: Redis before 3.2, and some forks. */

import { type Asker, askAside, SELDOM_MS, whyNone } from './aside.ts';
import { type Info, numberOf } from './info.ts';

export interface LimitReaderOptions extends Asker {
  readonly member: string;
  /** Monotonic, in ms. */
  readonly monotonic: () => number;
}

export interface Limited {
  /** With maxmemory and maxmemory_policy, as far as they could be learned. */
  readonly info: Info;
  readonly troubles: readonly string[];
}

export interface LimitReader {
  /** Never throws. `leftMs`: of poll.timeout. */
  read(info: Info, leftMs: number): Promise<Limited>;
}

/** Asks when a run_id is new, and again seldom: people use `CONFIG SET maxmemory` when a buffer is full. */
export function createLimitReader(options: LimitReaderOptions): LimitReader {
  const { member, monotonic } = options;
  let runId: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let learned: Info = new Map();
  let troubles: readonly string[] = [];

  async function get(setting: string, leftMs: number): Promise<string | undefined> {
    const reply = await askAside(options, leftMs, 'CONFIG', 'GET', setting);
    return Array.isArray(reply) && reply[0] === setting ? String(reply[1]) : undefined;
  }

  /** Returns fields as INFO would have them, and a trouble where the limit is not among them. */
  async function ask(leftMs: number): Promise<[Info, readonly string[]]> {
    try {
      const [limit, policy] = await Promise.all([
        get('maxmemory', leftMs),
        get('maxmemory-policy', leftMs).catch(() => undefined),
      ]);
      const fields = [
        ...(limit === undefined ? [] : [['maxmemory', limit] as const]),
        ...(policy === undefined ? [] : [['maxmemory_policy', policy] as const]),
      ];
      const limits: Info = new Map(fields);
      return [limits, numberOf(limits, 'maxmemory') === undefined ? [noLimit(member, 'CONFIG GET has none')] : []];
    } catch (error) {
      return [new Map(), [noLimit(member, whyNone('CONFIG GET', error, 'CONFIG GET is refused: '))]];
    }
  }

  return {
    async read(info, leftMs) {
      if (!lacksLimit(info)) return { info, troubles: [] };
      const isAnother = info.get('run_id') !== runId;
      if (isAnother || monotonic() - askedAt >= SELDOM_MS) {
        runId = info.get('run_id');
        askedAt = monotonic();
        [learned, troubles] = await ask(leftMs);
      }
      return { info: new Map([...info, ...learned]), troubles };
    },
  };
}

/** Whether INFO has the used memory, and not the limit. */
function lacksLimit(info: Info): boolean {
  return numberOf(info, 'used_memory') !== undefined && numberOf(info, 'maxmemory') === undefined;
}

/** @param why the second reason, as the end of a sentence. */
function noLimit(member: string, why: string): string {
  return `The maxmemory of member ${member} is not known: its INFO has none, and ${why}.`;
}
