/** Differences that are known and wanted, or not mended yet: each by its name, with the reason. Pure. */

import type { Generated } from '../written/generate.ts';
import type { Difference } from './compare.ts';

interface Excuse {
  /** What kind of difference. */
  readonly kind: RegExp;
  /** Only where this is wrong with the configuration. */
  readonly fault?: string;
  readonly why: string;
}

const EXCUSES: readonly Excuse[] = [
  {
    kind: /^not loaded$/,
    why: 'not mended yet: where every member has weight 0, weir.yaml does not load (min_serving), and only its own sentence says so',
  },
  {
    kind: /^virtual server untold$/,
    fault: 'VIP with a port of no number',
    why: 'keepalived 2.2.7 shows a virtual server that stands nowhere: it has given its memory back (check_data.c, alloc_vs, fwmark) and goes on with the block',
  },
];

/** Why this one is no failure; undefined: it is. */
export function excused({ faults }: Generated, { kind }: Difference): string | undefined {
  return EXCUSES.find((one) => one.kind.test(kind) && (one.fault === undefined || faults.includes(one.fault)))?.why;
}
