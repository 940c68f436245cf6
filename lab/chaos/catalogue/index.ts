/** Every fault, in lanes: the faults of one lane follow one another on one bench. */

import type { Fault } from '../fault.ts';
import { BACKUP_FAULTS } from './backup.ts';
import { BROKER_FAULTS } from './broker.ts';
import { CERTIFICATE_FAULTS } from './certificates.ts';
import { CLOCK_FAULTS } from './clocks.ts';
import { EDITION_FAULTS } from './editions.ts';
import { FILE_FAULTS } from './files.ts';
import { NODE_FAULTS } from './nodes.ts';
import { RULE_FAULTS } from './rules.ts';
import { MASTER_FAULTS, REPLICA_FAULTS, SENTINEL_FAULTS } from './sentinel.ts';
import { ANSWER_FAULTS, TOOL_FAULTS } from './tools.ts';
import { nothing, WORKER_FAULTS } from './workers.ts';

export const LANES: Readonly<Record<string, readonly Fault[]>> = {
  workers: [nothing, ...WORKER_FAULTS, ...CLOCK_FAULTS, ...ANSWER_FAULTS],
  // The last fault leaves certificates, or another broker, behind.
  nodes: [...NODE_FAULTS, ...CERTIFICATE_FAULTS],
  broker: [...BROKER_FAULTS, ...BACKUP_FAULTS, ...SENTINEL_FAULTS, nothing],
  node: [...FILE_FAULTS, ...TOOL_FAULTS, ...MASTER_FAULTS],
  rules: [...RULE_FAULTS, ...EDITION_FAULTS, ...REPLICA_FAULTS],
};

export const FAULTS: readonly Fault[] = [...new Set(Object.values(LANES).flat())];
