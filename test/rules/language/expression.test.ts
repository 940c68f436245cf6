import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scope, Truth } from '../../../src/model/decisions/rule.ts';
import type { Signals, TargetKind } from '../../../src/model/readings/signals.ts';
import { type CompiledExpression, compileExpression } from '../../../src/rules/language/expression.ts';

function compile(
  source: string,
  forEach: TargetKind = 'member',
  expected: 'bool' | 'any' = 'bool',
): CompiledExpression {
  const compiled = compileExpression({ source, forEach, expect: expected });
  if (!compiled.ok) throw new Error(compiled.fault.message);
  return compiled.expression;
}

function fault(source: string, forEach: TargetKind = 'member'): string {
  const compiled = compileExpression({ source, forEach, expect: 'bool' });
  if (compiled.ok) throw new Error('compiled');
  const { message, start, end } = compiled.fault;
  return `[${source.slice(start, end)}] ${message}`;
}

function scope(member: Signals = {}, peers: readonly Signals[] = [], pool: Signals = {}): Scope {
  return { pool, member, peers };
}

describe('a condition', () => {
  it('mixes whole and real numbers in every operator', () => {
    const pool = { filling_members: 2, members: 3 };
    const holds = (source: string) => compile(source, 'pool').evaluate({ pool });
    expect(holds('pool.filling_members * 2 > pool.members')).toBe(true);
    expect(holds('2 * pool.filling_members > pool.members + 1')).toBe(false);
    expect(holds('1 + pool.filling_members == pool.members')).toBe(true);
    expect(holds('pool.members - 1 == 2')).toBe(true);
    expect(holds('5 - pool.members == 2')).toBe(true);
    expect(holds('pool.members / 2 == 1.5')).toBe(true);
    expect(holds('3 / pool.filling_members == 1.5')).toBe(true);
    expect(holds('3 == pool.members && pool.members != 4')).toBe(true);
    expect(holds('pool.members in [1, 3]')).toBe(true);
  });

  it('names the signals that it reads', () => {
    const { references } = compile('!member.writable && peers.filter(p, p.serving).exists(q, q.weight > pool.members)');
    expect(references).toEqual([
      { root: 'member', signal: 'writable' },
      { root: 'peers', signal: 'serving' },
      { root: 'peers', signal: 'weight' },
      { root: 'pool', signal: 'members' },
    ]);
  });

  it('sees peers of its own kind', () => {
    const two = compile('director.vip && peers.exists(p, p.vip)', 'director');
    expect(two.evaluate({ pool: {}, director: { vip: true }, peers: [{ vip: true }] })).toBe(true);
  });
});

