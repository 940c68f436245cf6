import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAgreed, readReports } from '../../src/broker/rules.ts';
import { judge } from '../../src/rails/index.ts';
import { newsOfEvent } from '../../workers/news.ts';
import { type RulesKeeper, startRules } from '../../workers/rules.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

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

let server: TestRedis;
let redis: Redis;
let folder: string;
let keepers: RulesKeeper[];
let faults: (string | undefined)[];
let changes: string[];

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.path);
});
beforeEach(async () => {
  await redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'weir-rules-'));
  await write('one.yaml', rule('first'));
  keepers = [];
  faults = [];
  changes = [];
});
afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  await rm(folder, { recursive: true, force: true });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function write(name: string, text: string, into = folder): Promise<void> {
  await writeFile(join(into, name), text);
}

async function keeper(worker = 'w1', at = folder): Promise<RulesKeeper> {
  const one = await startRules({
    redis,
    folder: at,
    worker,
    parts: { judge, titleOf: (event, pool, time) => newsOfEvent(event, pool, time)?.title },
    onChange: (ruleSet, by) => changes.push(`${worker} has ${ruleSet.rules.map(({ name }) => name)} of ${by}`),
    onFault: (fault) => faults.push(fault),
    onError(error) {
      throw error;
    },
  });
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
    expect(await readAgreed(redis)).toMatchObject({ by: 'w1' });
    await rm(join(folder, 'one.yaml'));
    await looks(one);
    expect(await names(one)).toEqual(['second']);
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
    expect(await readReports(redis, 0)).toMatchObject([{ worker: 'w1', fault: faults[0] }]);
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
    expect(faults.at(-1)).toMatch(/^The rules cannot be read: ENOENT/);
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
    const at = await mkdtemp(join(folder, 'other-'));
    await write('one.yaml', rule(name), at);
    return at;
  };

  it('are the same, whatever stands in the folder of each: the last edit counts', async () => {
    const one = await keeper();
    expect(await names(one)).toEqual(['first']);
    const two = await keeper('w2', await other('newer'));
    expect(await names(two)).toEqual(['newer']);
    expect(await names(one)).toEqual(['newer']);
    expect(changes).toEqual(['w1 has first of w1', 'w2 has newer of w2', 'w1 has newer of w2']);
    await write('one.yaml', rule('edited'));
    await looks(one);
    expect([await names(one), await names(two)]).toEqual([['edited'], ['edited']]);
  });

  it('are not set back by a worker that is started again with the folder that it had', async () => {
    const one = await keeper();
    await one.look();
    const two = await keeper('w2', await other('newer'));
    await two.look();
    await one.stop();
    expect(await names(await keeper())).toEqual(['newer']);
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

  it('are not evaluated by one that cannot read what the others have agreed on', async () => {
    const one = await keeper();
    await names(one);
    await redis.hset('weir:rules', 'hash', 'future', 'texts', JSON.stringify([{ file: 'x.yaml', text: 'version: 2' }]));
    await expect(one.current()).rejects.toThrow(/^The rules in force, those of w1, cannot be used here: x.yaml:1:/);
  });
});
