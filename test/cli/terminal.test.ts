/**
 * Escape sequences from outside on their way to a terminal. Before there was one way to it, six commands printed what a
 * broker refused with, `weir rules check` what stands in a file, and `weir silence list` what somebody had written.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlCharactersIn, ESCAPES, startRefusingBroker } from '../../lab/attacks/tools/escapes.ts';
import { freePort } from '../../lab/free-port.ts';
import { ownFolder, weir } from './fixture.ts';

let broker: Awaited<ReturnType<typeof startRefusingBroker>>;
let config: string;
const folder = ownFolder();

beforeAll(async () => {
  broker = await startRefusingBroker();
  const ports = { port: await freePort(), http: await freePort() };
  const url = `redis://127.0.0.1:${broker.port}`;
  config = await folder.file('weir.yaml', folder.config({ ...ports, broker: url }));
});
afterAll(() => broker.stop());

async function printedBy(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await weir(args);
  return stdout + stderr;
}

describe('what a broker refuses with', () => {
  it.each([
    ['status'],
    ['why', 'b'],
    ['drain', 'logs/b', '--reason', 'x'],
    ['silence', 'list'],
    ['pause', '--for', '1h', '--reason', 'x'],
    ['ack', 'logs-1'],
    ['resume', 'logs'],
  ])('is harmless as printed by weir %s %s', async (...args) => {
    const printed = await printedBy(...args, '-c', config);

    expect(printed).toContain('owned');
    expect(controlCharactersIn(printed)).toEqual([]);
  });
});

it('so is the text of a rule file, and what was typed', async () => {
  const rules = await folder.file(
    'x.yaml',
    `version: 1\nrules:\n  - name: "${'\u009b'}31m owned \u202e"\n    wehn: x\n`,
  );
  const printed = (await printedBy('rules', 'check', rules)) + (await printedBy(`owned${ESCAPES}`));

  expect(printed.match(/owned/g)?.length).toBeGreaterThan(1);
  expect(controlCharactersIn(printed)).toEqual([]);
});
