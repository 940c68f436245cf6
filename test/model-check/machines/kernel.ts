/**
 * A node's table, with keepalived beside it: it takes out who fails its check, and adds who passes it again, at its own
 * weight. On a node with weight files that is the one that Weir has written there, and the table follows it.
 */

import type { Table } from '../../../src/model/readings/reading.ts';
import { createFakeLvs, type FakeLvs } from '../../act/fake-lvs.ts';
import { BASE, MEMBERS, type Trouble, type World } from './world.ts';

/** With the check that Weir renders: a refused connection and one retry, or a connect_timeout too. In ms. */
const OUT_AFTER_MS: Partial<Record<Trouble, number>> = { killed: 2_000, dead: 3_000 };

/** A change of the table by Weir, before it is made. */
export interface WeightChange {
  readonly member: string;
  readonly from: number;
  readonly to: number;
  readonly table: Table;
}

interface Hooks {
  /** After each look at the table. */
  looked(): Promise<void>;
  /** The process is no more; never comes back. */
  dies(): Promise<never>;
}

export class Kernel {
  readonly lvs: FakeLvs = createFakeLvs(Object.fromEntries(MEMBERS.map((name) => [name, BASE])));
  /** The next change of the table never comes back: the process dies in it, before or after it is made. */
  diesIn: 'before' | 'after' | undefined;
  /** Servers that keepalived has taken out for reasons of its own. */
  readonly out = new Set<string>();
  onChange: (change: WeightChange) => void = () => undefined;
  readonly #ownWeights: Map<string, number> | undefined;
  readonly #world: World;

  constructor(hasWeightFiles: boolean, world: World, hooks: Hooks) {
    this.#world = world;
    this.#ownWeights = hasWeightFiles ? new Map() : undefined;
    this.lvs.expireNodestConn = false;
    const set = this.lvs.setWeight.bind(this.lvs);
    const read = this.lvs.read.bind(this.lvs);
    Object.assign(this.lvs, {
      read: async (...args: Parameters<typeof read>) => {
        const table = await read(...args);
        await hooks.looked();
        return table;
      },
      setWeight: async (...[place, weight, mayStill]: Parameters<typeof set>) => {
        await mayStill?.();
        this.#tell(place.member, weight);
        const dies = this.diesIn;
        this.diesIn = undefined;
        if (dies !== 'before') await set(place, weight);
        if (dies !== undefined) await hooks.dies();
      },
    });
  }

  #tell(member: string, to: number): void {
    const table = this.table(this.#world.members);
    this.onChange({ member, from: table[member]?.weight ?? 0, to, table });
  }

  async setOwnWeight(member: string, weight: number): Promise<boolean> {
    if (this.#ownWeights === undefined || (this.#ownWeights.get(member) ?? BASE) === weight) return false;
    if (this.lvs.weight(member) !== undefined) this.#tell(member, weight);
    this.#ownWeights.set(member, weight);
    this.lvs.somebodySets(member, weight);
    return true;
  }

  /** The host has booted: a table as keepalived makes it, and nothing of Weir's in /run. */
  boot(): void {
    this.#ownWeights?.clear();
    for (const name of MEMBERS) this.lvs.keepalivedRemoves(name);
    this.check();
  }

  readonly #shown = new Map<string, number>();

  /** The table has given the member this weight since then, in ms of true time. */
  showed(member: string, weight: number, since: number): boolean {
    return (this.#shown.get(`${member} ${weight}`) ?? 0) >= since || this.weight(member) === weight;
  }

  /** keepalived's checks, once a second. */
  check(): void {
    const { now } = this.#world;
    for (const name of MEMBERS) this.#shown.set(`${name} ${this.weight(name)}`, now);
    for (const name of MEMBERS) {
      const outAfterMs = OUT_AFTER_MS[this.#world.trouble(name)] ?? Number.POSITIVE_INFINITY;
      const isDead = now - this.#world.since(name) >= outAfterMs;
      const isListed = this.lvs.weight(name) !== undefined;
      const isWanted = this.#world.members.includes(name) && !this.out.has(name) && !isDead;
      if (isListed && !isWanted) this.lvs.keepalivedRemoves(name);
      if (!isListed && isWanted) this.lvs.keepalivedAdds(name, this.#ownWeights?.get(name) ?? BASE);
    }
  }

  /** The table as it is, whoever may read it. */
  table(members: readonly string[]): Table {
    const rows = members.map((name) => {
      const weight = this.lvs.weight(name);
      return [
        name,
        { listed: weight !== undefined, weight: weight ?? 0, activeConnections: 0, inactiveConnections: 0 },
      ];
    });
    return Object.fromEntries(rows) as Table;
  }

  /** What the table gives a member: 0 where it is not listed. */
  weight(member: string): number {
    return this.lvs.weight(member) ?? 0;
  }
}
