import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import { ruleFileJsonSchema } from '../../../src/rules/files/schema.ts';
import { formatSignals } from '../../../src/rules/files/signals-table.ts';
import { testFileJsonSchema } from '../../../src/rules/testing/schema.ts';

it('the schema that editors use is the one that rules are checked with (vitest -u writes it)', async () => {
  const text = `${JSON.stringify(ruleFileJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(resolve('rules/rule-file.schema.json'));
});

it('so is the one of test files', async () => {
  const text = `${JSON.stringify(testFileJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(resolve('rules/rule-test.schema.json'));
});

it('the table of signals holds every signal with its type, unit and meaning', () => {
  const lines = formatSignals(SIGNALS).split('\n');
  for (const [kind, signals] of Object.entries(SIGNALS)) {
    for (const [name, spec] of Object.entries(signals)) {
      const line = lines.find((one) => one.startsWith(`${kind}.${name} `));
      expect(line).toContain(spec.type);
      expect(line).toContain(spec.unit);
      expect(line).toMatch(new RegExp(`${spec.meaning.slice(-12).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
    }
  }
});
