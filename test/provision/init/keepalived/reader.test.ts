import { describe, expect, it } from 'vitest';
import { readLines, type Surroundings } from '../../../../src/provision/init/keepalived/reader.ts';
import { braced, faultOf } from '../../keepalived-parse.ts';

function read(text: string, { configId = 'a', include = () => [] }: Partial<Surroundings> = {}) {
  return readLines({ file: 'k.conf', text, folder: '/etc/keepalived' }, { configId, include });
}

function texts(text: string, around?: Partial<Surroundings>): string[] {
  return read(text, around).lines.map((line) => line.text);
}

it('comments of both kinds are left out, but not what only looks like one', () => {
  const text = '! a\nstate BACKUP # b " {\npriority 1 ! c\nauth_pass "a#b!c"\n   # {\nx \\" #y\n';

  expect(texts(text)).toEqual(['state BACKUP', 'priority 1', 'auth_pass "a#b!c"', 'x \\"']);
});

it('a backslash before a comment puts it off by one reading, and keepalived reads twice', () => {
  expect(texts('auth_pass a\\#b\n\\#c\nauth_pass "a\\#b"\n')).toEqual(['auth_pass a', 'auth_pass "a\\#b"']);
});

it('a brace is a line of its own, and so is what stands behind it', () => {
  expect(texts('a { b "{" c }{ d\n} e }\n')).toEqual(['a', '{', 'b "{" c', '}', '{', 'd', '}', 'e', '}']);
});

describe('conditions', () => {
  const text = '@a priority 200\n@b priority 100\n@^a state BACKUP\n@^b state MASTER\n@a\n\t@a  @^b x\n@ab y\n';

  it('are answered by the configuration id', () => {
    expect(texts(text, { configId: 'a' })).toEqual(['priority 200', 'state MASTER', '@^b x']);
    expect(texts(text, { configId: 'b' })).toEqual(['priority 100', 'state BACKUP']);
  });

  it('are said, with the id that was used and the way to say another', () => {
    const { notes, leftOut } = read(text);

    expect(notes).toEqual([
      'CHECK: lines of keepalived.conf have conditions: those behind @b, @^a and @ab were left out, those behind @a and @^b were taken, for the configuration id "a". It is the host\'s name unless keepalived is started with -i: then run `weir init --config-id <id>`.',
    ]);
    expect([...leftOut]).toEqual(['priority', 'state', 'y']);
  });
});

