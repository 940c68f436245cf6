import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patient } from '../patience.ts';
import type { World } from '../pool/world.ts';
import { type Kernel, prepareLaunch } from './kernel.ts';

const BOOTS_WITHIN_MS = 60_000;

/**
 * Starts the lab's kernel, or its namespaces, and waits until the agent has connected from there.
 * @throws Error with what the kernel said
 */
export async function boot({ keeper, control, logs }: World, kernel: Kernel): Promise<void> {
  await writeFile(join(keeper.dir, 'agent.json'), JSON.stringify(control.settings), { mode: 0o600 });
  const { argv, env } = await prepareLaunch(kernel, keeper.dir);
  await keeper.start('kernel', argv, env);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`The agent did not connect in ${BOOTS_WITHIN_MS} ms:\n${logs.text('kernel')}`));
    timer = setTimeout(fail, patient(BOOTS_WITHIN_MS));
  });
  try {
    await Promise.race([control.connected, late, logs.unexpectedEnd('kernel')]);
  } finally {
    clearTimeout(timer);
  }
}
