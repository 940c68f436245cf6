/**
 * Expressions of rules: CEL over declared, typed signals. This is the only file that knows @marcbachmann/cel-js; syntax.ts
 * decides what an expression may say at all.
 *
 * A signal that is absent, or no finite number, is unknown, and an expression is unknown when an unknown signal decides
 * it (`false && unknown` is false: Kleene's logic). Evaluation never throws.
 */

import { Environment, type ParseError, type ParseResult } from '@marcbachmann/cel-js';
import type { Expression, Scope, Truth } from '../../model/decisions/rule.ts';
import type { Catalogue, SignalType, SignalValue, TargetKind } from '../../model/readings/signals.ts';
import { SIGNALS } from '../../model/readings/signals.ts';
import { explainFault } from './cel-fault.ts';
import { readSyntax, type Syntax, SyntaxFault, type SyntaxNode } from './syntax.ts';
import { isKnown, type Sight, withoutUnknown } from './unknown-values.ts';

export interface ExpressionInput {
  readonly source: string;
  /** Decides what the expression can see: `pool`, the rule's own kind, and `peers` where there are any. */
  readonly forEach: TargetKind;
  readonly expect: 'bool' | 'any';
  /** The signals that it may name; left out: those that observers read. */
  readonly catalogue?: Catalogue;
}

export interface CompiledExpression extends Expression {
  readonly type: SignalType;
  /** The value; undefined when it is unknown. Never throws. */
  value(scope: Scope): SignalValue | undefined;
}

/** What is wrong, and its place in the source. */
export interface ExpressionFault {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export type Compiled =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly fault: ExpressionFault };

/** Bounds of one expression. Nested macros cost O(peers^depth), so syntax.ts allows two. */
const LIMITS = { maxAstNodes: 200, maxDepth: 20, maxListElements: 64 };
const MAX_LENGTH = 2_000;

/** Reads and checks an expression against the catalogue of signals. */
export function compileExpression({ source, forEach, expect, catalogue = SIGNALS }: ExpressionInput): Compiled {
  const sight = { forEach, catalogue };
  const { checking, running } = environments(sight);
  try {
    if (source.length > MAX_LENGTH) {
      throw new SyntaxFault(`this is longer than ${MAX_LENGTH} characters: split the rule`, {
        start: MAX_LENGTH,
        end: source.length,
      });
    }
    const parsed = checking.parse(source);
    const syntax = readSyntax(parsed.ast as unknown as SyntaxNode, source, sight);
    const result = parsed.check();
    if (!result.valid) throw result.error;
    const type = kindOf(result.type ?? '');
    const whole = { start: 0, end: source.length };
    if (type === undefined) return { ok: false, fault: { message: 'this gives a list, expected one value', ...whole } };
    if (expect === 'bool') {
      if (type !== 'bool') {
        return {
          ok: false,
          fault: { message: `this is ${PEOPLE[type]}, expected a condition: something true or false`, ...whole },
        };
      }
      if (syntax.references.length === 0 && !syntax.countsPeers) {
        return { ok: false, fault: { message: 'this names no signal, so it never changes', ...whole } };
      }
    }
    const program = running.parse(syntax.running);
    // An unchecked program would be checked at its first run.
    const again = program.check();
    if (!again.valid) throw again.error;
    return { ok: true, expression: expressionOf({ source, sight, type, syntax, program }) };
  } catch (error) {
    return { ok: false, fault: faultOf(error, source) };
  }
}

/** A condition split where people read it: at the `&&` or the `||` on top. */
export interface Parts {
  readonly joint: '&&' | '||' | undefined;
  readonly parts: readonly CompiledExpression[];
}

/** The parts of a condition that compiles; where nothing joins them on top, the condition is its only part. */
export function partsOf(source: string, sight: Sight): Parts {
  const { ast } = environments(sight).checking.parse(source);
  const top = ast as unknown as SyntaxNode;
  const joint = top.op === '&&' || top.op === '||' ? top.op : undefined;
  const flat = (node: SyntaxNode): SyntaxNode[] =>
    node.op === joint ? (node.args as SyntaxNode[]).flatMap(flat) : [node];
  const compile = (text: string) => compileExpression({ ...sight, source: text, expect: 'any' });
  const compiled =
    joint === undefined ? [] : flat(top).map(({ start, end }) => compile(withBrackets(source, start, end)));
  const parts = compiled.flatMap((part) => (part.ok ? [part.expression] : []));
  if (joint !== undefined && parts.length === compiled.length) return { joint, parts };
  const whole = compile(source);
  return { joint: undefined, parts: whole.ok ? [whole.expression] : [] };
}

/** Adds the brackets at both ends, which the parser's ranges leave out: `(a + b) > 1` begins at a. */
function withBrackets(source: string, start: number, end: number): string {
  const count = (char: string) => source.slice(start, end).split(char).length - 1;
  let [from, to] = [start, end];
  for (let missing = count(')') - count('('); missing > 0; missing -= 1) from = source.lastIndexOf('(', from - 1);
  for (let missing = count('(') - count(')'); missing > 0; missing -= 1) to = source.indexOf(')', to) + 1;
  return from < 0 || to < end ? source.slice(start, end) : source.slice(from, to);
}

