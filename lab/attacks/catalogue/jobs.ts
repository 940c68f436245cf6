/** Jobs and desired leases that somebody puts into the broker, and what a node makes of them without seals. */

import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asSaidIf, heldUnless, type PoolAttack } from '../attack.ts';
import { forgedJob, forgedLease, KEYS, MALLORY, sealedByNobody, sendJob } from '../forge.ts';
import { giveBack, honestDrain, stateFile, weightsAfter } from '../pool.ts';

/** Before, a desired lease was taken up within this, in ms. */
const TAKEN_UP_WITHIN_MS = 5_000;

const wrongTypes: PoolAttack = {
  of: 'H2',
  tries: 'jobs with a weight, an end or an owner of the wrong type; then the node is started again',
  mode: 'off',
  async run(pool) {
    const { bench } = pool;
    const lease = { weight: 0, until: Date.now() + 600_000, owner: MALLORY, reason: 'forged' };
    const came: string[] = [];
    for (const wrong of [{ weight: '50' }, { until: 'never' }, { owner: { a: 1 } }]) {
      came.push(await sendJob(bench, 'a', await forgedJob(bench, 'a', { lease: { ...lease, ...wrong } })));
    }
    const { changed } = await weightsAfter(bench, 500);
    await pool.restart('a');
    const goesOn = await honestDrain(pool);
    const after = goesOn ? 'an honest drain after a restart is done' : 'after a restart an honest drain is not done';
    return heldUnless(changed || !goesOn, `${came[0]}; ${after}`);
  },
};

const fromTheFuture: PoolAttack = {
  of: 'H3',
  tries: 'a job of an entry of the year 287396; then an honest one',
  mode: 'off',
  async run(pool) {
    const came = await sendJob(pool.bench, 'a', await forgedJob(pool.bench, 'a', { entryId: '9007199254740991-0' }));
    const { changed } = await weightsAfter(pool.bench, 500);
    const goesOn = await honestDrain(pool);
    return heldUnless(changed || !goesOn, `${came}; the honest drain after it is ${goesOn ? '' : 'not '}done`);
  },
};

const underHold: PoolAttack = {
  of: 'H4',
  tries: 'a desired lease on b, while the hold file stands on both nodes',
  mode: 'off',
  async run(pool) {
    const { bench } = pool;
    const files = [stateFile(bench, 'a', 'hold'), stateFile(bench, 'b', 'hold')];
    for (const file of files) await writeFile(file, 'the kernel is being patched\n');
    await sleep(1_500);
    const id = await forgedLease(bench);
    const { changed, text } = await weightsAfter(bench, TAKEN_UP_WITHIN_MS);
    await bench.redis.hdel(KEYS.leases, id);
    for (const file of files) await rm(file);
    await giveBack(pool);
    return heldUnless(changed, text);
  },
};

const withoutSeals: PoolAttack = {
  of: 'H5',
  tries: 'without seals: a well-formed drain by nobody, of both members',
  mode: 'off',
  async run(pool) {
    const { bench } = pool;
    const first = await sendJob(bench, 'a', await forgedJob(bench, 'a'));
    const last = await sendJob(bench, 'a', await forgedJob(bench, 'a', { member: 'a' }));
    const serves = Object.values(bench.weights('a')).some((weight) => (weight ?? 0) > 0);
    await giveBack(pool);
    return asSaidIf(serves, `b: ${first}. Then a: ${last}`);
  },
};

const forOthers: PoolAttack = {
  of: 'held: node',
  tries: 'jobs for another node, another pool, -C and __proto__ as a member, an unknown action, weights out of range',
  mode: 'off',
  async run({ bench }) {
    const lease = { until: Date.now() + 600_000, owner: MALLORY, reason: 'forged' };
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { node: 'b' },
      { pool: 'other' },
      { pool: '__proto__' },
      { member: '-C' },
      { member: '__proto__' },
      { action: 'format_disk' },
      { action: 'set_weight', lease: { ...lease, weight: -1 } },
      { action: 'set_weight', lease: { ...lease, weight: 0.5 } },
      { action: 'set_weight', lease: { ...lease, weight: '--clear' } },
      { action: 'set_weight', lease: { ...lease, weight: 70_000 } },
    ];
    const came: string[] = [];
    for (const parts of wrong) came.push(await sendJob(bench, 'a', await forgedJob(bench, 'a', parts)));
    const { changed, text } = await weightsAfter(bench, 500);
    const done = came.filter((one) => one.startsWith('applied'));
    return heldUnless(changed || done.length > 0, `${wrong.length} of them: none was done, ${text}`);
  },
};

const forgedInAccept: PoolAttack = {
  of: 'H5',
  tries: 'seals accepted: a drain sealed with a key of nobody; then one without a seal',
  mode: 'accept',
  async run(pool) {
    const { bench } = pool;
    const sealed = await sendJob(bench, 'a', sealedByNobody(await forgedJob(bench, 'a'), 'job'));
    const isRefused = !(await weightsAfter(bench, 3_000)).changed;
    const unsealed = await sendJob(bench, 'a', await forgedJob(bench, 'a'));
    await giveBack(pool);
    return asSaidIf(
      isRefused,
      `sealed by nobody: ${sealed}. Not sealed: ${unsealed}, as docs/rotation.md says of accept`,
    );
  },
};

/** In `require`: none of these is taken, whatever else there is. */
const forgedInRequire: PoolAttack = {
  of: 'H5',
  tries: 'seals required: forged jobs, with no seal and with one of nobody, and desired leases',
  mode: 'require',
  async run({ bench }) {
    const plain = await sendJob(bench, 'a', await forgedJob(bench, 'a'));
    const sealed = await sendJob(bench, 'b', sealedByNobody(await forgedJob(bench, 'b'), 'job'));
    const ids = [await forgedLease(bench), await forgedLease(bench, { seal: { role: 'worker', from: 'x', n: 1 } })];
    const { changed, text } = await weightsAfter(bench, TAKEN_UP_WITHIN_MS);
    await bench.redis.hdel(KEYS.leases, ...ids);
    return heldUnless(changed, `${plain} ${sealed} ${text}`);
  },
};

const replayed: PoolAttack = {
  of: 'H5',
  tries: 'seals required: a person’s sealed request of before, put there again',
  mode: 'require',
  async run(pool) {
    const { bench } = pool;
    if (!(await honestDrain(pool))) return heldUnless(true, 'the honest drain was not done');
    const rows = await bench.redis.xrange(KEYS.stream, '-', '+');
    const texts = rows.map(([, fields]) => fields[1] ?? '').filter((text) => text.startsWith('{"kind":"request"'));
    for (const text of texts) await bench.redis.xadd(KEYS.stream, '*', 'e', text);
    const { changed, text } = await weightsAfter(bench, 3_000);
    if (changed) await giveBack(pool);
    return heldUnless(changed || texts.length === 0, `${texts.length} requests put there again: ${text}`);
  },
};

export const JOB_ATTACKS: readonly PoolAttack[] = [
  ...[wrongTypes, fromTheFuture, underHold, withoutSeals, forOthers],
  ...[forgedInAccept, forgedInRequire, replayed],
];
