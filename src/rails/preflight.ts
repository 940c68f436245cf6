import type { ActionKind } from '../model/action.ts';
import type { RailVerdict } from '../model/decision.ts';
import type { Table } from '../model/reading.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'pre-flight';

export interface PreflightFacts {
  readonly action: ActionKind;
  readonly member: string;
  /** The weight that the member would have afterwards. */
  readonly weight: number;
  /** This node's table, read right now. */
  readonly table: Table;
  /** Members that this node's own fresh polls saw writable. A member that is not here may be anything. */
  readonly writable: ReadonlySet<string>;
  /** It was decided because, or while, the member could not be written. */
  readonly wasUnwritable?: boolean | undefined;
}

/**
 * Rail 14, at the hand, right before the kernel is touched; nothing passes it. The member must still be in the table, and
 * afterwards somebody must serve: listed here, weight above 0, and seen writable by this node itself. What was decided on a
 * member that could not be written is not done to one that can: a worker that was away decides on what it missed.
 */
export function preflight({ action, member, weight, table, writable, wasUnwritable }: PreflightFacts): RailVerdict {
  if (action === 'restore') return pass(NAME, 'Giving weight back takes nothing from anybody.');
  const row = table[member];
  if (row?.listed !== true) {
    return refuse(NAME, `${member} is not in this node's LVS table: keepalived has taken it out.`);
  }
  if (wasUnwritable === true && writable.has(member)) {
    return refuse(NAME, `${member} can be written again: what this was decided for is over.`);
  }
  const after = Object.entries(table).filter(
    ([name, one]) => one.listed && (name === member ? weight : one.weight) > 0,
  );
  const serving = after.map(([name]) => name).filter((name) => writable.has(name));
  const figures = {
    weightBefore: row.weight,
    weightAfter: weight,
    weightedAfter: after.length,
    servingAfter: serving.length,
  };
  if (serving.length > 0) return pass(NAME, `Afterwards ${serving.join(', ')} would serve in this table.`, figures);
  const others = after.map(([name]) => name).join(', ');
  const why = after.length === 0 ? 'nobody would have a weight' : `this node has not seen ${others} writable just now`;
  return refuse(NAME, `Afterwards nobody would serve in this node's table: ${why}.`, figures);
}
