/** A whole worker, a broker, a stand-in for Slack and a mail server: what people get is what they would get. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../../lab/free-port.ts';
import { type SlackStandIn, type StandInOptions, startSlackStandIn } from '../../../lab/slack/stand-in.ts';
import { append } from '../../../src/broker/entries/stream.ts';
import { readDeliveries, readIncidents, readThreads } from '../../../src/broker/incidents.ts';
import { type EvaluateJob, openQueue, wake } from '../../../src/broker/queues.ts';
import { type NotifyJob, readCursor } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { compareEntryIds, type EntryId } from '../../../src/model/ids.ts';
import type { Incident } from '../../../src/model/people/incident.ts';
import type { Thread } from '../../../src/model/people/thread.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import { TELL_PACE, type TellPace } from '../../../workers/notifications/destinations.ts';
import type { Role } from '../../../workers/roles/role.ts';
import { startWorker } from '../../../workers/roles/worker.ts';
import { sweepOf } from '../../support/pool.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { createPerson } from '../../support/slack.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/waiting.ts';

/** People and Slack take so many times as much here as they do: what waits for them is waited for as much less. */
const HASTE = 10;
const PACE: TellPace = {
  slackGapMs: TELL_PACE.slackGapMs / HASTE,
  mailGapMs: TELL_PACE.mailGapMs / HASTE,
  courseMs: TELL_PACE.courseMs / HASTE,
};

export const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

const RULES = `version: 1
owner: log-oncall
runbook: https://wiki.example.com/redis?a=1
rules:
  - name: member-unwritable
    for_each: member
    when: "!member.writable"
    severity: page
    tell: {title: "refuses writes"}
`;

export interface PeopleOptions {
  /** What stands under `tell:` besides slack and mail. */
  readonly tell?: string;
  /** Left out: as many messages as come of a test that does not wait. */
  readonly limit?: string;
  readonly slackKeys?: string;
  readonly roles?: string;
  readonly policy?: string;
  readonly rules?: string;
  readonly slack?: StandInOptions;
  readonly members?: readonly string[];
  /** What every node sees at first; left out: nothing that is wrong. */
  readonly seen?: Partial<Sweep>;
}

export interface People {
  readonly slack: SlackStandIn;
  readonly smtp: TestSmtp;
  readonly redis: Redis;
  readonly url: string;
  readonly person: ReturnType<typeof createPerson>;
  /** What every node sees from now on, a sweep a second; the first one has been evaluated when it returns. */
  see(parts: Partial<Sweep>): Promise<void>;
  /** Waits until every place has every thread as it stands, and no try of one is under way or still to come. */
  allTold(): Promise<void>;
  incidents(): Promise<Incident[]>;
  threads(): Promise<Thread[]>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export async function startPeople(options: PeopleOptions = {}): Promise<People> {
  const [broker, slack, smtp] = await Promise.all([
    startRedis({ tcp: true }),
    startSlackStandIn({ perSecond: HASTE, ...options.slack }),
    startSmtp(),
  ]);
  const folder = await tempDir();
  await writeFile(join(folder, 'rules.yaml'), options.rules ?? RULES);
  const port = await freePort();
  const config = parseConfig({
    file: 'weir.yaml',
    text: yamlOf(options, { broker, slack, smtp, folder, port }),
    env: {},
    cwd: folder,
    root: false,
  });
  const worker: Role = await startWorker(config, { observe: false, pace: PACE });
  const redis = new Redis(broker.url);
  const queue = openQueue<EvaluateJob>(redis, 'evaluate');
  const shows = openQueue<NotifyJob>(redis, 'show');
  const stopped = new AbortController();
  let seen: Partial<Sweep> = options.seen ?? {};
  async function sweep(): Promise<EntryId> {
    let last: EntryId = '0-0';
    const parts = seen;
    const at = await brokerTime(redis, 'logs');
    for (const node of ['a', 'b']) last = await append(redis, sweepOf(node, at, parts));
    return last;
  }
  // One after the other: an older view never comes after a newer one, however slow the machine is.
  let latest: Promise<EntryId> = Promise.resolve('0-0');
  const sweepNext = () => {
    latest = latest.then(sweep);
    return latest;
  };
  const sweeping = (async () => {
    while (!stopped.signal.aborted) {
      await sweepNext();
      await sleep(1_000, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  const url = `http://127.0.0.1:${port}`;
  return {
    ...{ slack, smtp, redis, url, person: createPerson({ slack, url, secret: SECRET }) },
    async see(parts) {
      seen = parts;
      const last = await sweepNext();
      await wake(queue, 'logs');
      await until(async () => {
        const cursor = await readCursor(redis, 'logs');
        return cursor !== undefined && compareEntryIds(cursor, last) >= 0;
      }, 'the evaluation of what is seen');
    },
    allTold: () =>
      until(async () => {
        const [threads, told] = await Promise.all([readThreads(redis, 'logs', 1_000), readDeliveries(redis, 'logs')]);
        const isTold = ({ id, places, lastSeq }: Thread) =>
          places.every((place) => (told.get(`${id}|${place}`)?.seq ?? 0) >= lastSeq);
        return threads.every(isTold) && (await shows.count()) + (await shows.getActiveCount()) === 0 ? true : undefined;
      }, 'everything to be told').then(() => undefined),
    incidents: () => readIncidents(redis, 'logs', 2_000),
    threads: () => readThreads(redis, 'logs', 1_000),
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    async stop() {
      stopped.abort();
      await sweeping;
      await worker.stop();
      await Promise.all([queue, shows].map((one) => one.close()));
      redis.disconnect();
      await Promise.all([broker.stop(), slack.stop(), smtp.stop()]);
    },
  };
}

interface Around {
  readonly broker: TestRedis;
  readonly slack: SlackStandIn;
  readonly smtp: TestSmtp;
  readonly folder: string;
  readonly port: number;
}

function yamlOf(options: PeopleOptions, { broker, slack, smtp, folder, port }: Around): string {
  const members = options.members ?? ['a', 'b'];
  const {
    tell = '',
    limit = '200/1m',
    slackKeys = `team: T0001, signing_secret: ${SECRET}`,
    roles = 'operator: [U0OPS], approver: [U0BOSS]',
  } = options;
  return `broker: {url: "${broker.url}"}
state_dir: ${folder}
rules: ${folder}
# A busy machine makes everything late: what was seen a while ago is still known.
poll: {stale_after: 30s}
http: {listen: "127.0.0.1:${port}"}
pools:
  logs:
    vip: {address: 192.168.81.229}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members:
${members.map((name, i) => `      ${name}: {address: 192.168.81.${51 + i}, priority: ${254 - i}}`).join('\n')}
policy: {settle: 1s, roles: {${roles}}${options.policy === undefined ? '' : `, ${options.policy}`}}
tell:
  slack: {token: xoxb-test, channel: "#log", api_url: "${slack.apiUrl}", ${slackKeys}}
  mail: {smtp: "smtp://127.0.0.1:${smtp.port}", from: weir@example.com, to: [oncall@example.com]}
  group: {wait: 1s}
  limit: ${limit}
${tell}
`;
}
