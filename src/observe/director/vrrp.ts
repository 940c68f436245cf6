/** This node's VRRP side of one pool: what keepalived's dump says of it, and where the VIP is. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import type { DirectorSignals, Mutable } from '../../model/readings/signals.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import { createCounterWindow } from '../window.ts';
import { devicesWith, isAskedFor } from './devices.ts';
import type { Dump } from './keepalived-dump.ts';
import { deviceOf, instanceWith, isMaster, verdict } from './vrrp-dump.ts';

export interface DirectorReading {
  readonly signals: DirectorSignals;
  readonly troubles: readonly string[];
}

/** Turns a node's dump into one pool's director signals. */
export function createVrrpReader(input: {
  readonly pool: PoolConfig;
  /** The VRRP interface of this node. */
  readonly interface: string;
  readonly windowMs: number;
  readonly monotonic: () => number;
  /** The interfaces of this node that have an address. Left out: the kernel is asked. */
  readonly devicesWith?: (address: string) => readonly string[];
}): { read(dump: Dump): DirectorReading } {
  const { pool, windowMs, monotonic } = input;
  const adverts = createCounterWindow(windowMs);
  const devices = input.devicesWith ?? devicesWith;
  /** The interface where keepalived last said that it puts the VIP. A keepalived that is killed leaves the VIP there. */
  let device: string | undefined;

  function hasVip(): boolean {
    const having = devices(pool.vip.address);
    if (device !== undefined) return having.includes(device);
    return having.some((device) => device === input.interface || isAskedFor(device));
  }

  return {
    read(dump) {
      const { address } = pool.vip;
      const instance = dump.instances && instanceWith(dump.instances, address, pool.vrrp.virtualRouterId);
      if (dump.instances !== undefined) device = instance && deviceOf(instance, address);
      const vip = hasVip();
      const state = verdict({ alive: dump.alive, hangs: dump.hangs, state: instance?.state, vip });
      const signals: Mutable<DirectorSignals> = {
        ...(state !== undefined && { state }),
        keepalived: dump.alive,
        vip,
        ...(dump.instances !== undefined && { bystander: !dump.instances.some(isMaster) }),
      };
      const troubles = dump.trouble === undefined ? [] : [dump.trouble];
      if (instance === undefined) {
        if (dump.instances !== undefined) troubles.push(noInstance(dump.instances, address));
        return { signals, troubles };
      }
      if (instance.effectivePriority !== undefined) signals.priority = instance.effectivePriority;
      if (instance.nopreempt !== undefined) signals.nopreempt = instance.nopreempt;
      if (instance.lastTransition !== undefined) {
        signals.last_transition_seconds = Math.max(0, Date.now() / 1_000 - instance.lastTransition);
      }
      if (instance.advertsReceived !== undefined) {
        adverts.add(monotonic(), instance.advertsReceived);
        const rate = adverts.rate();
        if (rate !== undefined) signals.adverts_received_rate = rate;
      }
      return { signals, troubles };
    },
  };
}

/** A trouble names so many VIPs of other instances at most. */
const OTHERS_SHOWN = 3;

function noInstance(instances: readonly VrrpInstance[], vip: string): string {
  const others = instances.flatMap(({ vips }) => vips.map((text) => text.split(/[\s/]/)[0]));
  const seen = others.length === 0 ? '' : `; it has ${others.slice(0, OTHERS_SHOWN).join(', ')}`;
  const more = others.length > OTHERS_SHOWN ? ` and ${others.length - OTHERS_SHOWN} more` : '';
  return `keepalived has no vrrp_instance with the VIP ${vip}${seen}${more}: what this node is for it is not known.`;
}
