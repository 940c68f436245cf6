/**
 * What an expression may say: a small, safe part of CEL. It refuses everything that could hang a worker (regular
 * expressions, deep macros), act on absence (`has`) or step around the type check (`dyn`, indexing), and names what to use
 * instead.
 */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { Reference } from '../../model/decisions/rule.ts';
import type { Catalogue, TargetKind } from '../../model/readings/signals.ts';
import type { Sight } from './unknown-values.ts';

/** A node of the parser's tree, as far as this file looks at it. */
export interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
}

export interface Syntax {
  readonly references: readonly Reference[];
  /** `peers.size()`: it changes without naming a signal. */
  readonly countsPeers: boolean;
  /** Every operator needs all its operands, so one absent signal makes the whole unknown. */
  readonly strict: boolean;
  /** The source with `%` for every `/`: in the running environment that is the division that refuses zero. */
  readonly running: string;
}

/** Thrown by readSyntax: a sentence about a range of the source. */
export class SyntaxFault extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, { start, end }: { start: number; end: number }) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const MACROS: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one', 'filter']);
const METHODS: readonly string[] = [...MACROS, 'size', 'startsWith', 'endsWith', 'contains'];
const MAX_MACRO_DEPTH = 2;

const INSTEAD: Readonly<Record<string, string>> = {
  matches: 'regular expressions can hang the evaluation: use startsWith, endsWith, contains or in',
  has: 'a rule cannot act on absence: an absent signal makes the value unknown, and when_unknown tells people',
  dyn: 'it would step around the type check',
  map: 'use exists, all, exists_one or filter',
};

interface Walk {
  readonly source: string;
  readonly forEach: TargetKind;
  readonly catalogue: Catalogue;
  readonly references: Map<string, Reference>;
  readonly divisions: number[];
  countsPeers: boolean;
  strict: boolean;
}

/** Macro variables, and what each stands for: one of the peers, or an element of a written list. */
type Bound = ReadonlyMap<string, 'peers' | 'value'>;

/** @throws SyntaxFault */
export function readSyntax(ast: SyntaxNode, source: string, sight: Sight): Syntax {
  const walk: Walk = { source, ...sight, references: new Map(), divisions: [], countsPeers: false, strict: true };
  visit(walk, ast, new Map(), 0);
  const running = walk.divisions.reduce((text, at) => `${text.slice(0, at)}%${text.slice(at + 1)}`, source);
  return { references: [...walk.references.values()], countsPeers: walk.countsPeers, strict: walk.strict, running };
}

function visit(walk: Walk, node: SyntaxNode, bound: Bound, depth: number): void {
  switch (node.op) {
    case 'value':
      if (node.args === null) {
        throw new SyntaxFault('a signal is never null: an absent one makes the value unknown', node);
      }
      // b"..." and 1u: no signal has such a type.
      if (typeof node.args === 'object') {
        throw new SyntaxFault('expected a number, a text in quotes, true or false', node);
      }
      return;
    case 'id':
      visitName(walk, node, bound);
      return;
    case '.':
      visitSignal(walk, node, bound);
      return;
    case 'call': {
      const called = String((node.args as unknown[])[0]);
      throw new SyntaxFault(`there is no function ${called}()${instead(called)}`, node);
    }
    case 'rcall':
      visitMethod(walk, node, bound, depth);
      return;
    case '&&':
    case '||':
    case '?:':
      walk.strict = false;
      break;
    case '/':
      visitDivision(walk, node);
      break;
    case '[]':
    case '[?]':
    case '.?':
    case 'map':
      throw new SyntaxFault('this form is not for rules: name a signal, as in member.writable', node);
  }
  for (const child of children(node)) visit(walk, child, bound, depth);
}

function children(node: SyntaxNode): SyntaxNode[] {
  return (Array.isArray(node.args) ? node.args : [node.args]) as SyntaxNode[];
}

function instead(name: string): string {
  return Object.hasOwn(INSTEAD, name) ? `: ${INSTEAD[name]}` : didYouMean(name, METHODS);
}

function roots({ forEach }: Walk): string[] {
  return forEach === 'pool' ? ['pool'] : ['pool', forEach, 'peers'];
}

/** A name that stands alone: never a value. */
function visitName(walk: Walk, node: SyntaxNode, bound: Bound): void {
  const name = String(node.args);
  if (bound.get(name) === 'value') return;
  if (name === 'peers' && roots(walk).includes(name)) {
    throw new SyntaxFault('peers is a list: use peers.exists(p, ...), peers.all(p, ...) or peers.size()', node);
  }
  if (bound.has(name) || roots(walk).includes(name)) {
    throw new SyntaxFault(
      `${name} has many signals: name one, as in ${name}.${name === 'pool' ? 'members' : 'writable'}`,
      node,
    );
  }
  throw unknownName(walk, node, name);
}

