/** `npm start`: the lab for somebody who sees Weir for the first time. */

import { ADDRESS, REDIS_PORT, VIP } from './pool/topology.ts';
import { runSession } from './session/session.ts';

await runSession(
  (lab) => `
A log buffer is running ${lab.kernel === 'guest' ? 'in a small Linux kernel of its own' : 'in namespaces of this machine'}, and Weir looks after it:

    8 producers                          they push logs, each over one connection that it keeps
        |
    virtual IP ${VIP}:${REDIS_PORT}       LVS on the MASTER spreads the connections
        |
     +--+-----------+
     a ${ADDRESS.a}    b ${ADDRESS.b}    a Redis each; a is the MASTER, keepalived moves the IP when it fails
     |              |
    consumer       consumer              read the logs as logstash does

Weir polls both nodes every second, decides by the rules in rules/, and changes the weights in the kernel.

  1. Open ${lab.page}
  2. Type ${'`freeze b`'} here. The Redis of b hangs; its port still accepts connections, so keepalived sees nothing wrong,
     and the producers on b are stuck. Within seconds Weir gives b weight 0, and they push again, to a.
     ${'`status`'} shows it, ${'`weir why b`'} says why it was done.
  3. Type ${'`thaw b`'}. The weight comes back.
  4. Type ${'`stop-consumers`'}: the cause is behind the pool, no member is to blame. Weir calls people and touches nothing.

What Weir tells people appears here too. ${'`help`'} lists what else can be broken; ${'`quit`'} ends it and leaves nothing behind.
`,
);