describe('an unknown signal', () => {
  const unwritable = compile('!member.writable && peers.exists(p, p.writable)');

  it.each([
    ['absent itself', scope({}, [{ writable: true }]), undefined],
    ['absent, but the rest decides', scope({}, [{ writable: false }]), false],
    ['absent at a peer while another decides', scope({ writable: false }, [{}, { writable: true }]), true],
    ['absent at the only peer', scope({ writable: false }, [{}]), undefined],
    ['absent at a peer that does not matter', scope({ writable: true }, [{}]), false],
    ['no peers at all', scope({ writable: false }, []), false],
  ])('%s', (_, seen, expected) => {
    expect(unwritable.evaluate(seen)).toBe(expected);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '7', null, true])(
    'is also one that holds %j where a number belongs',
    (value) => {
      const seen = scope({ weight: value as number, writable: true });
      expect(compile('member.weight > 1.0').evaluate(seen)).toBeUndefined();
      expect(compile('member.weight <= 1.0').evaluate(seen)).toBeUndefined();
      expect(compile('member.weight > 1.0 || member.writable').evaluate(seen)).toBe(true);
      const either = compile('member.weight > 1.0 || member.weight <= 1.0 || member.filling');
      expect(either.evaluate({ ...seen, member: { ...seen.member, filling: false } })).toBeUndefined();
      expect(either.evaluate({ ...seen, member: { ...seen.member, filling: true } })).toBe(true);
      const pair = compile('member.weight > 1.0 && member.filling');
      expect(pair.evaluate({ ...seen, member: { ...seen.member, filling: true } })).toBeUndefined();
    },
  );

  it('counts in filter, where an unknown peer makes the number unknown', () => {
    const count = compile('peers.filter(p, p.serving).size() > 0');
    expect(count.evaluate(scope({}, [{ serving: true }, {}]))).toBeUndefined();
    expect(count.evaluate(scope({}, [{ serving: true }, { serving: false }]))).toBe(true);
  });

  it('follows Kleene in every mixture of operators', () => {
    const names = ['writable', 'answering', 'listed', 'filling'] as const;
    interface Tree {
      readonly text: string;
      readonly truth: (signals: Signals) => Truth;
    }
    const not = (a: Truth): Truth => (a === undefined ? undefined : !a);
    const and = (a: Truth, b: Truth): Truth =>
      a === false || b === false ? false : a === undefined || b === undefined ? undefined : true;
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(...names).map(
          (name): Tree => ({
            text: `member.${name}`,
            truth: (signals) => signals[name] as Truth,
          }),
        ),
        tie('tree').map((a): Tree => ({ text: `!(${a.text})`, truth: (signals) => not(a.truth(signals)) })),
        fc.tuple(tie('tree'), tie('tree')).map(
          ([a, b]): Tree => ({
            text: `(${a.text} && ${b.text})`,
            truth: (signals) => and(a.truth(signals), b.truth(signals)),
          }),
        ),
        fc.tuple(tie('tree'), tie('tree')).map(
          ([a, b]): Tree => ({
            text: `(${a.text} || ${b.text})`,
            truth: (signals) => not(and(not(a.truth(signals)), not(b.truth(signals)))),
          }),
        ),
      ),
    }));
    const signals = fc.record(
      { writable: fc.boolean(), answering: fc.boolean(), listed: fc.boolean(), filling: fc.boolean() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(tree, signals, (one, member) => {
        expect(compile(one.text).evaluate(scope(member))).toBe(one.truth(member));
      }),
      { numRuns: 1_500 },
    );
  });
});

describe('a division', () => {
  const ratio = compile('pool.consume_rate / pool.inflow_rate > 0.5', 'pool');
  const at = (consume_rate: number, inflow_rate: number) => ratio.evaluate({ pool: { consume_rate, inflow_rate } });

  it('by zero is unknown, not a number over every threshold', () => {
    expect(at(1, 0)).toBeUndefined();
    expect(at(0, 0)).toBeUndefined();
    expect(at(1, 1)).toBe(true);
  });

  it.each([
    ['(pool.members + 1.0) / (pool.queue_depth) > 0.0', undefined],
    ['1.0 // half / of it\n / pool.queue_depth > 0.0', undefined],
    ['pool.members / pool.members / 2 == 0.5', true],
    ['pool.master == "a/b" || 1 / pool.queue_depth > 0', true],
    ['-(pool.members)/-pool.members == 1', true],
    ['2.0 * (pool.members / 4) == 1', true],
  ])('stands anywhere: %s', (source, expected) => {
    expect(compile(source, 'pool').evaluate({ pool: { members: 2, queue_depth: 0, master: 'a/b' } })).toBe(expected);
  });

  it('inside a macro is refused for the element only', () => {
    const any = compile('peers.exists(p, 1.0 / p.weight > 0.1)');
    expect(any.evaluate(scope({}, [{ weight: 0 }, { weight: 5 }]))).toBe(true);
    expect(any.evaluate(scope({}, [{ weight: 0 }, { weight: 50 }]))).toBeUndefined();
  });
});

