import type { PoolConfig } from './config.ts';

/** Weir's marks have this in their upper half, so that they meet nobody else's. */
const MARKS = 0x77650000;

interface Markable {
  readonly vip: Pick<PoolConfig['vip'], 'port'>;
  readonly vrrp: Pick<PoolConfig['vrrp'], 'virtualRouterId'>;
}

/** One for each pool: its VRRP id and the lower byte of its port. */
export function markOf({ vip, vrrp }: Markable): number {
  return MARKS | (vrrp.virtualRouterId << 8) | (vip.port & 0xff);
}

/**
 * The firewall mark by which the pool stands in the LVS table. undefined where the table has the VIP itself, which is
 * wherever clients need not be told from a director that hands on.
 */
export function fwmarkOf(pool: PoolConfig): number | undefined {
  const { loopGuard, forwarding } = pool.lvs;
  return loopGuard === 'ingress-mark' && forwarding !== 'nat' ? markOf(pool) : undefined;
}

/** Whether Weir could have given it to a pool. */
export function isWeirsMark(mark: number): boolean {
  return (mark & 0xffff0000) === MARKS;
}
