/** A pool of weir.yaml as it is written: its VIP, LVS, VRRP, Redis and servers. */

import { z } from 'zod';
import { keys, oneOf } from '../lib/yaml/issue.ts';
import { durationMs } from '../lib/yaml/values.ts';
import { MAX_WEIGHT } from '../model/decisions/action.ts';
import { tlsSchema } from './tls-schema.ts';
import {
  httpUrl,
  ipAddress,
  listKey,
  name,
  networkInterface,
  secretText,
  sizeBytes,
  text,
  wholeNumber,
} from './values.ts';

/** What keepalived 2.2.7 accepts for lvs_sched (keepalived.conf.5). */
const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'mh',
  'dh',
  'fo',
  'ovf',
  'sed',
  'nq',
  'twos',
] as const;

const MAC = 'expected a MAC address such as "52:54:00:12:34:56" in quotes';

const vip = keys({
  address: ipAddress().describe('the address that producers push to'),
  port: wholeNumber(1, 65_535).default(6379).describe('the port of the VIP, and of every member'),
});

const lvs = keys({
  scheduler: oneOf(SCHEDULERS).default('wrr').describe('how LVS spreads connections'),
  forwarding: oneOf(['direct-routing', 'nat', 'tunnel'])
    .default('direct-routing')
    .describe('how packets reach a member'),
  loop_guard: oneOf(['backup-only', 'notify-swap', 'ingress-mark'])
    .default('backup-only')
    .describe('what keeps two directors from sending a packet to each other for ever'),
});

const vrrp = keys({
  interface: networkInterface().describe('where adverts are sent and the VIP is put'),
  virtual_router_id: wholeNumber(1, 255).describe('which VRRP instance; one number in one network'),
  version: z.literal([2, 3], { error: 'expected 2 or 3' }).default(3).describe('of VRRP'),
  advert_interval: durationMs()
    .optional()
    .describe('between two adverts; left out: 200ms, with version 2, which knows whole seconds only, 1s'),
  preempt: z.boolean().default(false).describe('whether the node with the higher priority takes the VIP back'),
  auth: secretText().optional().describe('password of version 2, eight bytes; version 3 has none'),
});

const redis = keys({
  username: text().optional().describe('user of Weir on the members (`weir acl`)'),
  password: secretText().optional().describe('its password, best as $NAME'),
  tls: tlsSchema('a member')
    .optional()
    .describe('the members are spoken to by TLS; `{}` trusts the CAs that Node knows'),
  /** SELECT takes what `databases` in redis.conf allows: an int. */
  database: wholeNumber(0, 2_147_483_646).default(0).describe('where the queues are'),
  probe: oneOf(['write', 'read'])
    .default('write')
    .describe('how it is asked whether pushes are taken: by a write that changes nothing, or from INFO alone'),
});

const member = keys({
  address: ipAddress().describe("the server's own address"),
  /** 0 is "I give up", 255 the address owner (RFC 5798 5.2.4); neither is for a pool. */
  priority: wholeNumber(1, 254).describe('of VRRP: the highest becomes MASTER'),
  weight: wholeNumber(0, MAX_WEIGHT).default(100).describe('in LVS when nothing is held'),
  interface: networkInterface().optional().describe('where it differs from `vrrp.interface`'),
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, { error: MAC })
    .optional()
    .describe('of the interface; the loop guard `ingress-mark` needs it'),
});

export const poolSchema = keys({
  vip,
  lvs: lvs.prefault({}),
  vrrp,
  redis: redis.prefault({}),
  queues: z
    .array(listKey())
    .min(1)
    .default(['logstash'])
    .describe('the lists that producers push to and consumers empty'),
  min_serving: wholeNumber(1, 1000).default(1).describe('so many members must go on serving, whatever is done'),
  memory_budget: sizeBytes().optional().describe('what a member may fill where its maxmemory is 0'),
  members: z.record(name(), member).describe('the servers, two at least, each by its name'),
  consumers: z
    .array(keys({ logstash: httpUrl().describe('its monitoring API, such as "http://192.168.81.60:9600"') }))
    .default([])
    .describe('who empties the queues'),
  sink: keys({ elasticsearch: httpUrl().describe('not used yet') })
    .optional()
    .describe('what stands behind the consumers; checked and not used yet'),
});

export type WrittenPool = z.output<typeof poolSchema>;
