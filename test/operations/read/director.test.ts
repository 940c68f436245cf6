/** A dump is read as the node reads it, and which interfaces have the VIP is what the dump says. */

import { expect, it } from 'vitest';
import { instancesIn, readVrrp } from '../../../src/operations/read/director.ts';
import { defaultConfig } from '../../../src/operations/read/settings.ts';
import { poolOf } from '../../support/pool.ts';

const pool = poolOf();
const { address } = pool.vip;

it.each([
  ['MASTER', true, 2, `${address}/24 dev eth0 scope global set`],
  ['MISMATCH', false, 2, `${address}/24 dev eth0 scope global`],
  ['BACKUP', false, 1, `${address}/24 dev eth0 scope global`],
])('%s: the VIP is there (%s) in state %d with "%s"', (state, vip, number, text) => {
  const dump = JSON.stringify([{ data: { iname: 'VI_1', state: number, ifp_ifname: 'eth0', vips: [text] } }]);

  const { polls } = readVrrp({ alive: true, instances: instancesIn('vrrp.json', dump) }, pool, defaultConfig());

  expect(polls).toEqual([expect.objectContaining({ signals: expect.objectContaining({ state, vip }) })]);
});
