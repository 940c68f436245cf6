/** The units that Weir renders, under a systemd that boots for them, where root may mount: docs/deploy.md has what was seen. */

import { expect, it } from 'vitest';
import { canBoot } from '../../lab/units/machine.ts';
import { startServer } from '../../lab/units/server.ts';
import { PASSWORDS, runSteps } from '../../lab/units/steps.ts';

it.runIf(canBoot())('under a systemd they are what their steps say, one after the other', async () => {
  const server = await startServer(PASSWORDS[0]);
  try {
    await expect(runSteps(server, (line) => void process.stdout.write(`${line}\n`))).resolves.toBeUndefined();
  } finally {
    await server.stop();
  }
});
