import { readFile } from 'node:fs/promises';
import type { Run } from '../../lib/run-program.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { Table } from '../../model/readings/reading.ts';
import {
  add,
  edit,
  explain,
  listThresholds,
  parseThresholds,
  type RealServer,
  realServerOf,
  remove,
  SHOW_TIMEOUTS,
  type Thresholds,
} from './ipvsadm-arguments.ts';

/** This node's LVS table: all that the actuator does to the kernel. Every method throws a WeirError when it could not. */
export interface Lvs {
  read(pool: PoolConfig): Promise<Table>;
  /** Whether the table could be changed at all: the program is there, and the kernel lets it. */
  check(pool: PoolConfig): Promise<void>;
  /**
   * Sets the weight of a member that is in the table and leaves everything else of it as it is.
   * @param mayStill throws when it is too late by now: asked right before the kernel is touched
   */
  setWeight(place: RealServer, weight: number, mayStill?: () => Promise<void>): Promise<void>;
  thresholds(place: RealServer): Promise<Thresholds>;
  /**
   * Takes a member out, so that the kernel forgets its connections: the next packet of each gets a reset. It forgets them
   * a moment later (see FORGET_MS); a member that is added before that has them back.
   */
  remove(place: RealServer): Promise<void>;
  add(place: RealServer, weight: number, thresholds: Thresholds): Promise<void>;
}

/**
 * In this network namespace. 1: connections to a removed member are forgotten; 0: their packets vanish
 * (docs/hazards.md#t24).
 */
const EXPIRE_NODEST_CONN = '/proc/sys/net/ipv4/vs/expire_nodest_conn';

/** The real table, by ipvsadm: npm has no binding for IPVS, and a fork costs 2 ms. */
export function createLvs(deps: {
  readonly run: Run;
  readonly readTable: (pool: PoolConfig) => Promise<Table>;
  readonly sysctlFile?: string;
}): Lvs {
  const sysctlFile = deps.sysctlFile ?? EXPIRE_NODEST_CONN;

  async function ipvsadm(place: RealServer, args: readonly string[]): Promise<string> {
    try {
      return await deps.run('ipvsadm', args);
    } catch (error) {
      throw explain(error, place);
    }
  }

  async function thresholds(place: RealServer): Promise<Thresholds> {
    const parsed = parseThresholds(await ipvsadm(place, listThresholds(place)), place);
    if (parsed === undefined) {
      throw new WeirError('system', `${place.member} (${place.destination}) is not in the LVS table.`);
    }
    return parsed;
  }

  return {
    read: deps.readTable,
    async check(pool) {
      const [member = ''] = Object.keys(pool.members);
      await ipvsadm(realServerOf(pool, member), SHOW_TIMEOUTS);
    },
    thresholds,
    async setWeight(place, weight, mayStill) {
      const keep = await thresholds(place);
      await mayStill?.();
      await ipvsadm(place, edit(place, weight, keep));
    },
    async remove(place) {
      await requireExpireNodestConn(sysctlFile);
      await ipvsadm(place, remove(place));
    },
    async add(place, weight, keep) {
      await ipvsadm(place, add(place, weight, keep));
    },
  };
}

async function requireExpireNodestConn(file: string): Promise<void> {
  let value: string;
  try {
    value = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new WeirError('system', `${file} cannot be read (${messageOf(error)}): is ip_vs loaded?`, { cause: error });
  }
  if (value === '1') return;
  throw new WeirError(
    'refused',
    `Producers of a silent member can only be moved with net.ipv4.vs.expire_nodest_conn=1, and it is ${value}: set it with sysctl.`,
  );
}
