/**
 * The units that Weir renders, under a systemd that boots for them. `npm run units` tells what was seen; docs/deploy.md has it.
 * Only where root may mount.
 */

import { afterAll, beforeAll, describe, it } from 'vitest';
import { canBoot } from '../../lab/units/machine.ts';
import { type Server, startServer } from '../../lab/units/server.ts';
import { PASSWORDS, STEPS } from '../../lab/units/steps.ts';

describe.runIf(canBoot())('under a systemd', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(PASSWORDS[0]);
  });
  afterAll(() => server.stop());

  // Each goes on where the one before has left the server.
  for (const { name, run } of STEPS) it(name, () => run(server, (line) => void process.stdout.write(`${line}\n`)));
});
