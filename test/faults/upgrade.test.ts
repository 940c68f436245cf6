/**
 * A live pool is upgraded from the last version that knew no versions, in one order; `npm run upgrade` goes through all of
 * them, and back. A shallow clone does not have that version: there test/broker/version-before.test.ts has what it stored.
 */

import { beforeAll, expect, it } from 'vitest';
import { ORDERS } from '../../lab/upgrade/orders.ts';
import { runUpgrade } from '../../lab/upgrade/upgrade.ts';
import { buildVersionBefore, COMMIT_BEFORE, hasVersionBefore } from '../../lab/upgrade/version-before.ts';
import { tempDir } from '../support/temp-dir.ts';

const WITHIN_MS = 1_200_000;
const print = (text: string) => void process.stdout.write(text);

const isThere = await hasVersionBefore();
let program = '';
beforeAll(async () => {
  if (isThere) program = await buildVersionBefore(await tempDir());
}, WITHIN_MS);

it(
  'a live pool goes on, workers first: nothing lost, nothing told or done twice',
  async ({ skip }) => {
    skip(
      !isThere,
      `The commit ${COMMIT_BEFORE} is not in this clone (git fetch --unshallow): nothing to upgrade from.`,
    );
    const order = ORDERS.find(({ name }) => name === 'workers-first');
    if (order === undefined) expect.fail('there is no such order');
    await runUpgrade(order, program, print);
  },
  WITHIN_MS,
);
