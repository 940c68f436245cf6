import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RULE_FOLDERS_KEY, RULES_KEY } from '../../../src/broker/keys.ts';
import { readAgreed, readReports } from '../../../src/broker/rules.ts';
import { newKeyPair } from '../../../src/broker/seal/keys.ts';
import { openSeal, sealOn } from '../../../src/broker/seal/sealed.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import { secret } from '../../../src/config/secret.ts';
import { whetherInForce } from '../../../src/operations/rules-in-force.ts';
import { type RulesDependencies, type RulesKeeper, startRules } from '../../../workers/rules/rules.ts';
import { poolOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const redis = await redisOfFile();

const rule = (name: string, when = '!member.writable') =>
  `version: 1\nrules:\n  - name: ${name}\n    for_each: member\n    when: "${when}"\n`;

const test = (told: string) => `version: 1
cases:
  - name: a member refuses
    series: {b.writable: false}
    expect:
      - at: 2s
        firing: {first: [${told}]}
`;

let folder: string;
let keepers: RulesKeeper[];
let faults: (string | undefined)[];
let changes: string[];
let forged: string[];

beforeEach(async () => {
  folder = await tempDir();
  await write('one.yaml', rule('first'));
  keepers = [];
  faults = [];
  changes = [];
  forged = [];
});
afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
});

async function write(name: string, text: string, into = folder): Promise<void> {
  await writeFile(join(into, name), text);
}

function depsOf(worker: string, at: string): RulesDependencies {
  return {
    redis,
    folder: at,
    worker,
    brokerNow: () => brokerTime(redis, 'logs'),
    onChange: (ruleSet, by) => changes.push(`${worker} has ${ruleSet.rules.map(({ name }) => name)} of ${by}`),
    onFault: (fault) => faults.push(fault),
    onForged: () => void forged.push(worker),
    onError(error) {
      throw error;
    },
  };
}

async function keeper(worker = 'w1', at = folder): Promise<RulesKeeper> {
  const one = await startRules(depsOf(worker, at));
  keepers.push(one);
  return one;
}

/** What is written is read when two looks have seen the same. */
async function looks(one: RulesKeeper): Promise<void> {
  await one.look();
  await one.look();
}

async function names(one: RulesKeeper): Promise<string[]> {
  return (await one.current()).rules.map(({ name }) => name);
}

