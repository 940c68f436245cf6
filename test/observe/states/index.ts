/** Every state that Debian's redis-server can be put into. Adding one touches its file. */

import { BUSY } from './busy.ts';
import { COMMANDS } from './commands.ts';
import { DISK } from './disk.ts';
import { DOOR } from './door.ts';
import { KEYS } from './keys.ts';
import { MEMORY } from './memory.ts';
import { REPLICATION } from './replication.ts';
import type { State } from './state.ts';

export const STATES: readonly State[] = [...MEMORY, ...DISK, ...REPLICATION, ...BUSY, ...DOOR, ...COMMANDS, ...KEYS];