describe('what is refused at load', () => {
  it.each([
    ['member.writeable', '[writeable] member has no signal writeable: did you mean "writable"?'],
    ['membr.writable', '[membr] there is no membr: did you mean "member"?'],
    ['writable', '[writable] writable is a signal of member: write member.writable'],
    [
      'director.lvs',
      '[director] director is not known in a rule with for_each: member, which sees pool, member, peers',
    ],
    ['peers.exists(p, p.foo)', '[foo] member has no signal foo ("weir rules signals" lists them)'],
    ['member', '[member] member has many signals: name one, as in member.writable'],
    ['member in peers', '[member] member has many signals: name one, as in member.writable'],
    ['peers', '[peers] peers is a list: use peers.exists(p, ...), peers.all(p, ...) or peers.size()'],
    ['member.weight > "a"', '[member.weight > "a"] ">" does not go with a number on the left and a text on the right'],
    ['!member.weight', '[!member.weight] "!" does not go with a number'],
    ['member.weight', '[member.weight] this is a number, expected a condition: something true or false'],
    [
      'member.weight && true',
      '[member.weight && true] this is a number, expected a condition: something true or false',
    ],
    ['1 < 2', '[1 < 2] this names no signal, so it never changes'],
    ['member.weight = 1', '[=] "=" is not expected here: "==" compares'],
    ['member.weight >', '[] the expression ends too early'],
    ['(member.weight', '[] a bracket is not closed'],
    ['member.role == "a', '["a] this text has no end: a quote is missing'],
    ['member.weight == null', '[null] a signal is never null: an absent one makes the value unknown'],
    ['b"a" == b"b"', '[b"a"] expected a number, a text in quotes, true or false'],
    ['member["writable"]', '[member["writable"]] this form is not for rules: name a signal, as in member.writable'],
    ['member.__proto__ == 1', '[__proto__] member has no signal __proto__ ("weir rules signals" lists them)'],
    ['1 / 2 > member.weight', '[1 / 2] whole numbers divide without a fraction in CEL (1 / 2 is 0): write one as 2.0'],
    [
      'peers.size() / 2 > 1',
      '[peers.size() / 2] whole numbers divide without a fraction in CEL (1 / 2 is 0): write one as 2.0',
    ],
    ['member.weight / 0 > 1', '[0] this divides by zero'],
    [
      'member.weight % 2.0 > 1',
      '[member.weight % 2.0] "%" does not go with a number on the left and a number on the right',
    ],
    ['peers.exists(member, true)', '[member] member is taken: choose another name'],
    [
      'peers.map(p, p.weight).size() > 1',
      '[peers.map(p, p.weight)] there is no function map(): use exists, all, exists_one or filter',
    ],
    [
      'member.role.startWith("m")',
      '[member.role.startWith("m")] there is no function startWith(): did you mean "startsWith"?',
    ],
  ])('%s', (source, expected) => {
    expect(fault(source)).toBe(expected);
  });

  it.each(['member.role.matches("^(a+)+$")', 'has(member.writable)', 'dyn(member.weight) > 1', 'timestamp("x") > 1'])(
    '%s, which could hang or step around the checks',
    (source) => {
      expect(fault(source)).toMatch(/there is no function/);
    },
  );

  it('lists inside lists inside lists', () => {
    const deep = 'peers.exists(p, peers.exists(q, peers.exists(r, r.weight > p.weight)))';
    expect(fault(deep)).toMatch(/lists can be gone over two deep at most/);
    compile('peers.exists(p, peers.exists(q, q.weight > p.weight))');
  });

  it.each([
    '('.repeat(5_000),
    '!'.repeat(5_000),
    `member.weight > 1${' + 1'.repeat(300)}`,
    'x'.repeat(50_000),
    '[1'.repeat(500),
  ])('more than an expression may hold', (source) => {
    expect(fault(source)).toMatch(/split the rule$/);
  });
});

it('any text compiles or is refused with a range inside it, and never throws when it runs', () => {
  const words = [
    'member.weight',
    'member.writable',
    'member.role',
    'peers',
    '.exists(p, ',
    'p.weight',
    '.size()',
    ' && ',
    ' || ',
    '!',
    '(',
    ')',
    ' > ',
    ' == ',
    ' / ',
    ' * ',
    '1',
    '0',
    '2.0',
    '"a"',
    ' ? ',
    ' : ',
    'true',
    '[',
    ']',
    ', ',
    ' in ',
    '//',
    '\n',
    '%',
    '-',
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
  );
  const scopes = [scope(), scope({ weight: 0, writable: true, role: 'a' }, [{ weight: 0 }, {}])];
  fc.assert(
    fc.property(text, (source) => {
      const compiled = compileExpression({ source, forEach: 'member', expect: 'any' });
      if (compiled.ok) {
        for (const seen of scopes) compiled.expression.value(seen);
        return;
      }
      const { start, end, message } = compiled.fault;
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(start).toBeLessThanOrEqual(source.length);
      expect(message).toMatch(/\S/);
    }),
    { numRuns: 5_000 },
  );
});
