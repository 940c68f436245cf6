import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOP } from '../../../../src/provision/init/keepalived/keywords.ts';
import { allOf, lastOf } from '../../../../src/provision/init/keepalived/syntax.ts';
import { braced, faultOf, parse, parseInside, shape } from '../../keepalived-parse.ts';

const SAMPLES = '/usr/share/doc/keepalived/samples';

describe('the reader', () => {
  it('takes braces on the line of the keyword, below it, and all on one line', () => {
    const text =
      'vrrp_instance A {\n  priority 1\n}\nvrrp_instance B\n{\n  priority 2 }\nvrrp_instance C { priority 3 }\n';

    expect(shape(parse(text).conf)).toEqual([
      ['vrrp_instance A', 'priority 1'],
      ['vrrp_instance B', 'priority 2'],
      ['vrrp_instance C', 'priority 3'],
    ]);
  });

  it('takes what stands behind a brace as a line of its own', () => {
    const text = '$W=77\nvrrp_instance A { @a priority $W\n} vrrp_instance B { @b priority 2\n $I=eth1 }\n}\n';

    expect(shape(parse(text).conf)).toEqual([
      ['vrrp_instance A', 'priority 77'],
      // A definition takes the brace with it.
      ['vrrp_instance B'],
    ]);
  });

  it('takes what stands in quotes as one word, braces and all', () => {
    const [statement] = parseInside('notify_master "/x/y.sh {a} b" root\n');

    expect(statement?.words.map(({ text }) => text)).toEqual(['notify_master', '/x/y.sh {a} b', 'root']);
    expect(statement?.block).toBeUndefined();
  });

  it('parts words at the six blanks of ASCII and at no others', () => {
    expect(parseInside('priority\u00a01\nstate\fBACKUP\v\tx\n'.replace('\u00a0', ' '))).toHaveLength(2);
    expect(parseInside('interface eth0\u00a0\u3000x')[0]?.words[1]?.text).toBe('eth0\u00a0\u3000x');
  });

  it('says where each word stands, counted from 1', () => {
    const [instance] = parse('\n\tvrrp_instance VI_1 {\n    priority  99\n}').conf;
    const word = lastOf(instance?.block, 'priority')?.words[1];

    expect([word?.line, word?.column]).toEqual([3, 15]);
    expect(instance?.words[0]).toMatchObject({ file: 'keepalived.conf', line: 2, column: 2 });
  });

  it('knows which keywords have lines of values for a block', () => {
    const text =
      'virtual_ipaddress {\n 192.0.2.1 dev eth0\n}\nauthentication {\n auth_type PASS\n}\ntrack_file { a weight 1 }';

    expect(shape(parseInside(text))).toEqual([
      ['virtual_ipaddress', '192.0.2.1 dev eth0'],
      ['authentication', 'auth_type PASS'],
      ['track_file', 'a weight 1'],
    ]);
  });

  it.runIf(existsSync(SAMPLES))('reads every sample that Debian ships, and knows each of its keywords', async () => {
    for (const name of (await readdir(SAMPLES)).filter((one) => one.startsWith('keepalived.conf'))) {
      const { conf, notes } = parse(await readFile(join(SAMPLES, name), 'utf8'));
      // keepalived does not know them either.
      const unknown = name.endsWith('.lvs_syncd') ? [expect.stringMatching(/skips them: VI_2 .*, VI_3 /)] : [];
      expect([name, conf.length > 0, notes.filter((note) => /no such keyword/.test(note))]).toEqual([
        name,
        true,
        unknown,
      ]);
    }
  });
});

