import { expect, it } from 'vitest';
import { saysOf } from '../../../src/provision/doctor/look/conf-text.ts';
import { remarksOn } from '../../../src/provision/doctor/remarks.ts';
import { parseKeepalived } from '../../../src/provision/init/keepalived/syntax.ts';
import { HEALTHY, poolText, wanted, withRedis } from './healthy.ts';

function remarks(pool: string, change: (text: string) => string = (text) => text): string[] {
  const own = wanted({ pools: pool });
  const conf = own.files.find(({ path }) => path.endsWith('keepalived.conf'))?.text ?? '';
  const { conf: statements } = parseKeepalived(
    { file: 'k.conf', text: change(conf) },
    { include: () => [], configId: 'a' },
  );
  return remarksOn({ ...HEALTHY, configuration: { ...HEALTHY.configuration, says: saysOf(statements) } }, own);
}

it.each(['backup-only', 'notify-swap', 'ingress-mark'])('at once, by what weir render builds with %s', (guard) => {
  expect(remarks(poolText({ lvs: `loop_guard: ${guard}` }))).toEqual([
    expect.stringMatching(/at Weir's weight at once/),
  ]);
});

it('within a poll where keepalived has no such file, or no check that goes by it', () => {
  const without = [/track_file weight-logs-b \{/, /FILE_CHECK \{\s+track_file weight-logs-b/];
  for (const part of without) {
    const [said] = remarks(poolText(), (text) =>
      text.replace(part, (found) => found.replace('weight-logs-b', 'other')),
    );
    expect(said).toMatch(/^Pool logs: .* weight of keepalived\.conf for a poll, up to 1 s: .* of Weir for b\./);
  }
});

it('nothing where the configuration could not be read', () => {
  const { says: _, ...configuration } = HEALTHY.configuration;
  expect(remarksOn({ ...HEALTHY, configuration }, wanted())).toEqual([]);
});

it('what a pool does without, for the user of Weir may not do it, and no more', () => {
  const lacking = [
    { rule: '+client|kill', without: 'A drain moves no producers off it.', optional: true },
    { rule: '+llen', without: 'Nobody knows how many logs wait.', optional: false },
  ];
  expect(remarksOn(withRedis({ lacking }), wanted())).toContain(
    "Pool logs: Weir's user lacks +client|kill. A drain moves no producers off it.",
  );
  expect(remarksOn(withRedis({ lacking }), wanted()).join()).not.toContain('+llen');
});