describe('definitions', () => {
  it('are filled in, of one line and of several, one within another', () => {
    const text = [
      '$NET=192.168.81',
      '$RS= \\',
      `real_server ${braced('NET')}.${braced('N')} 6379 { \\`,
      '  weight $WEIGHT \\',
      '}',
      '$WEIGHT=50',
      '$N=51',
      '$RS',
      '$N=234',
      braced('RS'),
      'script "$UNKNOWN"',
    ].join('\n');

    const server = (n: number) => [`real_server 192.168.81.${n} 6379`, '{', 'weight 50', '}'];
    expect(texts(text)).toEqual([...server(51), ...server(234), 'script "$UNKNOWN"']);
  });

  it('of several lines go on behind a comment that ends in a backslash', () => {
    expect(texts('$A= \\\na 1 \\\n# left out \\\nb 2 # so is this \\\nc 3\n$A\n')).toEqual(['a 1', 'b 2', 'c 3']);
  });

  it('of several lines end with a line that has nothing in it but a comment', () => {
    expect(texts('$A=a \\\n\nb\n$A\n')).toEqual(['b', 'a']);
    expect(texts('$A=a \\\n # c\nb\n$A\n')).toEqual(['b', 'a']);
  });

  it('of several lines fill in the end of a line only', () => {
    expect(texts('$A=a \\\nb\nx $A\n')).toEqual(['x a', 'b']);
    expect(faultOf(`$A=a \\\nb\n${braced('A')} x\n`)).toMatch(/^keepalived\.conf:3:1 \$\{A\} has several lines/);
  });

  it('end a name without braces at a blank, a comma, a bracket and the end of the line', () => {
    expect(texts('$A=1\n$A,$A $A) $A- $A_ "$A"\n')).toEqual(['1,1 1) $A- $A_ "$A"']);
  });

  it('take no blank before their =', () => {
    expect(faultOf('$W = 77\n')).toMatch(/^keepalived\.conf:1:1 this is no definition .*a blank before its =/);
    expect(texts('$W=  77\n$W\n$W = 1\n')).toEqual(['77', '77 = 1']);
  });

  it('of keepalived itself are known', () => {
    const text = `$OFF=${braced('_HASH')}\n$OFF weight 1\n${braced('_BANG')} x\nlabel eth0${braced('_HASH')}1\n$_INSTANCE\n$_PWD\n`;

    expect(texts(text)).toEqual(['label eth0', 'a', '/etc/keepalived']);
    expect(texts('$_HASH=x\n$_HASH\n')).toEqual(['x']);
  });

  it('that nobody can know stay, with the reason', () => {
    const { lines } = read(`router_id a_${braced('_RANDOM')}\npriority ${braced('_RANDOM 1 254')}\n`);

    expect(lines.map(({ text }) => text)).toEqual(['router_id a_$_RANDOM', 'priority $_RANDOM']);
    expect(lines[1]?.unfilled).toMatch(/is another number each time/);
  });

  it('that are missing are refused where keepalived would take their braces for a block', () => {
    expect(faultOf(`vrrp_instance V {\n  priority ${braced('PRIO')}\n}`)).toMatch(
      /^keepalived\.conf:2:12 \$\{PRIO\} is not defined/,
    );
    expect(texts(`script "${braced('PRIO')}"`)).toHaveLength(1);
  });

  it('can hold a condition, an include and another definition', () => {
    const text = `$ON=@a\n$ON x 1\n$OFF=@b\n$OFF x 2\n$I=include\n$I y\n$K=K\n$${'K'}2=z\n`;
    const include = (pattern: string) => [{ file: pattern, text: 'included' }];

    expect(texts(text, { include })).toEqual(['x 1', 'included']);
  });
});

describe('sequences', () => {
  it.each([
    ['to a number', '~SEQ(N, 3) r $N', ['r 1', 'r 2', 'r 3']],
    ['between numbers', '~SEQ(N,9,11) r 1.$N', ['r 1.9', 'r 1.10', 'r 1.11']],
    ['with a step', '~SEQ(N, 5, -2, 1) r $N', ['r 5', 'r 3', 'r 1']],
    ['of hexadecimal numbers', `~SEQx(N, 9, 11) r ::${braced('N')}:1`, ['r ::9:1', 'r ::a:1', 'r ::b:1']],
    ['within each other', '~SEQ(A,2) ~SEQ(B,2) r $A $B', ['r 1 1', 'r 1 2', 'r 2 1', 'r 2 2']],
    ['of words', '~LST(N, x, y) r $N', ['r x', 'r y']],
    ['of sets', '~LST({A, B}, {1, 2}, {3}) r $A,$B', ['r 1,2', 'r 3,']],
    ['of lines', '$R=\\\nr $N { \\\nw $N }\n~SEQ(N,2) $R', ['r 1', '{', 'w 1', '}', 'r 2', '{', 'w 2', '}']],
    ['behind a brace', `v { ~SEQ(A,2) r ${braced('A')}`, ['v', '{', 'r 1', 'r 2']],
    ['to a definition', '$E=2\n~SEQ(N, 1, $E) r $N', ['r 1', 'r 2']],
  ])('%s give a line for each', (_, text, lines) => {
    expect(texts(`${text}\nend`)).toEqual([...lines, 'end']);
  });

  it.each([
    ['~SEQ(N, x) a', /^keepalived\.conf:1:1 ~SEQ\(N, x\) gives no numbers/],
    ['~SEQ(N, 1, 0, 9) a', /gives no numbers/],
    ['~SEQ N', /~SEQ has no \(NAME, values\)/],
    ['~LST({A}, {1, 2}) a', /too many values/],
    ['~SEQ(N, 1, 999999999) a', /gives no numbers/],
  ])('that keepalived does not take are refused: %s', (text, sentence) => {
    expect(faultOf(text)).toMatch(sentence);
  });
});

