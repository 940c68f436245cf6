/** Every attack, in the order in which they are made: without a pool, then on one without seals, accepting and requiring them. */

import type { HostAttack, PoolAttack } from '../attack.ts';
import { ENTRY_ATTACKS } from './entries.ts';
import { FILE_ATTACKS, RECORDING_ATTACKS } from './files.ts';
import { JOB_ATTACKS } from './jobs.ts';
import { NODE_ATTACKS, RECORD_ATTACKS } from './node.ts';
import { OUTSIDE_ATTACKS } from './outside.ts';
import { PAGE_ATTACKS } from './page.ts';
import { SECRET_ATTACKS } from './secrets.ts';
import { SLACK_ATTACKS } from './slack.ts';
import { ESCAPE_ATTACKS, TERMINAL_ATTACKS } from './terminal.ts';

export const HOST_ATTACKS: readonly HostAttack[] = [
  ...[SECRET_ATTACKS, PAGE_ATTACKS, SLACK_ATTACKS, FILE_ATTACKS, OUTSIDE_ATTACKS, ESCAPE_ATTACKS].flat(),
];

const MODES = ['off', 'accept', 'require'] as const;

const onPool = [RECORD_ATTACKS, JOB_ATTACKS, ENTRY_ATTACKS, TERMINAL_ATTACKS, RECORDING_ATTACKS, NODE_ATTACKS].flat();

/** Each mode begins with every process started anew. */
export const POOL_ATTACKS: readonly PoolAttack[] = MODES.flatMap((mode) => onPool.filter((one) => one.mode === mode));