describe('what keepalived does not know', () => {
  it('is skipped and said, with its place', () => {
    const { conf, notes } = parse('vrrp_instance V {\n  priority 9\n  weigth 7\n}\nnat_mask 1\n');

    expect(shape(conf)).toEqual([['vrrp_instance V', 'priority 9']]);
    expect(notes).toEqual([
      'CHECK: keepalived knows no such keyword where it stands, and skips them: weigth (keepalived.conf:3), nat_mask (keepalived.conf:5). So does this.',
    ]);
  });

  it('is said for a dozen of them in one sentence that ends', () => {
    const { notes } = parse(Array.from({ length: 30 }, (_, n) => `unknown${n} 1\n`).join(''));

    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/unknown9 \(keepalived\.conf:10\) and 20 more\./);
  });

  it('is also a keyword behind the value of another', () => {
    const { conf, notes } = parse('vrrp_instance V {\n authentication { auth_type PASS auth_pass x }\n}\n');

    expect(shape(conf)).toEqual([['vrrp_instance V', ['authentication', 'auth_type PASS auth_pass x']]]);
    expect(notes).toEqual([
      'CHECK: keepalived takes one keyword to a line, and what stands behind it for values: auth_pass (keepalived.conf:2). So does this.',
    ]);
  });

  it('with braces outside of every block counts as if they were not there', () => {
    const { conf, notes } = parse(
      'fork_defs {\n  x 1\n  vrrp_instance V {\n    priority 9\n  }\n}\nglobal_defs {\n}\n',
    );

    expect(shape(conf)).toEqual([['vrrp_instance V', 'priority 9'], ['global_defs']]);
    expect(notes[0]).toMatch(/fork_defs \(keepalived\.conf:1\), x \(/);
  });

  it('is shown with its invisible characters', () => {
    const { notes } = parse('a\u001b[2Jb 1\n"" 1\n');

    expect(notes[0]).toMatch(/: a<U\+001B>\[2Jb \(keepalived\.conf:1\), "" \(/);
  });

  it('is the name of a definition that was not taken, with the reason', () => {
    const { notes } = parse('vrrp_instance V {\n $RS\n @b $RS=priority 1\n $RS\n}\n');

    expect(notes[1]).toMatch(
      /\$RS is not defined in what keepalived reads.* \(keepalived\.conf:2\), \$RS is not defined: /,
    );
  });
});

describe('a broken file is one line that says where, and what was expected', () => {
  it.each([
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
    [
      'lines of values that end too late',
      'vrrp_instance VI_1 {\n virtual_ipaddress {\n 192.0.2.1\n}\nvirtual_server 1.2.3.4 5 {\n}\n',
      /^keepalived\.conf:5:1 virtual_server stands inside vrrp_instance VI_1 \(line 1\)/,
    ],
    ['one brace too many', 'global_defs {\n}\n  }\n', /^keepalived\.conf:3:3 this } closes nothing/],
    ['a block of nothing', '{\n}\n', /^keepalived\.conf:1:1 a { opens a block of nothing/],
    ['two blocks of one keyword', 'global_defs {\n}\n{\n}', /^keepalived\.conf:3:1 a { opens/],
    [
      'a block that is never opened',
      'virtual_server 1.2.3.4 5 {\n real_server 1.2.3.5 5\n weight 1\n }\n}\n',
      /^keepalived\.conf:2:2 real_server 1\.2\.3\.5 5 \(line 2\) is a block, expected a { behind it/,
    ],
    ['one at the end of the file', 'global_defs\n', /^keepalived\.conf:1:1 global_defs \(line 1\) is a block/],
    [
      'a block of a keyword that has none',
      'vrrp_instance V {\n  priority 1 {\n  }\n}\n',
      /^keepalived\.conf:2:3 priority has no block for keepalived/,
    ],
    [
      'a block of a word that is no keyword',
      'virtual_server 1.2.3.4 5 {\n REDIS_CHECK\n {\n }\n}\n',
      /^keepalived\.conf:2:2 REDIS_CHECK is no keyword that keepalived knows here: it skips the {/,
    ],
    [
      'a block among lines of values',
      'vrrp_instance V {\n track_script {\n  a {\n }\n}\n}\n',
      /^keepalived\.conf:3:5 a has no block here/,
    ],
    [
      'a block behind another value',
      'virtual_server 1.2.3.4 5 {\n real_server 1.2.3.5 5 { weight 10 TCP_CHECK { } }\n}\n',
      /^keepalived\.conf:2:36 TCP_CHECK stands on the line of weight, expected it on a line of its own/,
    ],
    [
      'a blank that is none before a keyword',
      'vrrp_instance V {\n  \u00a0priority 1\n}\n',
      /^keepalived\.conf:2:3 <U\+00A0>priority is no keyword for keepalived, since U\+00A0 parts no words/,
    ],
    ['one behind it', 'vrrp_instance V {\n priority\u30001\n}\n', /^keepalived\.conf:2:10 .*U\+3000 parts no words/],
    ['a byte order mark', '\ufeffglobal_defs {\n}\n', /^keepalived\.conf:1:1 .*U\+FEFF parts no words/],
    ['a quote without end', 'a\n  notify_master "/x\n', /^keepalived\.conf:2:17 the quote is never closed/],
  ])('%s', (_, text, sentence) => {
    expect(faultOf(text)).toMatch(sentence);
  });
});

describe('whatever stands in the file', () => {
  const piece = fc.constantFrom(
    ...['{', '}', '"', '\\', '#', '!', '@a ', '@^', '$A', braced('A'), '$A=', '~SEQ(', '~LST(A, ', 'include ', ','],
    ...['\n', '\r\n', ' ', '\t', 'vrrp_instance', 'virtual_server', 'virtual_ipaddress', 'VI_1', 'priority', '6379'],
    ...['192.168.81.229', 'x'.repeat(1_020), braced('_HASH'), braced('_RANDOM 1 2'), '\u0000', 'é', '\u00a0', ')'],
  );

  it.each([
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

  it('a tree that is written out is read back, however it is laid out', () => {
    interface Tree {
      readonly words: string[];
      readonly block: Tree[] | null;
    }
    const word = fc.stringMatching(/^[a-z0-9_.:/-]{1,8}$/);
    const trees = (holds: unknown): fc.Arbitrary<Tree[]> => {
      const heads =
        holds instanceof Map ? [...holds.keys()] : ['a', '192.0.2.1', '"b'].map((one) => one.replace('"', ''));
      const tree = fc.constantFrom(...heads).chain((head: string) => {
        const held = holds instanceof Map ? holds.get(head) : 'line';
        const block = held === 'line' ? fc.constant(null) : trees(held);
        const words = fc.array(word, { maxLength: 2 }).map((more) => [head, ...more]);
        return fc.record({ words, block });
      });
      return fc.array(tree, { maxLength: 3 });
    };
    const write = ({ words, block }: Tree, style: number): string => {
      const head = words.join(style === 1 ? '\t ' : ' ');
      if (block === null) return `${head}\n`;
      return `${head}${style === 2 ? ' # here\n{' : ' {'}${style === 1 ? ' ' : '\n'}${block.map((one) => write(one, style)).join('')}}\n`;
    };
    const shapeOf = ({ words, block }: Tree): unknown =>
      block === null ? words.join(' ') : [words.join(' '), ...block.map(shapeOf)];

    fc.assert(
      fc.property(trees(TOP), fc.nat(2), (written, style) => {
        const { conf, notes } = parse(written.map((one) => write(one, style)).join(''));
        expect([shape(conf), notes]).toEqual([written.map(shapeOf), []]);
      }),
    );
  });
});

it('of a keyword that stands twice the later one counts', () => {
  const block = parseInside('priority 1\npriority 2\nstate MASTER\n');

  expect(lastOf(block, 'priority')?.words[1]?.text).toBe('2');
  expect(allOf(block, 'priority', 'state')).toHaveLength(3);
});
