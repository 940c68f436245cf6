import { REDUCING_KINDS } from '../model/decisions/action.ts';
import type { PreflightFacts } from '../model/decisions/node-rails.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { pass, refuse } from './verdict.ts';

export const NAME = 'pre-flight';

/**
 * Rail 14, on the node, right before the kernel is touched; nothing passes it. Afterwards somebody must serve: listed here,
 * weight above 0, and seen writable by this node itself. What was decided on a member that could not be written is not done
 * to one that can: a worker that was away decides on what it missed. A member that keepalived has taken out of the table can
 * be held in advance, so that it comes back at the weight that is wanted; there is nobody on it to be sent off.
 */
export function preflight({ action, member, weight, table, writable, wasUnwritable }: PreflightFacts): RailVerdict {
  if (action === 'restore') return pass(NAME, 'Giving weight back takes nothing from anybody.');
  const row = table[member];
  const isListed = row?.listed === true;
  if (!isListed && !REDUCING_KINDS.has(action)) {
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
    weightBefore: row?.weight ?? 0,
    weightAfter: weight,
    weightedAfter: after.length,
    servingAfter: serving.length,
  };
  if (serving.length > 0) {
    const advance = isListed ? '' : ` ${member} is not in it: it is held in advance.`;
    return pass(NAME, `Afterwards ${serving.join(', ')} would serve in this table.${advance}`, figures);
  }
  const others = after.map(([name]) => name).join(', ');
  const why = after.length === 0 ? 'nobody would have a weight' : `this node has not seen ${others} writable just now`;
  return refuse(NAME, `Afterwards nobody would serve in this node's table: ${why}.`, figures);
}