describe('the rules of a worker', () => {
  it('are those of its folder, and an edit puts others in force', async () => {
    const one = await keeper();
    expect(await names(one)).toEqual(['first']);
    await write('two.yaml', rule('second'));
    await looks(one);
    expect(await names(one)).toEqual(['first', 'second']);
    expect(await readAgreed(redis)).toMatchObject({ by: `w1, folder ${folder}` });
    await rm(join(folder, 'one.yaml'));
    await looks(one);
    expect(await names(one)).toEqual(['second']);
    expect(faults).toEqual([]);
  });

  it('take the place of what stands in the broker and is none, and a report that is none is passed over', async () => {
    const one = await keeper();
    expect(await names(one)).toEqual(['first']);
    await redis.hset(RULES_KEY, { hash: 'torn', texts: '{"file' });
    await redis.hset(RULE_FOLDERS_KEY, 'somebody', '{torn');
    expect(await names(one)).toEqual(['first']);
    expect(await readAgreed(redis)).toMatchObject({ hash: (await one.current()).hash });
    expect((await readReports(redis, 0)).map(({ worker }) => worker)).toEqual(['w1']);
    await redis.hset(RULES_KEY, { hash: 'of another form', texts: '[{"name": "first"}]' });
    expect(await names(one)).toEqual(['first']);
    expect(faults).toEqual([]);
  });

  it('stay as they are when the folder is wrong, and people hear of each fault once', async () => {
    const one = await keeper();
    await write('one.yaml', rule('first', '!member.writeable'));
    await looks(one);
    await looks(one);
    expect(await names(one)).toEqual(['first']);
    const at = `${folder}/one.yaml:5:20`;
    expect(faults).toEqual([`${at} member has no signal writeable: did you mean "writable"?`]);
    expect(await readReports(redis, 0)).toMatchObject([{ worker: 'w1', folder, fault: faults[0] }]);
    await write('one.yaml', rule('renamed'));
    await looks(one);
    expect(await names(one)).toEqual(['renamed']);
    expect(faults).toHaveLength(2);
    expect(await readReports(redis, 0)).not.toMatchObject([{ fault: expect.anything() }]);
  });

  it('stay as they are while a test beside them fails', async () => {
    const one = await keeper();
    await write('one.test.yaml', test('a'));
    await write('two.yaml', rule('second'));
    await looks(one);
    expect(await names(one)).toEqual(['first']);
    expect(faults).toEqual([
      `${folder}/one.test.yaml:6:1 the test "a member refuses" fails at 2 s: firing first: expected "a", seen "b"`,
    ]);
    await write('one.test.yaml', test('b'));
    await looks(one);
    expect(await names(one)).toEqual(['first', 'second']);
  });

  it('are not read while they are being written', async () => {
    const one = await keeper();
    await write('one.yaml', rule('first').slice(0, 30));
    await one.look();
    await write('one.yaml', rule('whole'));
    await one.look();
    expect(await names(one)).toEqual(['first']);
    await one.look();
    expect(await names(one)).toEqual(['whole']);
    expect(faults).toEqual([]);
  });

  it("stay as they are when the folder is deleted, and an editor's files do not count", async () => {
    const one = await keeper();
    for (const name of ['.one.yaml.swp', '.#two.yaml', '4913', 'two.yaml~', '#two.yaml#'])
      await write(name, 'no: rule');
    await looks(one);
    expect(faults).toEqual([]);
    for (const name of await readdir(folder)) await rm(join(folder, name));
    await looks(one);
    expect(faults).toEqual([`There is no rule file (*.yaml) in ${folder}.`]);
    await rm(folder, { recursive: true });
    await looks(one);
    expect(faults.at(-1)).toMatch(/^The rules cannot be read: there is no file or folder/);
    expect(await names(one)).toEqual(['first']);
    await mkdir(folder);
    await write('one.yaml', rule('again'));
    await looks(one);
    expect(await names(one)).toEqual(['again']);
    expect(faults.at(-1)).toBeUndefined();
  });

  it('follow the links of a mounted ConfigMap as it is swapped', async () => {
    const mount = join(folder, 'mount');
    const version = async (name: string) => {
      await mkdir(join(mount, `..${name}`), { recursive: true });
      await write('one.yaml', rule(name), join(mount, `..${name}`));
      await symlink(`..${name}`, join(mount, '..data_tmp'));
      await rename(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    await version('old');
    await symlink('..data/one.yaml', join(mount, 'one.yaml'));
    const one = await keeper('w1', mount);
    expect(await names(one)).toEqual(['old']);
    await version('new');
    await looks(one);
    expect(await names(one)).toEqual(['new']);
    expect(faults).toEqual([]);
  });
});

describe('the rules of two workers', () => {
  const other = async (name: string) => {
    const at = await tempDir();
    await write('one.yaml', rule(name), at);
    return at;
  };

  it('are the same, whatever stands in the folder of each: the last edit counts', async () => {
    const one = await keeper();
    expect(await names(one)).toEqual(['first']);
    const newer = await other('newer');
    const two = await keeper('w2', newer);
    expect(await names(two)).toEqual(['newer']);
    expect(await names(one)).toEqual(['newer']);
    expect(changes).toEqual([
      `w1 has first of w1, folder ${folder}`,
      `w2 has newer of w2, folder ${newer}`,
      `w1 has newer of w2, folder ${newer}`,
    ]);
    await write('one.yaml', rule('edited'));
    await looks(one);
    expect([await names(one), await names(two)]).toEqual([['edited'], ['edited']]);
  });

  it('are in force as whose folder they are, whatever stands in that of somebody who asks', async () => {
    expect(await whetherInForce(redis, 'x')).toMatch(/^No rules are in force yet/);
    const one = await keeper();
    const { hash } = await one.current();
    expect(await whetherInForce(redis, hash)).toContain(`They are in force: those of w1, folder ${folder} since 20`);
    expect(await whetherInForce(redis, 'x')).toContain(
      `They are not in force; in force are those of w1, folder ${folder}`,
    );
  });

  it('are not set back by a worker that is started again with the folder that it had', async () => {
    const one = await keeper();
    await one.look();
    const two = await keeper('w2', await other('newer'));
    await two.look();
    await one.stop();
    expect(await names(await keeper())).toEqual(['newer']);
  });

  it('are those of an earlier folder again when `rules:` is pointed back to it: a rollback by path rolls back', async () => {
    const one = await keeper();
    await one.look();
    await one.stop();
    const second = await keeper('w1', await other('newer'));
    expect(await names(second)).toEqual(['newer']);
    await second.look();
    await second.stop();
    const back = await keeper('w1', folder);
    expect(await names(back)).toEqual(['first']);
    expect(await readAgreed(redis)).toMatchObject({ by: `w1, folder ${folder}` });
  });

  it('are those of another folder when `rules:` is pointed to it, also where it has the same files as the one before', async () => {
    const one = await keeper();
    await one.look();
    const two = await keeper('w2', await other('newer'));
    await two.look();
    await one.stop();
    const copy = await other('first');
    expect(await names(await keeper('w1', copy))).toEqual(['first']);
  });

  it('stay in force when a worker comes up in the version after, under its new name and with the folder that it had', async () => {
    await redis.flushall();
    const old = await keeper(`w1:${folder}`);
    await old.look();
    const two = await keeper('w2', await other('newer'));
    await two.look();
    await old.stop();
    const one = await startRules({ ...depsOf('w1', folder), formerly: `w1:${folder}` });
    keepers.push(one);
    expect(await names(one)).toEqual(['newer']);
  });

  it('are taken from the others by a worker whose own folder is wrong', async () => {
    const broken = await other('newer');
    await write('one.yaml', 'rules: [', broken);
    await expect(keeper('w2', broken)).rejects.toThrow(`${broken}/one.yaml:1:`);
    await looks(await keeper());
    expect(await names(await keeper('w2', broken))).toEqual(['first']);
    expect(faults).toHaveLength(1);
  });

  it('are given to a broker that has lost its memory', async () => {
    const one = await keeper();
    const two = await keeper('w2', await other('newer'));
    expect(await names(one)).toEqual(['first']);
    expect(await names(two)).toEqual(['newer']);
    expect(await names(one)).toEqual(['newer']);
    await redis.flushall();
    expect(await names(one)).toEqual(['newer']);
    expect(await names(two)).toEqual(['newer']);
  });

  it('that no worker has sealed are not used, and that is told', async () => {
    const pair = newKeyPair();
    const keys = [pair.publicText];
    const seal = {
      mode: 'require' as const,
      key: secret(pair.privateText),
      public: { node: {}, worker: keys, terminal: keys },
    };
    const sealed = redis.duplicate();
    sealOn([sealed], openSeal({ seal, pools: { logs: poolOf() } }, 'worker'));
    const one = await startRules({ ...depsOf('w1', folder), redis: sealed });
    keepers.push(one);
    expect(await names(one)).toEqual(['first']);
    const texts = JSON.stringify([{ file: 'x.yaml', text: rule('evil') }]);
    await redis.hset(RULES_KEY, { hash: 'f0f0', texts, by: 'mallory', at: '1' });

    expect(await names(one)).toEqual(['first']);
    expect([forged, (await readAgreed(redis))?.by.startsWith('w1')]).toEqual([['w1'], true]);
    sealed.disconnect();
  });

  it('are not evaluated by one that cannot read what the others have agreed on', async () => {
    const one = await keeper();
    await names(one);
    await redis.hset('weir:rules', 'hash', 'future', 'texts', JSON.stringify([{ file: 'x.yaml', text: 'version: 2' }]));
    await expect(one.current()).rejects.toThrow(
      /^The rules in force, those of w1, folder \S+, cannot be used here: x.yaml:1:/,
    );
  });
});
