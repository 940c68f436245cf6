/**
 * The parent of everything that a lab runs on this machine. It outlives the process that holds the lab only to end all
 * that: when the channel to that process closes, however it died, the supervisor ends every process and removes the
 * folder. It has a session of its own, so that Ctrl-C reaches the lab alone, which then stops in order.
 */

import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLab, LAB_DIR } from './clean.ts';
import { createPrograms } from './programs.ts';
import type { ProgramEvent, Reply } from './protocol.ts';

export type SupervisorOrder =
  | { readonly op: 'start'; readonly name: string; readonly argv: readonly string[]; readonly env: NodeJS.ProcessEnv }
  | { readonly op: 'signal'; readonly name: string; readonly signal: NodeJS.Signals }
  | { readonly op: 'stop' };

export type SupervisorCall = SupervisorOrder & { readonly id: number };

export type SupervisorMessage = { readonly dir: string } | Reply | ProgramEvent;

const ASKED_FOR_MS = 1_500;

const dir = await mkdtemp(join(await realpath(tmpdir()), 'weir-lab-'));
/** Pids of process groups that live. */
const groups = new Map<string, number>();
let ending: Promise<void> | undefined;

const programs = createPrograms((event) => {
  if (event.event === 'exit') groups.delete(event.name);
  say(event);
});

function say(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {}); // The lab may end at any moment.
}

async function obey(order: SupervisorOrder): Promise<object> {
  switch (order.op) {
    case 'start': {
      if (ending !== undefined) throw new Error('The lab is being stopped.');
      // These end with the supervisor, should that be killed.
      const argv = ['setpriv', '--pdeathsig', 'KILL', '--', ...order.argv];
      const env = { ...order.env, [LAB_DIR]: dir };
      const pid = await programs.start(order.name, argv, { env, cwd: dir, ownGroup: true });
      groups.set(order.name, pid);
      return { pid };
    }
    case 'signal':
      return { signalled: programs.signal(order.name, order.signal) };
    case 'stop':
      await end();
      return {};
  }
}

function end(): Promise<void> {
  ending ??= (async () => {
    // The kernel is asked first: user-mode Linux then ends its helpers itself. Nothing here needs longer.
    signalGroups('SIGTERM');
    for (const giveUpAt = performance.now() + ASKED_FOR_MS; groups.size > 0 && performance.now() < giveUpAt; ) {
      await sleep(20);
    }
    signalGroups('SIGKILL');
    await endLab(dir);
  })();
  return ending;
}

/** SIGTERM goes to the programs alone, SIGKILL to all of their group. */
function signalGroups(signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of groups.values()) {
    try {
      process.kill(signal === 'SIGKILL' ? -pid : pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

async function endAndExit(): Promise<void> {
  await end().finally(() => process.exit());
}

process.on('message', async (call: SupervisorCall) => {
  try {
    say({ id: call.id, answer: await obey(call) });
  } catch (error) {
    say({ id: call.id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', endAndExit);
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, endAndExit);
say({ dir });
