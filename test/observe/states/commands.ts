/** Commands that Weir sends and may not, each by itself; and INFO by another name. */

import type { State } from './state.ts';

const password = 's3cret';
const weir = { username: 'limited', password };
const all = ['--user', 'limited', 'on', `>${password}`, '~*', '+@all'];

function without(command: string, more: Partial<State> = {}): State {
  return {
    name: `Weir may not ${command.replace('|', ' ').toUpperCase()}`,
    args: () => [...all, `-${command}`],
    weir,
    pushes: 'accepted',
    ...more,
  };
}

export const COMMANDS: readonly State[] = [
  without('info', { unknowable: true }),
  without('llen'),
  without('linsert'),
  without('client|list'),
  without('client|setname'),
  without('config|get'),
  without('ping'),
  {
    ...without('linsert'),
    name: 'Weir may not LINSERT, and it is full',
    async enter({ admin }) {
      await admin.config('SET', 'maxmemory', '500kb');
    },
    pushes: 'OOM',
  },
  {
    name: "Weir may not write the probe's key",
    args: () => ['--user', 'limited', 'on', `>${password}`, '%R~*', '+@all'],
    weir,
    pushes: 'accepted',
  },
  {
    name: 'INFO has another name',
    args: () => ['--rename-command', 'INFO', 'SECRET-INFO'],
    weir: {},
    pushes: 'accepted',
    unknowable: true,
  },
  {
    name: 'LINSERT has another name',
    args: () => ['--rename-command', 'LINSERT', ''],
    weir: {},
    pushes: 'accepted',
  },
];
