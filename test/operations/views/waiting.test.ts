/** What waits for approval, as `weir approve` without a name lists it. */

import { expect, it } from 'vitest';
import { waitingText } from '../../../src/operations/views/waiting.ts';
import { decision, NOW } from '../../tell/fixtures/status.ts';

it('a line for each, with the pool and the command; a sentence where there is none', () => {
  const asked = decision({ approval: { needed: 1, until: NOW + 60_000, answers: [] } });
  expect(waitingText([{ pool: 'logs', waiting: [asked], at: NOW }])).toMatch(
    /^logs: drain b \(member-unwritable\), 1 min left: weir approve \S+$/,
  );
  expect(waitingText([{ pool: 'logs', waiting: [], at: NOW }])).toBe('Nothing waits for approval.');
});
