/** A mistake is answered with one sentence, whether it was made on the terminal or in Slack. */

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weirProgram } from '../../../src/cli/program.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import { messageOf } from '../../../src/model/error.ts';
import { parseCommand } from '../../../src/tell/chatops/grammar.ts';
import { grant } from '../../../workers/slack/slack-commands.ts';
import { ownFolder } from '../../cli/fixture.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const folder = ownFolder();
let server: TestRedis;
let redis: Redis;
let path: string;
let config: WeirConfig;

beforeAll(async () => {
  server = await startRedis({ tcp: true });
  redis = new Redis(server.url);
  const text = folder.config({ port: 7999, http: 7998, broker: server.url });
  path = await folder.file('weir.yaml', text);
  config = parseConfig({ file: path, text, env: {}, cwd: folder.path(), root: false });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** What is answered to a mistake on the terminal. */
async function terminal(text: string): Promise<string> {
  const words = text.split(' ').filter((word) => word !== '');
  return refusal(weirProgram(() => undefined).parseAsync([...words, '-c', path], { from: 'user' }));
}

async function slack(text: string): Promise<string> {
  const wish = parseCommand(text);
  return 'problem' in wish ? wish.problem : refusal(grant(wish, { redis, config, by: 'U0OPS', groups: [] }));
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => expect.fail('It was taken.'),
    (error: unknown) => messageOf(error),
  );
}

const LONGEST = 'a time above nothing and 7 d at most (policy.longest) is expected.';
const WEIGHT = 'a whole number from 0 to 65535 is expected.';
const B = 'There is no member logs/z: did you mean "logs/a"?';
const X = '--reason x';

describe('the same sentence on the terminal and in Slack for', () => {
  it.each([
    ['weight logs/b 70000', '', '', `70000 is no weight: ${WEIGHT}`],
    ['weight logs/b heavy', '', '', `heavy is no weight: ${WEIGHT}`],
    ['weight logs/b 1.5', '', '', `1.5 is no weight: ${WEIGHT}`],
    ['drain logs/z', '', '', B],
    ['restore logs/z', '', '', 'run `weir restore logs/z --local` there.'],
    ['drain logs/b', '--for ever', 'for ever', 'for ever is no time: something like 30m, 2h or 7d is expected.'],
    ['drain logs/b', '--for 8d', 'for 8d', `8 d is not possible: ${LONGEST}`],
    ['drain logs/b', '--for 0s', 'for 0s', `0 ms is not possible: ${LONGEST}`],
    ['weight logs/b 10', '--for 8d', 'for 8d', `8 d is not possible: ${LONGEST}`],
    ['failover logs', '--for 8d', 'for 8d', `8 d is not possible: ${LONGEST}`],
    ['maintain a', '--for 200h', 'for 200h', `8 d is not possible: ${LONGEST}`],
    ['failover lgos', '', '', 'There is no pool lgos: did you mean "logs"?'],
    ['failover logs', '--to z', 'to z', B],
    ['maintain z', '--end', 'end', 'has a member z; there are a, b.'],
    ['pause logs/z', X, 'because x', B],
    ['pause action:dance', X, 'because x', 'action:dance is no scope; there are: all (what is meant'],
    ['pause logs', `--for ever ${X}`, 'for ever because x', 'for ever is no time: something like 30m, 2h or 7d'],
    ['pause logs', `--for 48h ${X}`, 'for 48h because x', '2 d is not possible: a time such as 30m or 2h is expected'],
    ['resume logs/z', '', '', B],
    ['silence member-filling', `--for 8d ${X}`, 'for 8d because x', '8 d is not possible: a time such as 30m or 2h'],
    ['silence member-filling', `--for ever ${X}`, 'for ever because x', 'for ever is no time: something like 30m'],
    ['silence', `--severity loud ${X}`, 'severity:loud because x', 'loud is no severity: page, warn and info are.'],
    ['silence logs member-filling', X, 'because x', 'One thing at a time: logs or member-filling?'],
    ['silence nothing', X, 'because x', 'There is no incident, rule, pool or member nothing'],
    ['silence', `--pool lgos ${X}`, 'in lgos because x', 'There is no pool lgos: did you mean "logs"?'],
    ['silence end 1-0', '', '', 'There is no silence 1-0; there is none.'],
    ['ack logs', '', '', 'To let rules act again after block or breaker: `weir trust logs`.'],
    ['ack logs-42', '', '', 'There is no incident logs-42'],
    ['trust lgos', '', '', 'There is no pool lgos: did you mean "logs"?'],
    ['approve 1-0.r.b', '', '', 'There is no decision 1-0.r.b; `weir status` lists what waits for an answer.'],
    ['deny 1-0.r.b', '', '', 'There is no decision 1-0.r.b; `weir status` lists what waits for an answer.'],
    ['why logs/z', '', '', 'There is no member or consumer logs/z: did you mean "logs/a"?'],
    ['clients lgos', '', '', 'There is no pool lgos: did you mean "logs"?'],
  ])('%s %s', async (both, options, said, sentence) => {
    const onTerminal = await terminal(`${both} ${options}`);
    const inSlack = await slack(`${both} ${said}`);

    expect(inSlack).toContain(sentence);
    // The options of a terminal have dashes; before a fault of one stands its name.
    expect(onTerminal.replace(/^--for: /, '').replaceAll(/--(?=for|to|end)/g, '')).toBe(inSlack);
  });
});

describe('but for its own example, the same sentence for', () => {
  it.each([
    [
      'drain logs/b',
      ['--force', '--force needs --reason: it passes rails and pages people.'],
      ['force', 'force needs a reason: it passes rails and pages people (because ...).'],
    ],
    [
      'pause logs',
      ['', 'pause needs --reason: the next one on call reads it.'],
      ['', 'pause needs a reason: the next one on call reads it (because ...).'],
    ],
    [
      'silence member-filling',
      ['', 'silence needs --reason: the next one on call reads it.'],
      ['', 'silence needs a reason: the next one on call reads it (because ...).'],
    ],
    [
      'failover logs',
      ['--soft --hard', '--soft and --hard are two ways: give one of them, or neither and Weir chooses.'],
      ['soft hard', 'soft and hard are two ways: give one of them, or neither and Weir chooses.'],
    ],
    [
      'maintain a',
      ['', 'Say either --for how long, like `weir maintain a --for 2h`, or --end.'],
      ['', 'Say either for how long, like `/weir maintain a for 2h`, or `/weir maintain a end`.'],
    ],
    [
      'maintain a',
      ['--for 2h --end', 'Say either --for how long, like `weir maintain a --for 2h`, or --end.'],
      ['for 2h end', 'Say either for how long, like `/weir maintain a for 2h`, or `/weir maintain a end`.'],
    ],
  ])('%s %s', async (both, [options, onTerminal], [said, inSlack]) => {
    expect(await terminal(`${both} ${options}`)).toBe(onTerminal);
    expect(await slack(`${both} ${said}`)).toBe(inSlack);
  });
});

it('ack without a name lists, in Slack too', async () => {
  const wish = parseCommand('ack');
  if ('problem' in wish) expect.fail(wish.problem);
  const said = await grant(wish, { redis, config, by: 'U0OPS', groups: [] });
  expect(JSON.stringify(said)).toContain('Every open incident is acknowledged.');
});

it('a weight that was left out is named in Slack; a terminal asks for it before', async () => {
  expect(await slack('weight b')).toBe(`Nothing is no weight: ${WEIGHT}`);
});

it('Slack goes by the longest time of weir.yaml', async () => {
  const hour = { ...config, policy: { ...config.policy, longestMs: 3_600_000 } };
  const wish = parseCommand('drain b for 2h');
  if ('problem' in wish) expect.fail(wish.problem);

  const refused = refusal(grant(wish, { redis, config: hour, by: 'U0OPS', groups: [] }));

  expect(await refused).toContain('1 h at most');
});
