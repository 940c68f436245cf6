/** I13: what the release rule lets go of, judged by the look that it went by, whenever people are told. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import type { Node } from '../machines/node.ts';
import { POOL } from '../machines/world.ts';
import type { Setting } from '../setting.ts';
import { hold } from './broken.ts';

/** A poll may be 3 s old and count (stale_after), and there is one a second. In ms. */
const SEEN_WITHIN_MS = 4_000;

/** A node's world at the moment at which its poll looked, before it did anything. */
interface Look {
  readonly isMaster: boolean;
  readonly serving: readonly string[];
}

export class Releases {
  /** Node to its last look. */
  readonly #looks = new Map<string, Look>();
  /** Node to the leases that it held after its last poll, or has taken by a job since. */
  readonly #held = new Map<string, Set<string>>();
  /** Node and lease to the look of the poll in which that was over. */
  readonly #over = new Map<string, Look>();
  /** Nodes whose process is gone, and whose lease file has been read since. */
  readonly #gone = new Set<string>();

  looked(node: Node, setting: Setting): void {
    this.#looks.set(node.name, { isMaster: setting.world.isMaster(node.name), serving: served(node, setting) });
  }

  ran(node: Node, job: ActionJob): void {
    this.#held.get(node.name)?.add(job.decision);
  }

  /** People may be told later: where ipvsadm failed by the next poll, where the process died in the change by the next process. */
  said(node: Node, { result, member = '', decision }: Outcome, setting: Setting): void {
    if (result !== 'released') return;
    const before = this.#over.get(`${node.name} ${decision}`);
    const look = before ?? this.#looks.get(node.name);
    if (look === undefined) return;
    hold(look.isMaster, `I13 ${node.name} lets go of ${member}, and is not MASTER`);
    // A machine may stand still in its poll: what has changed until it reads the table it may have seen.
    const still = before === undefined ? served(node, setting) : look.serving;
    const serving = look.serving.filter((name) => still.includes(name));
    hold(serving.length === 0, `I13 ${node.name} lets go of ${member} although ${serving.join(', ')} serves`);
  }

  /** After a node's poll. */
  polled(node: Node): void {
    const { name, actuator, isUp } = node;
    if (actuator !== undefined) this.#gone.delete(name);
    if (actuator === undefined ? this.#gone.has(name) : !isUp) return;
    if (actuator === undefined) this.#gone.add(name);
    const held = this.#held.get(name) ?? new Set();
    const left = () => (held.size === 0 ? [] : liveInFile(node));
    const live = new Set(actuator?.liveLeases(POOL.name).map(({ id }) => id) ?? left());
    const look = this.#looks.get(name);
    for (const id of held) {
      if (!live.has(id) && look !== undefined) this.#over.set(`${name} ${id}`, look);
    }
    for (const id of live) this.#over.delete(`${name} ${id}`);
    this.#held.set(name, live);
  }
}

/** Who serves by this node's table and by the world, unless its last polls were lost. */
function served(node: Node, { world, sight }: Setting): string[] {
  const table = node.kernel.table(world.members);
  return world.members.filter((name) => {
    const isWeighted = table[name]?.listed === true && table[name].weight > 0;
    return isWeighted && world.writableForMs(name) >= SEEN_WITHIN_MS && sight.missed(node.name, name) < 2;
  });
}

interface LeaseFile {
  readonly pools: Readonly<Record<string, { readonly holds: Readonly<Record<string, { readonly leases: Lease[] }>> }>>;
}
interface Lease {
  readonly id: string;
  readonly phase: string;
}

/** The leases that a process which died in its poll has left, without those that it had ended. */
function liveInFile({ stateDir }: Node): string[] {
  const { pools }: LeaseFile = JSON.parse(readFileSync(join(stateDir, 'leases.json'), 'utf8'));
  const leases = Object.values(pools[POOL.name]?.holds ?? {}).flatMap((leaseSet) => leaseSet.leases);
  return leases.filter(({ phase }) => phase !== 'ending').map(({ id }) => id);
}
