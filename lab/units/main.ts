/**
 * `npm run units`: the units that Weir renders, under a systemd that boots for it (machine.ts), step by step with what was
 * seen. docs/deploy.md has what it printed.
 */

import { canBoot } from './machine.ts';
import { startServer } from './server.ts';
import { PASSWORDS, runSteps } from './steps.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

if (!canBoot()) {
  print('No systemd can be booted here: it takes root that may mount, and /lib/systemd/systemd (Debian: systemd).');
  process.exitCode = 2;
} else {
  const server = await startServer(PASSWORDS[0]);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.stop().finally(() => process.exit(130)));
  }
  try {
    await runSteps(server, print);
  } finally {
    await server.stop();
  }
}
