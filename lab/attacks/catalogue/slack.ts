/** Requests in Slack's name: signed as its own, by people of other workspaces, and a second time. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { poolKeys } from '../../../src/broker/keys.ts';
import { signed, slashFields } from '../../slack/signed.ts';
import { type SlackStandIn, startSlackStandIn } from '../../slack/stand-in.ts';
import { asSaidIf, type HostAttack, heldUnless } from '../attack.ts';
import { type Host, isUp } from '../host.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

interface Slack {
  readonly url: string;
  readonly slack: SlackStandIn;
  readonly redis: Redis;
  said(): string;
  /** What is answered in Slack, at once and within a second. */
  slash(text: string, how?: { readonly team?: string; readonly user?: string }): Promise<string>;
}

const opened = new WeakMap<Host, Promise<Slack>>();

function slackOf(host: Host): Promise<Slack> {
  const known = opened.get(host) ?? open(host);
  opened.set(host, known);
  return known;
}

async function open(host: Host): Promise<Slack> {
  const slack = await startSlackStandIn();
  host.ends(() => slack.stop());
  const broker = await host.redis('broker-of-slack', '--appendonly', 'yes');
  const { path, http } = await host.config('slack', {
    broker: `{url: "redis://127.0.0.1:${broker.port}"}`,
    more: [
      'tell:',
      `  slack: {token: xoxb-1, channel: "#log", api_url: "${slack.apiUrl}", signing_secret: ${SECRET}, team: T0001, app: A0001}`,
    ],
  });
  const yaml = await readFile(path, 'utf8');
  await host.file('slack.yaml', yaml.replace('policy: {', 'policy: {roles: {operator: [U0OP], approver: [U0AP]}, '));
  const worker = host.start(['worker', '--no-observe', '-c', path]);
  await isUp(worker);
  const redis = new Redis(broker.path);
  host.ends(() => redis.disconnect());
  const url = `http://127.0.0.1:${http}`;
  return {
    ...{ url, slack, redis, said: worker.said },
    async slash(text, { team = 'T0001', user = 'U0OP' } = {}) {
      const { id, url: responseUrl } = slack.responseUrl();
      const body = new URLSearchParams(slashFields(user, text, responseUrl, team)).toString();
      const response = await fetch(`${url}/slack/commands`, { method: 'POST', body, headers: signed(body, SECRET) });
      const now = await response.text();
      await sleep(1_500);
      return `${now} ${JSON.stringify(slack.responses.get(id) ?? [])}`;
    },
  };
}

const foreign: HostAttack = {
  of: 'M10',
  tries: 'a look, a hold and a silence by somebody of another workspace, through another app',
  async run(host) {
    const { slash, redis } = await slackOf(host);
    const answers: string[] = [];
    for (const text of ['status', 'pause logs for 1h because x', 'silence logs for 1h because x']) {
      answers.push(await slash(text, { team: 'T0FOREIGN', user: 'U0OP' }));
    }
    const state = (await redis.hget(poolKeys('logs').state, 'json')) ?? '';
    const isTaken = /members serving|"reason":"x"/.test(answers.join() + state);
    return heldUnless(isTaken, answers[0]?.replaceAll(/[{}[\]"]/g, '').slice(0, 160) ?? '');
  },
};

const proto: HostAttack = {
  of: 'L1',
  tries: 'silence __proto__=x, resume constructor, drain logs/__proto__, clients __proto__',
  async run(host) {
    const { slash, redis } = await slackOf(host);
    const answers: string[] = [];
    for (const text of [
      'silence __proto__=x for 1h because y',
      'resume constructor',
      'drain logs/__proto__ because y',
      'clients __proto__',
      'ack constructor',
    ]) {
      answers.push(await slash(text));
    }
    const made = await redis.keys('weir:{constructor}*');
    const desk = (await redis.hget(poolKeys('logs').state, 'desk')) ?? '';
    const isTaken = /"matcher":\{\}/.test(desk) || made.length > 0;
    const wrong = answers.filter((text) => text.includes('went wrong'));
    return heldUnless(
      isTaken || wrong.length > 0,
      `nothing is silenced, no stream made; ${wrong.length} answers that something went wrong`,
    );
  },
};

const forged: HostAttack = {
  of: 'held: slack',
  tries: 'no signature, a wrong one, an old one, two, another body, the same request twice',
  async run(host) {
    const { url } = await slackOf(host);
    const fields = slashFields('U0OP', 'status', 'https://hooks.slack.com/x');
    const body = new URLSearchParams(fields).toString();
    const post = async (headers: Record<string, string>, text = body) =>
      (await fetch(`${url}/slack/commands`, { method: 'POST', body: text, headers })).status;
    const good = signed(body, SECRET);
    const first = await post(good);
    const statuses = {
      twice: await post(good),
      none: await post({ 'Content-Type': 'application/x-www-form-urlencoded' }),
      wrong: await post(signed(body, 'not the secret')),
      old: await post(signed(body, SECRET, Math.floor(Date.now() / 1_000) - 400)),
      changed: await post(signed(body, SECRET, Math.floor(Date.now() / 1_000) - 1), `${body}&x=1`),
      json: await post({
        ...signed(body, SECRET, Math.floor(Date.now() / 1_000) - 2),
        'Content-Type': 'application/json',
      }),
    };
    const taken = Object.entries(statuses).filter(([, status]) => status === 200);
    return heldUnless(
      first !== 200 || taken.length > 0,
      `an honest one ${first}; ${Object.entries(statuses)
        .map((one) => one.join(' '))
        .join(', ')}`,
    );
  },
};

const forgotten: HostAttack = {
  of: 'L11',
  tries: 'the same request a second time, after the broker has lost its memory',
  async run(host) {
    const { url, redis } = await slackOf(host);
    const body = new URLSearchParams(slashFields('U0OP', 'help', 'https://hooks.slack.com/x')).toString();
    const headers = signed(body, SECRET, Math.floor(Date.now() / 1_000) - 5);
    const post = async () => (await fetch(`${url}/slack/commands`, { method: 'POST', body, headers })).status;
    const before = [await post(), await post()];
    const seen = await redis.keys('weir:once:*');
    if (seen.length > 0) await redis.del(...seen);
    const after = await post();
    return asSaidIf(
      before[0] === 200 && before[1] !== 200,
      `${before.join(', then ')}; without its memory ${after}: SECURITY.md says so, for five minutes`,
    );
  },
};

export const SLACK_ATTACKS: readonly HostAttack[] = [foreign, proto, forged, forgotten];
