/** Counts who takes items from a member, from CLIENT LIST. Only the member's own node asks for it, and seldom. */

import type { Client } from '../../model/readings/client.ts';
import type { MemberSignals } from '../../model/readings/signals.ts';
import { type Asker, askAside, SELDOM_MS, whyNone } from './aside.ts';
import { isConsumer, localAddress, parseClientList } from './client-list.ts';

/** With more clients than this CLIENT LIST is not asked for: Redis does nothing else while it answers. */
const CLIENTS_AT_MOST = 5_000;

export interface ConsumerCounterOptions extends Asker {
  readonly member: string;
  readonly vip: { readonly address: string; readonly port: number };
  /** Monotonic, in ms. */
  readonly monotonic: () => number;
}

export interface Counted {
  /** `consumers` and `consumers_on_vip`, as counted last; absent where they are not known. */
  readonly signals: Pick<MemberSignals, 'consumers' | 'consumers_on_vip'>;
  readonly troubles: readonly string[];
}

export interface ConsumerCounter {
  /**
   * Never throws. `clients`: how many INFO has; `leftMs`: of poll.timeout.
   * @returns also how many bytes this look made Redis send.
   */
  read(clients: number, leftMs: number): Promise<Counted & { readonly bytes: number }>;
}

export function createConsumerCounter(options: ConsumerCounterOptions): ConsumerCounter {
  const { member, monotonic } = options;
  const vip = () => localAddress(options.vip.address, options.vip.port);
  const unknown = (why: string): Counted => ({
    signals: {},
    troubles: [`The consumers of member ${member} cannot be counted: ${why}.`],
  });
  let last: Counted = { signals: {}, troubles: [] };
  let askedAt = Number.NEGATIVE_INFINITY;

  return {
    async read(clients, leftMs) {
      if (monotonic() - askedAt < SELDOM_MS) return { ...last, bytes: 0 };
      askedAt = monotonic();
      if (clients > CLIENTS_AT_MOST) {
        last = unknown(`it has ${clients} clients, and above ${CLIENTS_AT_MOST} CLIENT LIST is not asked for`);
        return { ...last, bytes: 0 };
      }
      try {
        const text = String(await askAside(options, leftMs, 'CLIENT', 'LIST', 'TYPE', 'normal'));
        const signals = countConsumers(parseClientList(text), vip());
        last = signals === undefined ? unknown('its CLIENT LIST names no commands') : { signals, troubles: [] };
        return { ...last, bytes: text.length };
      } catch (error) {
        last = unknown(whyNone('CLIENT LIST', error));
        return { ...last, bytes: 0 };
      }
    },
  };
}

/**
 * Counts the clients that take items, and those among them that came through the VIP. Before 6.2 no client has its address
 * on the server, so the second is not known.
 * @param vip as CLIENT LIST writes it.
 * @returns undefined where no client has a command, as with Dragonfly: our own connection would have one.
 */
function countConsumers(clients: readonly Client[], vip: string): Counted['signals'] | undefined {
  if (clients.every(({ command }) => command === '')) return undefined;
  const consumers = clients.filter(isConsumer);
  const isTold = clients.some(({ laddr }) => laddr !== '');
  return {
    consumers: consumers.length,
    ...(isTold && { consumers_on_vip: consumers.filter(({ laddr }) => laddr === vip).length }),
  };
}