const PEOPLE: Readonly<Record<SignalType, string>> = { double: 'a number', string: 'a text', bool: 'true or false' };

function kindOf(type: string): SignalType | undefined {
  if (type === 'int') return 'double';
  return type === 'double' || type === 'string' || type === 'bool' ? type : undefined;
}

interface Built {
  readonly source: string;
  readonly sight: Sight;
  readonly type: SignalType;
  readonly syntax: Syntax;
  readonly program: ParseResult;
}

function expressionOf({ source, sight, type, syntax, program }: Built): CompiledExpression {
  const { references, strict, countsPeers } = syntax;
  const value = (scope: Scope): SignalValue | undefined => {
    const complete = references.every((reference) => isKnown(scope, sight, reference));
    if (complete) return run(program, scope);
    // Where every operand counts, a missing one makes the result unknown. That saves a throw, 30 times an evaluation.
    return strict ? undefined : quietly(() => run(program, withoutUnknown(scope, sight)));
  };
  const condition = (scope: Scope): Truth => {
    const result = value(scope);
    return typeof result === 'boolean' ? result : undefined;
  };
  const { forEach } = sight;
  const seesItselfOnly = forEach !== 'pool' && !countsPeers && references.every(({ root }) => root === forEach);
  const evaluate = seesItselfOnly ? oncePerReading(condition) : condition;
  return { source, type, references, value, evaluate };
}

/** Evaluates once per reading: as long as a reading is the same object, its scope hands the same `known` results. */
function oncePerReading(condition: (scope: Scope) => Truth): (scope: Scope) => Truth {
  const key = Symbol();
  return (scope) => {
    const { known: results } = scope;
    if (results === undefined) return condition(scope);
    if (results.has(key)) return results.get(key);
    const truth = condition(scope);
    results.set(key, truth);
    return truth;
  };
}

function run(program: ParseResult, scope: object): SignalValue | undefined {
  try {
    return plain(program(scope));
  } catch {
    return undefined;
  }
}

/** Runs without stack traces: cel-js throws for every absent signal, and most of a throw's cost is a stack nobody reads. */
export function quietly<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function plain(result: unknown): SignalValue | undefined {
  if (typeof result === 'bigint') return Number(result);
  if (typeof result === 'number') return Number.isFinite(result) ? result : undefined;
  return typeof result === 'string' || typeof result === 'boolean' ? result : undefined;
}

interface Environments {
  readonly checking: Environment;
  readonly running: Environment;
}

const built = new WeakMap<Catalogue, Map<TargetKind, Environments>>();

/** One pair per catalogue and kind of target; building one is expensive. */
function environments(sight: Sight): Environments {
  const pairs = built.get(sight.catalogue) ?? new Map<TargetKind, Environments>();
  built.set(sight.catalogue, pairs);
  const cached = pairs.get(sight.forEach);
  if (cached !== undefined) return cached;
  const pair = { checking: environment(sight, false), running: environment(sight, true) };
  pairs.set(sight.forEach, pair);
  return pair;
}

/**
 * Rule files write `pool.filling_members * 2`, a double and an int, which CEL does not mix: so the mixed operators are
 * registered. CEL has no `%` between doubles: in the running environment it is the division that refuses zero. The built-in
 * division gives Infinity, which is over every threshold (see `running` in syntax.ts).
 */
function environment({ forEach, catalogue }: Sight, running: boolean): Environment {
  const env = new Environment({ limits: LIMITS });
  for (const kind of new Set<TargetKind>(['pool', forEach])) {
    const fields = Object.fromEntries(Object.entries(catalogue[kind]).map(([name, { type }]) => [name, type]));
    env.registerType(kind, { fields });
    env.registerVariable(kind, kind);
  }
  if (forEach !== 'pool') env.registerVariable('peers', `list<${forEach}>`);
  const arithmetic: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    [running ? '%' : '/', divide],
  ];
  for (const [operator, apply] of arithmetic) {
    const handler = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b));
    env.registerOperator(`double ${operator} int: double`, handler);
    env.registerOperator(`int ${operator} double: double`, handler);
    if (operator === '%') env.registerOperator('double % double: double', handler);
  }
  env.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  env.registerOperator('double in list<int>', (a: number, all: bigint[]) => all.some((whole) => a === Number(whole)));
  return env;
}

function divide(a: number, b: number): number {
  const result = a / b;
  if (!Number.isFinite(result)) throw new RangeError('division by zero');
  return result;
}

function faultOf(error: unknown, source: string): ExpressionFault {
  if (error instanceof SyntaxFault) return { message: error.message, start: error.start, end: error.end };
  const cel = error as Partial<ParseError>;
  const { start, end } = cel.range ?? { start: 0, end: source.length };
  return { message: explainFault(cel, source, start, end), start, end: Math.max(end, start + 1) };
}
