/** Busy: loading, scripts, pauses, and a process that is stopped. */

import { until } from '../../support/waiting.ts';
import type { State } from './state.ts';

export const BUSY: readonly State[] = [
  {
    name: 'loading',
    args: () => ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'],
    async enter({ admin, say }) {
      await admin.call('DEBUG', 'POPULATE', '5000', 'key', '200');
      await admin.config('SET', 'key-load-delay', '20000');
      void admin.call('DEBUG', 'RELOAD').catch(() => {});
      await until(async () => (await say('PING')).startsWith('-LOADING'), 'it to load');
    },
    async leave({ say }) {
      await say('CONFIG SET key-load-delay 0');
      await until(async () => (await say('PING')) === '+PONG\r\n', 'it to have loaded');
    },
    pushes: 'LOADING',
  },
  {
    name: 'a script that does not end',
    args: () => ['--busy-reply-threshold', '50'],
    async enter({ admin, say }) {
      void admin.eval('while true do end', 0).catch(() => {});
      await until(async () => (await say('PING')).startsWith('-BUSY'), 'it to be busy');
    },
    async leave({ say }) {
      await say('SCRIPT KILL');
    },
    pushes: 'BUSY',
  },
  {
    name: 'CLIENT PAUSE WRITE',
    async enter({ admin }) {
      await admin.call('CLIENT', 'PAUSE', '600000', 'WRITE');
    },
    async leave({ admin }) {
      await admin.call('CLIENT', 'UNPAUSE');
    },
    pushes: 'hangs',
  },
  {
    name: 'CLIENT PAUSE ALL',
    async enter({ admin }) {
      await admin.call('CLIENT', 'PAUSE', '600000', 'ALL');
    },
    pushes: 'hangs',
  },
  {
    name: 'its process is stopped',
    async enter({ server, atEnd }) {
      process.kill(server.pid, 'SIGSTOP');
      atEnd(() => void process.kill(server.pid, 'SIGCONT'));
    },
    async leave({ server }) {
      process.kill(server.pid, 'SIGCONT');
    },
    pushes: 'hangs',
  },
];
