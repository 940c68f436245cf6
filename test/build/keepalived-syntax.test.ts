import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { includedFiles } from '../../src/build/keepalived-files.ts';
import { allOf, lastOf, numberOf, parseKeepalived, type Statement } from '../../src/build/keepalived-syntax.ts';
import { WeirError } from '../../src/model/error.ts';

const SAMPLES = '/usr/share/doc/keepalived/samples';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

function parse(text: string, configId = 'a'): Statement[] {
  return parseKeepalived({ file: 'keepalived.conf', text }, { include: () => [], configId });
}

/** A parameter as keepalived writes it. */
function braced(name: string): string {
  return `$\{${name}}`;
}

/** Words only, blocks as arrays behind them. */
function shape(statements: readonly Statement[]): unknown[] {
  return statements.map(({ words, block }) => {
    const text = words.map((word) => word.text).join(' ');
    return block === undefined ? text : [text, ...shape(block)];
  });
}

function faultOf(text: string): string {
  try {
    parse(text);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(WeirError);
    expect((error as WeirError).code).toBe('config');
    return (error as WeirError).message;
  }
}

describe('the reader', () => {
  test('takes braces on the line of the keyword, below it, and all on one line', () => {
    const text =
      'vrrp_instance A {\n  priority 1\n}\nvrrp_instance B\n{\n  priority 2 }\nvrrp_instance C { priority 3 }\n';

    expect(shape(parse(text))).toEqual([
      ['vrrp_instance A', 'priority 1'],
      ['vrrp_instance B', 'priority 2'],
      ['vrrp_instance C', 'priority 3'],
    ]);
  });

  test('leaves out comments of both kinds, but not what only looks like one', () => {
    const text = '! a\nstate BACKUP # b\npriority 1 ! c\nauth_pass "a#b!c"\nauth_pass a\\#b\\!c\n   # {\n';

    expect(shape(parse(text))).toEqual(['state BACKUP', 'priority 1', 'auth_pass a#b!c', 'auth_pass a#b!c']);
  });

  test('takes what stands in quotes as one word, braces and all', () => {
    const [statement] = parse('notify_master "/x/y.sh {a} b" root\n');

    expect(statement?.words.map(({ text }) => text)).toEqual(['notify_master', '/x/y.sh {a} b', 'root']);
    expect(statement?.block).toBeUndefined();
  });

  test('says where each word stands, counted from 1', () => {
    const [instance] = parse('\n\tvrrp_instance VI_1 {\n    priority  99\n}');
    const word = lastOf(instance?.block, 'priority')?.words[1];

    expect([word?.line, word?.column]).toEqual([3, 15]);
    expect(instance?.words[0]).toMatchObject({ file: 'keepalived.conf', line: 2, column: 2 });
  });

  test('answers conditions by the configuration id', () => {
    const text = '@a priority 200\n@b priority 100\n@^a state BACKUP\n@^b state MASTER\n';

    expect(shape(parse(text, 'a'))).toEqual(['priority 200', 'state MASTER']);
    expect(shape(parse(text, 'b'))).toEqual(['priority 100', 'state BACKUP']);
  });

  test('fills in definitions, of one line and of several, one within another', () => {
    const text = [
      '$NET=192.168.81',
      '$RS= \\',
      `real_server ${braced('NET')}.${braced('N')} 6379 { \\`,
      '  weight $WEIGHT \\',
      '}',
      '$WEIGHT=50',
      `virtual_server ${braced('NET')}.229 6379 {`,
      '$N=51',
      '$RS',
      '$N=234',
      '$RS',
      '}',
      'script "$UNKNOWN"',
    ].join('\n');

    expect(shape(parse(text))).toEqual([
      [
        'virtual_server 192.168.81.229 6379',
        ['real_server 192.168.81.51 6379', 'weight 50'],
        ['real_server 192.168.81.234 6379', 'weight 50'],
      ],
      'script $UNKNOWN',
    ]);
  });

  test('reads includes with wildcards and braces, relative to the file that has them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-conf-'));
    folders.push(folder);
    await mkdir(join(folder, 'conf.d'));
    const write = (name: string, text: string) => writeFile(join(folder, name), text);
    await write('conf.d/b.conf', 'priority 2\n');
    await write('conf.d/a.conf', 'priority 1\ninclude ../more\n');
    await write('conf.d/.hidden.conf', 'priority 9\n');
    await write('conf.d/c.txt', 'priority 9\n');
    await write('more', 'priority 1.5');
    await write('x1', 'state BACKUP');
    await write('y2', 'nopreempt');
    const text = 'vrrp_instance VI_1 {\n include conf.d/*.conf\n includer {x,y}[2-9]\n include nowhere/*\n}\n';

    const found = parseKeepalived(
      { file: join(folder, 'keepalived.conf'), text },
      { include: includedFiles, configId: 'a' },
    );

    expect(shape(found)).toEqual([['vrrp_instance VI_1', 'priority 1', 'priority 1.5', 'priority 2', 'nopreempt']]);
    expect(found[0]?.block?.[1]?.words[0].file).toBe(join(folder, 'more'));
  });

  test.runIf(existsSync(SAMPLES))('reads every sample that Debian ships', async () => {
    for (const name of (await readdir(SAMPLES)).filter((one) => one.startsWith('keepalived.conf'))) {
      const statements = parse(await readFile(join(SAMPLES, name), 'utf8'));
      expect([name, statements.length > 0]).toEqual([name, true]);
    }
  });
});

