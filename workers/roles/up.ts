/** All roles in one process: enough for one pool, and the way to try Weir. */

import { embeddedBrokerPath, startEmbeddedBroker } from '../../src/broker/embedded/embedded.ts';
import { defined } from '../../src/lib/defined.ts';
import { isEmbedded, type WeirConfig } from '../../src/model/configuration/config.ts';
import { openRoleLog } from '../role-log.ts';
import { startNode } from './node.ts';
import { closeInOrder, onceOnly, type Role } from './role.ts';
import { startWorker } from './worker.ts';

export interface UpOptions {
  /** This host is also this node. */
  readonly name?: string;
  readonly observe: boolean;
}

/**
 * Starts the embedded broker (unless broker.url names one), the worker, and the node that this host is.
 * @throws WeirError what the parts throw; what was started before is stopped again.
 */
export async function startAll(config: WeirConfig, { name, observe }: UpOptions): Promise<Role> {
  const { log } = openRoleLog('up', config);
  const closers: (() => Promise<void>)[] = [];
  const stop = onceOnly(() => closeInOrder([...closers].reverse(), (error) => log.error({ error }, 'could not stop')));
  try {
    if (isEmbedded(config.broker)) {
      const { listen, password } = config.broker;
      const broker = await startEmbeddedBroker({
        stateDir: config.stateDir,
        log,
        ...defined({ listen, password }),
      });
      closers.push(() => broker.stop());
      // Without its broker this process is of no use. Its supervisor starts all of it again.
      void broker.ended.then((how) => {
        if (how === undefined) return;
        log.fatal({ how }, 'the broker has ended');
        process.exit(1);
      });
      log.notice({ socket: embeddedBrokerPath(config.stateDir), listen }, 'broker is up');
    }
    const worker = await startWorker(config, { observe, ...(name !== undefined && { nodes: [name] }) });
    closers.push(worker.stop);
    if (name === undefined) return { stop };
    const node = await startNode(config, name);
    closers.push(node.stop);
    return { ...node, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