describe('includes', () => {
  const files: Readonly<Record<string, string>> = { b: 'x\ninclude c', c: 'y' };
  const include = (pattern: string) =>
    pattern.split('+').flatMap((file) => (files[file] === undefined ? [] : [{ file, text: files[file] }]));

  it('stand where they are named, one within another', () => {
    expect(texts('a\nincluder b+c\nd\n', { include })).toEqual(['a', 'x', 'y', 'y', 'd']);
  });

  it('are named without quotes: those belong to the name', () => {
    expect(texts('a\ninclude "c"\n', { include })).toEqual(['a']);
  });

  it('that find nothing, or what keepalived skips, are said', () => {
    const skip = () => [{ file: 'x.sh', skipped: 'it is executable' }];

    expect(read('a\n include *.conf', { include }).notes).toEqual(['CHECK k.conf:2 include *.conf finds no file.']);
    expect(read('include x', { include: skip }).notes).toEqual([
      'CHECK k.conf:1 include x finds x.sh: it is executable.',
    ]);
  });

  it.each([
    ['includem x', 'includem x finds no file'],
    ['includea *', 'includea [*] finds no file'],
    ['includeb {x,z}', 'includeb {x,z} finds no file'],
    ['includer x', ''],
    ['includem *', ''],
  ])('that keepalived would not start with are refused: %s', (text, sentence) => {
    const attempt = () => read(text, { include });

    if (sentence === '') expect(attempt).not.toThrow();
    else expect(attempt).toThrow(new RegExp(`^k.conf:1:1 ${sentence}, and so keepalived does not start`));
  });

  it('of itself are refused', () => {
    const again = (_: string, file: string) => [{ file, text: 'include k' }];

    expect(() => read('include k', { include: again })).toThrow(/^k\.conf:1:1 .*itself/);
  });
});

describe('limits are those of keepalived, or said', () => {
  it('a line of 1023 bytes is taken, one of more is not', () => {
    const line = (length: number, letter = 'x') => `a ${letter.repeat(length - 2)}`;

    expect(texts(`${line(1_023)}\r\n`)).toHaveLength(1);
    expect(faultOf(`b\n  ${line(1_022)}\n`)).toMatch(
      /^keepalived\.conf:2:3 the line is too long for keepalived, expected at most 1023 bytes/,
    );
    expect(faultOf(`${line(600, 'é')}\n`)).toMatch(/too long/);
  });

  it('what is cut off a comment is a line', () => {
    expect(texts(`a # ${'x'.repeat(1_019)}b 1\nc\n`)).toEqual(['a', 'b 1', 'c']);
    expect(texts(`#${'x'.repeat(1_022)}b 1\n`)).toEqual(['b 1']);
  });

  it.each([
    ['a definition of itself', `$A=${braced('A')}${braced('A')}\n$A\n`, /^keepalived\.conf:2:1 .*itself/],
    ['one that stays as long as it is', `$A=${braced('A')}\n$A\n`, /^keepalived\.conf:2:1 .*itself/],
    ['lines of themselves', '$A=\\\n$A \\\n$A\n$A\n', /^keepalived\.conf:4:1 .*itself/],
    [
      'a line that is filled in too long',
      `$A=${'x'.repeat(600)}\n$A,$A\n`,
      /^keepalived\.conf:2:1 \$A makes the line longer/,
    ],
    ['a NUL', 'a\nb \0c\n', /^keepalived\.conf:2:3 U\+0000 stands here/],
  ])('%s', (_, text, sentence) => {
    expect(faultOf(text)).toMatch(sentence);
  });

  it('definitions that double each other', () => {
    const chain = Array.from({ length: 20 }, (_, n) => `$D${n + 1}=$D${n} \\\n$D${n}\n`).join('');

    expect(faultOf(`$D0=priority 1\n${chain}$D20\n`)).toMatch(
      /^keepalived\.conf:\d+:1 definitions give more than 50000 lines/,
    );
  });

  it('a file of 100,000 lines is read, and so is a definition that gives 30,000', () => {
    expect(texts('a 1\n'.repeat(100_000))).toHaveLength(100_000);
    expect(texts(`$A=a \\\nb \\\nc\n${'$A\n'.repeat(10_000)}`)).toHaveLength(30_000);
  });
});