describe('a broken file is one line that says where, and what was expected', () => {
  test.each([
    [
      'a block without end',
      'vrrp_instance VI_1 {\n  priority 1\n',
      /^keepalived\.conf:1:1 vrrp_instance VI_1 \(line 1\) is never closed, expected a }/,
    ],
    [
      'a block that ends too late',
      'vrrp_instance VI_1 {\n priority 1\nvirtual_server 1.2.3.4 5 {\n}\n}',
      /^keepalived\.conf:3:1 virtual_server stands inside vrrp_instance VI_1 \(line 1\), expected a } before it$/,
    ],
    ['one brace too many', 'global_defs {\n}\n  }\n', /^keepalived\.conf:3:3 this } closes nothing/],
    ['a block of nothing', '{\n}\n', /^keepalived\.conf:1:1 a { opens a block of nothing/],
    ['two blocks of one keyword', 'global_defs {\n}\n{\n}', /^keepalived\.conf:3:1 a { opens/],
    ['a quote without end', 'a\n  notify_master "/x\n', /^keepalived\.conf:2:17 the quote is never closed/],
    ['a sequence', '~SEQ(N, 1, 2) real_server 1.2.3.$N\n', /^keepalived\.conf:1:1 ~SEQ is not read by weir/],
    ['a definition of itself', `$A=${braced('A')}${braced('A')}\n$A\n`, /^keepalived\.conf:2:1 .*itself/],
    ['lines of themselves', '$A=\\\n$A \\\n$A\n$A\n', /^keepalived\.conf:4:1 .*itself/],
  ])('%s', (_, text, sentence) => {
    expect(faultOf(text)).toMatch(sentence);
    expect(faultOf(text)).not.toContain('\n');
  });

  test('definitions that double each other', () => {
    const chain = Array.from({ length: 20 }, (_, n) => `$D${n + 1}=$D${n} \\\n$D${n}\n`).join('');

    expect(faultOf(`$D0=priority 1\n${chain}$D20\n`)).toMatch(/^keepalived\.conf:\d+:1 includes or defines too much/);
  });

  test('a file that includes itself', () => {
    const text = 'include keepalived.conf\n';
    const include = (_: string, file: string) => [{ file, text }];

    expect(() => parseKeepalived({ file: 'k', text }, { include, configId: 'a' })).toThrow(/^k:1:1 .*itself/);
  });

  test('a number that is none, or out of its range, or missing', () => {
    const read = (text: string) => numberOf(parse(text)[0] as Statement, { min: 1, max: 254 });

    expect(read('priority 254')).toBe(254);
    expect(() => read('  priority 255')).toThrow(
      'keepalived.conf:1:12 priority is 255, expected a number from 1 to 254',
    );
    expect(() => read('priority 1O0')).toThrow('keepalived.conf:1:10 priority is 1O0, expected');
    expect(() => read('priority')).toThrow('keepalived.conf:1:9 priority has no value, expected');
  });
});

describe('whatever stands in the file', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '"',
    '\\',
    '#',
    '!',
    '@a ',
    '@^',
    '$A',
    braced('A'),
    '$A=',
    '~SEQ(',
    'include ',
    '\n',
    '\r\n',
    ' ',
    '\t',
    'vrrp_instance',
    'virtual_server',
    'VI_1',
    '192.168.81.229',
    '6379',
    '\u0000',
    'é',
  );

  test.each([
    ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
    ['what looks like it', fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))],
  ])('%s is read or refused in one line', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const fault = faultOf(text);
        expect(fault === '' || /^keepalived\.conf:\d+:\d+ [^\n]+$/.test(fault)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a tree that is written out is read back, however it is laid out', () => {
    const word = fc.stringMatching(/^[a-z0-9_.:/-]{1,8}$/);
    interface Tree {
      readonly words: string[];
      readonly block: Tree[] | null;
    }
    const { tree } = fc.letrec<{ tree: Tree; block: Tree[] | null }>((tie) => ({
      block: fc.option(fc.array(tie('tree'), { maxLength: 3 }), { maxDepth: 4 }),
      tree: fc.record({ words: fc.array(word, { minLength: 1, maxLength: 3 }), block: tie('block') }),
    }));
    const write = ({ words, block }: Tree, style: number): string => {
      const head = words.join(style === 1 ? '\t ' : ' ');
      if (block === null) return `${head}\n`;
      return `${head}${style === 2 ? ' # here\n{' : ' {'}${style === 1 ? ' ' : '\n'}${block.map((one) => write(one, style)).join('')}}\n`;
    };
    const shapeOf = ({ words, block }: Tree): unknown =>
      block === null ? words.join(' ') : [words.join(' '), ...block.map(shapeOf)];

    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), fc.nat(2), (trees, style) => {
        expect(shape(parse(trees.map((one) => write(one, style)).join('')))).toEqual(trees.map(shapeOf));
      }),
    );
  });
});

test('of a keyword that stands twice the later one counts', () => {
  const block = parse('priority 1\npriority 2\nstate MASTER\n');

  expect(lastOf(block, 'priority')?.words[1]?.text).toBe('2');
  expect(allOf(block, 'priority', 'state')).toHaveLength(3);
});
