/** The rule files are edited wrongly, over and over, while the pool works and one of its Redis hangs. */

import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { ROOT } from '../../lab/paths.ts';
import { untilCalm } from '../../lab/pool/steady-state.ts';
import { untilValue } from '../../lab/until.ts';
import { WORKER } from '../../lab/weir/weir.ts';
import { readAgreedHash, readReports } from '../../src/broker/rules.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { tempDir } from '../support/temp-dir.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { decisionsSince, newestDecision, storyteller, untilWeight } from './support/watch.ts';

const EDITS = 50;
const FREEZE_AT = 10;
const THAW_AT = 30;

let lab: Lab;
let folder: string;

beforeAll(async () => {
  folder = await tempDir();
  await cp(join(ROOT, 'rules'), folder, { recursive: true });
  lab = await borrow({ rules: folder });
  await untilCalm(lab);
});
atEnd(giveBack);

const zealous = (name: string, when: string) =>
  `version: 1\nrules:\n  - {name: ${name}, for_each: member, when: '${when}', evidence: {observers: 1}, mode: auto, do: [{action: drain}]}\n`;

/** Each would drain every member if it were taken for a rule. The last one can be read, and fails its tests and the pack's. */
const WRONG: readonly ((name: string) => { rules: string; tests?: string })[] = [
  (name) => ({ rules: `${zealous(name, 'member.answering')}  - [\n` }),
  (name) => ({ rules: zealous(name, 'member.answerin') }),
  (name) => ({ rules: zealous(name, 'member.memory_ratio') }),
  (name) => ({ rules: zealous(name, 'member.answering').slice(0, -12) }),
  () => ({ rules: zealous('member-unwritable', 'member.answering') }),
  (name) => ({ rules: zealous(name, 'member.answering').replace('drain', 'drian') }),
  (name) => ({
    rules: zealous(name, 'member.answering'),
    tests: `version: 1\ncases:\n  - name: it rests\n    expect: [{at: 3s, firing: {${name}: []}}]\n`,
  }),
];

async function edit(index: number): Promise<string> {
  const name = `edit-${index}`;
  const { rules, tests } = WRONG[index % WRONG.length]?.(name) ?? { rules: '' };
  if (tests !== undefined) await writeFile(join(folder, `${name}.test.yaml`), tests);
  await writeFile(join(folder, `${name}.yaml`), rules);
  return name;
}

async function undo(name: string): Promise<void> {
  await Promise.all([`${name}.yaml`, `${name}.test.yaml`].map((file) => rm(join(folder, file), { force: true })));
}

const faults = async () => (await readReports(lab.broker, 0)).map(({ fault }) => fault ?? '');

it(`${EDITS} wrong edits change no rule and do nothing, and what happens meanwhile is acted on`, async () => {
  const tell = storyteller(
    `${EDITS} wrong edits of the rule files; b hangs from the ${FREEZE_AT}th to the ${THAW_AT}th`,
  );
  const shipped = (await loadRules([join(ROOT, 'rules')])).rules.map(({ name }) => name);
  const inForce = await readAgreedHash(lab.broker);
  const newest = await newestDecision(lab);
  let before: string | undefined;
  for (let index = 0; index < EDITS; index += 1) {
    if (index === FREEZE_AT) await lab.freezeRedis('b');
    if (index === THAW_AT) {
      await untilWeight(lab, 'a', 'b', 0, 1_000);
      await lab.thawRedis('b');
    }
    const name = await edit(index);
    if (before !== undefined) await undo(before);
    before = name;
    await untilValue(
      faults,
      (seen) => seen.some((fault) => new RegExp(`\\b${name}\\b`).test(fault)),
      20_000,
      `${name} to be refused`,
    );
    expect(await readAgreedHash(lab.broker)).toBe(inForce);
  }
  tell('each was refused with its place');
  await untilWeight(lab, 'a', 'b', 100, 60_000);
  tell('b was drained while it hung, and has its weight again');

  const log = lab.logs(WORKER);
  const told = new Set([...log.matchAll(/"fault":".*?\b(edit-\d+)\b/g)].map(([, name]) => name));
  expect(told.size).toBe(EDITS);
  const decided = await decisionsSince(lab, newest);
  expect(decided.filter(({ rule }) => !shipped.includes(rule))).toEqual([]);
  expect(decided.filter(({ verdict }) => verdict === 'act')).toMatchObject([
    { rule: 'member-unwritable', target: 'b', action: 'drain', state: 'verified' },
  ]);
  const status = (await lab.weir(['status'])).stdout.replaceAll(/\s+/g, ' ');
  expect(status).toMatch(/The rule files in \S+ of worker-\S+ \(\S+\) are not used, in force are those/);
});

it('a right edit is in force on the next evaluation', async () => {
  const inForce = await readAgreedHash(lab.broker);
  await undo(`edit-${EDITS - 1}`);
  const rule = 'version: 1\nrules:\n  - {name: impossible, for_each: pool, when: pool.queue_depth < 0.0}\n';
  await writeFile(join(folder, 'edit-last.yaml'), rule);
  await untilValue(
    () => readAgreedHash(lab.broker),
    (hash) => hash !== inForce,
    20_000,
    'other rules to be in force',
  );
  expect((await lab.weir(['why', 'logs'])).stdout).toMatch(/impossible \(warn, only tells\): does not hold\./);
  expect(await faults()).toEqual(['']);
});

it('a drill goes to the kernels of both nodes and changes nothing', async () => {
  const { code, stdout } = await lab.weir(['rules', 'drill', 'member-unwritable', '--target', 'logs/b']);
  expect(stdout).toMatch(/^The rail \S+ would refuse it now: /);
  expect(stdout).toMatch(/\nDrill: drain logs\/b: verified\. Every node would have done it; nothing was changed\.\n/);
  for (const node of ['a', 'b'] as const) {
    expect(stdout).toContain(`  ${node}: Drill: b would go from weight 100 to 0. Nothing was changed.`);
    expect((await lab.table(node)).b?.weight).toBe(100);
  }
  expect(code).toBe(0);
});
