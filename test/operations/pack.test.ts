/** The pack that ships has passed its tests when the program was built; what differs from it in a byte has not. */

import { expect, it } from 'vitest';
import { acceptedPack, acceptPack, readFolderTexts, TESTED_WITH } from '../../src/operations/pack.ts';
import { checkFolder, digestOf } from '../../src/rules/testing/accept-folder.ts';

const RULE = `version: 1
rules:
  - name: full
    for_each: member
    when: member.memory_ratio > 0.9
`;
const RULES = { file: 'rules/full.yaml', text: RULE };
const CASE = `version: 1
cases:
  - name: never to be seen
    series: {b.writable: false}
    expect:
      - at: 2s
        firing: {full: [b]}
`;
const FAILING = { rules: [RULES], tests: [{ file: 'rules/full.test.yaml', text: CASE }] };

it('the built program has the digest of the pack beside it', async () => {
  expect(await acceptedPack()).toBe(digestOf(await readFolderTexts('rules')));
});

it('texts that have passed before are not tested again, wherever their folder is', async () => {
  const accepted = digestOf(FAILING);
  const elsewhere = { ...FAILING, rules: [{ ...RULES, file: '/etc/weir/rules/full.yaml' }] };

  expect(await checkFolder(elsewhere, TESTED_WITH, accepted)).toMatchObject({ ok: true });
});

it.each([
  ['in a rule', { ...FAILING, rules: [{ ...RULES, text: `${RULES.text}\n` }] }],
  ['in a test', { ...FAILING, tests: [{ file: 'rules/full.test.yaml', text: `${CASE}\n` }] }],
  ['in the name of a file', { ...FAILING, rules: [{ ...RULES, file: 'rules/fuller.yaml' }] }],
])('with another byte %s they are', async (_, texts) => {
  expect(await checkFolder(texts, TESTED_WITH, digestOf(FAILING))).toMatchObject({
    ok: false,
    faults: [expect.stringContaining('the test "never to be seen" fails')],
  });
});

it('the program is not built with a pack that fails', async () => {
  await expect(acceptPack('test/rules/nowhere')).rejects.toThrow('cannot be read');
});
