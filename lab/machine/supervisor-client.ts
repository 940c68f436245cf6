/** The lab's side of the supervisor. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../paths.ts';
import { createCalls } from './calls.ts';
import { endLab } from './clean.ts';
import type { ProgramEvent } from './protocol.ts';
import type { SupervisorMessage, SupervisorOrder } from './supervisor.ts';

export interface Keeper {
  /** The lab's temporary folder, which goes with the lab. */
  readonly dir: string;
  start(name: string, argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<number>;
  signal(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Ends all and removes the folder. */
  stop(): Promise<void>;
}

export async function startKeeper(emit: (event: ProgramEvent) => void): Promise<Keeper> {
  const supervisor = fork(compiled('lab/machine/supervisor.js'), {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const calls = createCalls();
  let stopped = false;
  const dir = await new Promise<string>((resolve, reject) => {
    supervisor.once('error', reject);
    supervisor.once('exit', (code) => reject(new Error(`The lab's supervisor ended while it started (exit ${code}).`)));
    supervisor.on('message', (message: SupervisorMessage) => {
      if ('dir' in message) resolve(message.dir);
      else if ('event' in message) emit(message);
      else calls.settle(message);
    });
  });
  const order = (what: SupervisorOrder) => calls.make((id) => supervisor.send({ ...what, id }));
  supervisor.once('exit', () => {
    calls.fail(new Error("The lab's supervisor has gone: somebody killed it."));
    // The supervisor was killed, so its work is done here.
    if (!stopped) endLab(dir).catch(() => {});
  });
  return {
    dir,
    async start(name, argv, env = process.env) {
      const { pid } = (await order({ op: 'start', name, argv, env })) as { pid: number };
      return pid;
    },
    async signal(name, signal) {
      await order({ op: 'signal', name, signal });
    },
    async stop() {
      if (!isAlive(supervisor)) return endLab(dir);
      stopped = true;
      const exited = once(supervisor, 'exit');
      await order({ op: 'stop' });
      supervisor.disconnect();
      await exited;
    },
  };
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
