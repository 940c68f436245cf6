import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/model/decisions/rule.ts';
import { compileTemplate } from '../../../src/rules/language/template.ts';

const scope: Scope = {
  pool: { filling_members: 2, members: 3, seconds_to_full: 745, master: 'a' },
  member: {
    memory_bytes: 1_610_612_736,
    memory_ratio: 0.853,
    queue_depth: 1_234_567.4,
    inflow_rate: 0.12345,
    refusal: 'OOM\n(full)',
    answering: true,
    weight: 512,
  },
  peers: [{ weight: 1 }],
};

function render(source: string): string {
  const compiled = compileTemplate(source, 'member');
  if (!compiled.ok) throw new Error(compiled.fault.message);
  return compiled.template.render(scope);
}

function fault(source: string): string {
  const compiled = compileTemplate(source, 'member');
  if (compiled.ok) throw new Error('compiled');
  return `[${source.slice(compiled.fault.start, compiled.fault.end)}] ${compiled.fault.message}`;
}

describe('a title', () => {
  it.each([
    ['nothing to fill in', 'nothing to fill in'],
    ['{{ pool.filling_members }} of {{pool.members}} filling', '2 of 3 filling'],
    ['full in {{ pool.seconds_to_full | duration }}', 'full in 12 min 25 s'],
    ['{{ member.memory_bytes | bytes }}', '1.5 GiB'],
    ['{{ member.weight | bytes }}/s', '512 B/s'],
    ['{{ member.memory_ratio | percent }}', '85 %'],
    ['{{ member.queue_depth | number }}', '1,234,567'],
    ['{{ member.queue_depth }}', '1234567'],
    ['{{ member.inflow_rate }}', '0.123'],
    ['{{ pool.members - pool.filling_members }} left', '1 left'],
    ['{{ peers.size() }} others', '1 others'],
    ['{{ member.answering || member.full ? "a" : "b|c" }}', 'a'],
    ['{{ member.answering }}', 'true'],
  ])('%s', (source, expected) => {
    expect(render(source)).toBe(expected);
  });

  it('shows what is unknown as a question mark', () => {
    expect(
      render(
        '{{ member.consume_rate | bytes }} and {{ member.role }} and {{ pool.members / 0.0 | number }}'.replace(
          '0.0',
          '(pool.members - 3)',
        ),
      ),
    ).toBe('? and ? and ?');
  });

  it('stays one line whatever a signal holds', () => {
    expect(render('refused: {{ member.refusal }}')).toBe('refused: OOM (full)');
  });

  it.each([
    ['a {{ member.foo }}', '[foo] member has no signal foo ("weir rules signals" lists them)'],
    ['{{ member.weight | duratio }}', '[duratio] there is no filter "duratio": did you mean "duration"?'],
    ['{{ member.refusal | bytes }}', '[bytes] the filter "bytes" is for numbers'],
    ['{{ member.weight', '[{{] "{{" has no "}}"'],
    ['member.weight }}', '[}}] "}}" has no "{{"'],
    ['a {{ }}', '[}] the expression ends too early'],
    ['{{ peers.filter(p, p.full) }}', '[peers.filter(p, p.full)] this gives a list, expected one value'],
  ])('is refused: %s', (source, expected) => {
    expect(fault(source)).toBe(expected);
  });
});
