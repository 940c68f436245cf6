/** `npm run lab`: the lab with a prompt for its faults. */

import { runSession } from './session.ts';

await runSession(
  (lab) => `
The lab is up. Page: ${lab.page}
  a (MASTER) and b: LVS, keepalived, Redis and weir node on each; 8 producers on the virtual IP; a consumer for each.
Type "help" for the faults, "status" for what the lab sees, "quit" to end it.
`,
);
