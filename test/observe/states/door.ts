/** The door: who is turned away, or not let in with what Weir has. Producers that are inside are served. */

import { networkInterfaces } from 'node:os';
import type { State } from './state.ts';

/** Protected mode lets in whoever comes over loopback. */
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

const required = () => ['--requirepass', 's3cret'];
const password = 's3cret';

export const DOOR: readonly State[] = [
  {
    name: 'as many clients as it may have',
    async enter({ admin }) {
      // Who runs it and the producer are inside.
      await admin.config('SET', 'maxclients', '2');
    },
    async leave({ admin }) {
      await admin.config('SET', 'maxclients', '1000');
    },
    pushes: 'accepted',
    unknowable: true,
  },
  {
    name: 'asks for a password, Weir has none',
    args: required,
    producer: { password },
    weir: {},
    pushes: 'accepted',
    unknowable: true,
  },
  {
    name: 'asks for another password than Weir has',
    args: required,
    producer: { password },
    weir: { password: 'wr0ng' },
    pushes: 'accepted',
    unknowable: true,
  },
  {
    name: "Weir's user is switched off",
    args: () => ['--user', 'other', 'off', '>s3cret', '~*', '+@all'],
    weir: { username: 'other', password },
    pushes: 'accepted',
    unknowable: true,
  },
  {
    name: 'protected mode',
    args: () => ['--bind', '0.0.0.0', '--protected-mode', 'yes'],
    weir: { host: OUTSIDE ?? '' },
    pushes: 'accepted',
    unknowable: true,
    ...(OUTSIDE === undefined && { cannot: 'this machine has no address but loopback' }),
  },
];
