/**
 * Checks that a sweep is one. By hand and not with a schema: a sweep with 1,000 consumers comes several times a second, and is
 * looked through here in a quarter of the time that its JSON takes (test/bench/entries.bench.ts).
 */

import { SIGNALS, type TargetKind, TYPE_OF } from '../../model/readings/signals.ts';

type Fields = Record<string, unknown>;

/**
 * Says what is wrong with it, in a part of a sentence; undefined where it can be folded. A signal that is no scalar, or of
 * another type than the catalogue says, is taken out of it: that is what unknown looks like.
 */
export function sweepFault(body: object): string | undefined {
  const sweep = body as Fields;
  const { observer, at, members, consumers, director, table, leases, raising, acted, holds, hold } = sweep;
  const { edition, calendarMs, troubles, auditHeads } = sweep;
  if (!isName(observer)) return 'sweep: observer is no name';
  if (!isNumber(at)) return 'sweep: at is no time';
  if (!isRecordOf(members, readMember)) return 'sweep: members are no readings';
  if (!isRecordOf(consumers, readConsumer)) return 'sweep: consumers are no readings';
  if (director !== undefined && !readDirector(director)) return 'sweep: director is no reading';
  if (table !== undefined && !isRecordOf(table, isRow)) return 'sweep: table is no table';
  if (!isListOf(leases, isLease)) return 'sweep: leases are no leases';
  if (raising !== undefined && !isRecordOf(raising, isNumber)) return 'sweep: raising are no weights';
  if (acted !== undefined && !isListOf(acted, isAct)) return 'sweep: acted are no actions';
  if (holds !== undefined && !isListOf(holds, isHold)) return 'sweep: holds are no holds';
  if (auditHeads !== undefined && !isRecordOf(auditHeads, isHead)) return 'sweep: auditHeads are no heads';
  if (edition !== undefined && !isEdition(edition)) return 'sweep: edition is no edition';
  if (calendarMs !== undefined && !isNumber(calendarMs)) return 'sweep: calendarMs is no time';
  if (hold !== undefined && typeof hold !== 'string') return 'sweep: hold is no text';
  if (!isListOf(troubles, isText)) return 'sweep: troubles are no sentences';
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  if (!isFields(value) || Object.hasOwn(value, '__proto__')) return false;
  for (const key in value) if (!isOne(value[key])) return false;
  return true;
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

const readMember = readerOf('member');
const readConsumer = readerOf('consumer');
const readDirector = readerOf('director');

/**
 * Takes out what is no signal of this kind; a scalar that the catalogue does not have stays, since a later version may have
 * it. False where it is no reading at all.
 */
function readerOf(kind: TargetKind): (value: unknown) => boolean {
  const types = new Map(Object.entries(SIGNALS[kind]).map(([name, { type }]) => [name, TYPE_OF[type]]));
  return (value) => {
    if (!isFields(value)) return false;
    for (const key in value) {
      const type = typeof value[key];
      if (type !== (types.get(key) ?? type) || type === 'object' || key === '__proto__') delete value[key];
    }
    return true;
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value !== '__proto__';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isRow(value: unknown): boolean {
  return isFields(value) && typeof value.listed === 'boolean' && isNumber(value.weight);
}

function isLease(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { id, member, weight, owner, until } = value;
  return isName(id) && isName(member) && isNumber(weight) && isText(owner) && isNumber(until);
}

function isAct(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { decision, rule, target, action, at, strikes } = value;
  return [decision, rule, target, action].every(isText) && isNumber(at) && isNumber(strikes);
}

function isHead(value: unknown): boolean {
  return isFields(value) && isNumber(value.seq) && isText(value.hash) && isNumber(value.at);
}

function isEdition(value: unknown): boolean {
  return isFields(value) && isName(value.hash) && isText(value.mode);
}

function isHold(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { scope, by, reason, until } = value;
  return (
    isFields(scope) && isText(scope.kind) && isText(by) && isText(reason) && (until === undefined || isNumber(until))
  );
}
