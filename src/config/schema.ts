/**
 * weir.yaml as it is written: every key, its form, its default and what it is for (docs/configuration.md is made of it).
 * What needs more than one value to judge is in checks.ts. Keys that nothing uses yet are checked here and go no further
 * (see toConfig in load.ts).
 */

import { z } from 'zod';
import { keys } from '../lib/yaml/issue.ts';
import { budget, durationMs } from '../lib/yaml/values.ts';
import { BARE_DUMP_FILE, USUAL_DUMP_FILE } from '../model/configuration/dump-file.ts';
import { policySchema } from './policy-schema.ts';
import { poolSchema } from './pool-schema.ts';
import { sealSchema } from './seal-schema.ts';
import { tellSchema } from './tell-schema.ts';
import { tlsSchema } from './tls-schema.ts';
import { hostPort, ipAddress, listenAddress, name, plainPath, secretText, sizeBytes, text } from './values.ts';

const broker = keys({
  url: text()
    .optional()
    .describe(
      'redis://host:port, rediss://host:port or the path of a socket; left out: an embedded one, under `state_dir`',
    ),
  username: text().optional().describe('left out: `default`; `weir broker acl` prints a user for each role'),
  password: secretText().optional().describe('best as $NAME; never in the url, which is printed'),
  insecure: z
    .boolean()
    .default(false)
    .describe('`true` takes a broker that others can reach without a password, or that is not spoken to by TLS'),
  listen: listenAddress()
    .optional()
    .describe('where the embedded broker listens for other machines; it needs `password`'),
  sentinels: z
    .array(hostPort(26_379))
    .min(1)
    .optional()
    .describe('in the place of `url`: the Sentinels that know where the master is'),
  name: text().optional().describe('by which the Sentinels know the master'),
  sentinel_username: text().optional().describe('user of the Sentinels themselves; left out: `default`'),
  sentinel_password: secretText().optional().describe('password of the Sentinels themselves, best as $NAME'),
  tls: tlsSchema('the broker')
    .optional()
    .describe('the broker, and its Sentinels, are spoken to by TLS; `{}` trusts the CAs that Node knows'),
});

const poll = keys({
  interval: durationMs().prefault('1s').describe('between two polls; whole seconds that divide a minute'),
  timeout: durationMs().prefault('500ms').describe('a Redis that takes longer does not answer'),
  window: durationMs().prefault('60s').describe('over which slopes and rates are measured; 2m at most'),
  stale_after: durationMs().prefault('3s').describe('what is older is unknown'),
});

const http = keys({
  listen: listenAddress().prefault('127.0.0.1:8480').describe('of the page and the API'),
  token: secretText()
    .optional()
    .describe('who asks must send it; needed when `listen` is not on loopback, and of 16 characters at least then'),
  old_token: secretText()
    .optional()
    .describe('the token before: taken as well, while those who ask are given the new one (docs/rotation.md)'),
  proxies: z
    .array(ipAddress())
    .default([])
    .describe('addresses of proxies: each speaks for many, and the limits for one address are not for it'),
});

const log = keys({
  level: z.enum(['debug', 'info', 'notice', 'warning', 'error']).default('info').describe('and what is graver'),
  form: z
    .enum(['auto', 'json', 'text'])
    .default('auto')
    .describe('`auto`: text on a terminal, lines with their priority for journald, else JSON'),
});

const keepalived = keys({
  pid_file: plainPath().default('/run/keepalived.pid').describe('of keepalived'),
  dump_file: plainPath()
    .optional()
    .describe(
      `where keepalived writes its state when it is asked; left out: \`${USUAL_DUMP_FILE}\`, where \`weir render\` has it written, and while that is not there \`${BARE_DUMP_FILE}\``,
    ),
  run_dir: plainPath().default('/run/weir').describe('the handover track file of each VRRP instance, weights, FIFOs'),
});

export const configSchema = keys({
  broker: broker.prefault({}).describe("Weir's own Redis, never one of a pool"),
  seal: sealSchema.prefault({}).describe('that what stands in the broker was written by who says so'),
  state_dir: text()
    .optional()
    .describe('leases, audit, recording, embedded broker; left out: `/var/lib/weir`, not root: `$XDG_STATE_HOME/weir`'),
  rules: text().optional().describe('folder of the rule files; left out: those that ship'),
  recording: keys({
    max_size: sizeBytes().prefault('500mb').describe('what a worker keeps at most for `weir rules backtest`'),
  }).prefault({}),
  poll: poll.prefault({}).describe('how the pools are looked at'),
  http: http.prefault({}).describe('the page of a worker'),
  log: log.prefault({}).describe('what a role says of itself'),
  keepalived: keepalived.prefault({}).describe('where it keeps its files, on the nodes'),
  node: keys({
    budget: budget().prefault('60/1h').describe('how often a node takes something at most; what gives back is free'),
  })
    .prefault({})
    .describe('what a node lets be done to itself, whoever asks'),
  pools: z.record(name(), poolSchema).describe('each by its name'),
  policy: policySchema.prefault({}).describe('what Weir may do'),
  tell: tellSchema.prefault({}).describe('whom it tells'),
});

export type WrittenConfig = z.output<typeof configSchema>;