function unknownName(walk: Walk, node: SyntaxNode, name: string): SyntaxFault {
  if (Object.hasOwn(walk.catalogue, name) || name === 'peers') {
    const message = `${name} is not known in a rule with for_each: ${walk.forEach}, which sees ${roots(walk).join(', ')}`;
    return new SyntaxFault(message, node);
  }
  const owner = roots(walk).find((root) => root !== 'peers' && Object.hasOwn(walk.catalogue[root as TargetKind], name));
  if (owner !== undefined) return new SyntaxFault(`${name} is a signal of ${owner}: write ${owner}.${name}`, node);
  return new SyntaxFault(
    `there is no ${name}${didYouMean(name, roots(walk)) || `, expected one of ${roots(walk).join(', ')}`}`,
    node,
  );
}

function visitSignal(walk: Walk, node: SyntaxNode, bound: Bound): void {
  const [holder, signal] = node.args as [SyntaxNode, string];
  const name = String(holder.args);
  if (holder.op !== 'id') throw new SyntaxFault('signals have no fields of their own', node);
  if (name === 'peers' && roots(walk).includes(name)) visitName(walk, holder, bound);
  const over = bound.get(name);
  if (over === undefined && !roots(walk).includes(name)) throw unknownName(walk, holder, name);
  if (over === 'value') throw new SyntaxFault(`${name} is an element of a written list and has no signals`, node);
  const root = over ?? (name as TargetKind);
  const kind = root === 'peers' ? walk.forEach : root;
  if (!Object.hasOwn(walk.catalogue[kind], signal)) {
    const at = { start: node.end - signal.length, end: node.end };
    const guess = didYouMean(signal, Object.keys(walk.catalogue[kind]));
    throw new SyntaxFault(`${kind} has no signal ${signal}${guess || ' ("weir rules signals" lists them)'}`, at);
  }
  walk.references.set(`${root}.${signal}`, { root, signal });
}

function visitMethod(walk: Walk, node: SyntaxNode, bound: Bound, depth: number): void {
  const [method, receiver, args] = node.args as [string, SyntaxNode, SyntaxNode[]];
  if (!METHODS.includes(method)) throw new SyntaxFault(`there is no function ${method}()${instead(method)}`, node);
  const list = visitList(walk, receiver, bound, depth);
  if (method === 'size' && list === 'peers') walk.countsPeers = true;
  if (!MACROS.has(method)) {
    if (list === undefined) visit(walk, receiver, bound, depth);
    for (const arg of args) visit(walk, arg, bound, depth);
    return;
  }
  if (list === undefined) throw new SyntaxFault(`${method}() goes over a list, such as peers`, receiver);
  const [variable, predicate] = args;
  if (variable?.op !== 'id' || predicate === undefined || args.length !== 2) {
    throw new SyntaxFault(`expected ${method}(p, condition on p)`, node);
  }
  const name = String(variable.args);
  if (bound.has(name) || Object.hasOwn(walk.catalogue, name) || name === 'peers') {
    throw new SyntaxFault(`${name} is taken: choose another name`, variable);
  }
  if (depth >= MAX_MACRO_DEPTH) throw new SyntaxFault('lists can be gone over two deep at most', node);
  walk.strict = false;
  visit(walk, predicate, new Map([...bound, [name, list]]), depth + 1);
}

/** The kind of the elements where the node is a list: `peers`, a filter of them, or a written list. Else undefined. */
function visitList(walk: Walk, node: SyntaxNode, bound: Bound, depth: number): 'peers' | 'value' | undefined {
  if (node.op === 'id' && node.args === 'peers' && walk.forEach !== 'pool') return 'peers';
  if (node.op === 'list') {
    for (const child of children(node)) visit(walk, child, bound, depth);
    return 'value';
  }
  const [method, receiver] = node.op === 'rcall' ? (node.args as [string, SyntaxNode]) : [];
  if (method !== 'filter' || receiver === undefined) return undefined;
  visitMethod(walk, node, bound, depth);
  return listKind(walk, receiver);
}

function listKind(walk: Walk, node: SyntaxNode): 'peers' | 'value' {
  if (node.op === 'rcall') return listKind(walk, (node.args as [string, SyntaxNode])[1]);
  return node.op === 'id' ? 'peers' : 'value';
}

function visitDivision(walk: Walk, node: SyntaxNode): void {
  const [left, right] = node.args as [SyntaxNode, SyntaxNode];
  if (isWhole(left) && isWhole(right)) {
    throw new SyntaxFault('whole numbers divide without a fraction in CEL (1 / 2 is 0): write one as 2.0', node);
  }
  if (right.op === 'value' && Number(right.args) === 0) throw new SyntaxFault('this divides by zero', right);
  walk.divisions.push(slashAfter(walk.source, left.end));
}

/** Whether CEL takes the node for an int: a number without a point, or a size. */
function isWhole(node: SyntaxNode): boolean {
  if (node.op === 'value') return typeof node.args === 'bigint';
  if (node.op === 'rcall') return (node.args as [string])[0] === 'size';
  return ['+', '-', '*', '%', '-_'].includes(node.op) && children(node).every(isWhole);
}

/** The place of the `/` between two operands: behind closing brackets, white space and comments. */
function slashAfter(source: string, from: number): number {
  let at = from;
  for (;;) {
    if (source.startsWith('//', at)) at = source.indexOf('\n', at) + 1;
    else if (source[at] === '/') return at;
    else at += 1;
  }
}
