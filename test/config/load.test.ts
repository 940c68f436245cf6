import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { DEFAULT_PLAN } from '../../src/model/configuration/default-plan.ts';
import { DEFAULT_POLICY } from '../../src/model/configuration/default-policy.ts';
import { destinationKey } from '../../src/model/configuration/route.ts';
import { WeirError } from '../../src/model/error.ts';
import { quietly } from '../../src/rules/language/expression.ts';
import { mangled } from '../support/mangled.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The example of the documentation, every key in it. */
const FULL = `broker: {url: redis://127.0.0.1:6390, password: $WEIR_BROKER_PASSWORD}
state_dir: /var/lib/weir
rules: ./rules
poll: {interval: 1s, timeout: 500ms, window: 60s, stale_after: 3s}
http: {listen: 127.0.0.1:8480, token: $WEIR_HTTP_TOKEN}
keepalived: {pid_file: /run/keepalived.pid, dump_file: /tmp/keepalived.json}
pools:
  logs:
    vip: {address: 192.168.81.229, port: 6379}
    lvs: {scheduler: wrr, forwarding: direct-routing, loop_guard: backup-only}
    vrrp: {interface: eth0, virtual_router_id: 51, version: 3, advert_interval: 200ms, preempt: false}
    redis: {password: $REDIS_PASSWORD}
    queues: [logstash]
    min_serving: 1
    memory_budget: 4GiB
    members:
      a: {address: 192.168.81.51, priority: 254, weight: 100}
      b: {address: 192.168.81.234, priority: 250, weight: 100}
    consumers: [{logstash: "http://192.168.81.60:9600"}]
    sink: {elasticsearch: "http://192.168.81.70:9200"}
policy: {mode: shadow, settle: 90s, min_seconds_to_full: 30m, roles: {viewer: [], operator: [U012AB3CD], approver: [U012AB3CD]}}
tell:
  slack: {token: $SLACK_BOT_TOKEN, signing_secret: $SLACK_SIGNING_SECRET, app_token: $SLACK_APP_TOKEN, channel: "#log-oncall"}
  mail: {smtp: $SMTP_URL, from: weir@example.com, to: [log-oncall@example.com]}
  heartbeat: $HEARTBEAT_URL
`;

const ENV = {
  WEIR_BROKER_PASSWORD: 'hidden-broker',
  WEIR_HTTP_TOKEN: 'hidden-http',
  REDIS_PASSWORD: 'hidden-redis',
  SLACK_BOT_TOKEN: 'hidden-bot',
  SLACK_SIGNING_SECRET: 'hidden-signing',
  SLACK_APP_TOKEN: 'hidden-app',
  HEARTBEAT_URL: 'https://deadman.example.com/hidden-heartbeat',
  SMTP_URL: 'smtp://user:hidden-smtp@mail.example.com:587',
};

const SMALL = `pools:
  logs:
    vip: {address: 10.0.0.9}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members:
      a: {address: 10.0.0.1, priority: 254}
      b: {address: 10.0.0.2, priority: 250}
`;

function parse(text: string, env: Record<string, string | undefined> = ENV) {
  return parseConfig({ file: 'weir.yaml', text, env, cwd: '/srv', root: true });
}

function complaintsAbout(text: string, env: Record<string, string | undefined> = ENV): string[] {
  try {
    parse(text, env);
    return [];
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    expect(error.code).toBe('config');
    return error.message.split('\n');
  }
}

describe('a whole configuration', () => {
  it('is read with its units', () => {
    const config = parse(FULL);
    expect(config).toMatchObject({
      file: 'weir.yaml',
      broker: { url: 'redis://127.0.0.1:6390' },
      stateDir: '/var/lib/weir',
      rules: '/srv/rules',
      poll: { intervalMs: 1_000, timeoutMs: 500, windowMs: 60_000, staleAfterMs: 3_000 },
      http: { host: '127.0.0.1', port: 8480 },
      policy: { mode: 'shadow', settleMs: 90_000, minSecondsToFull: 1_800 },
    });
    expect(config.pools.logs).toMatchObject({
      name: 'logs',
      vip: { address: '192.168.81.229', port: 6379 },
      vrrp: { virtualRouterId: 51, version: 3, advertIntervalMs: 200, preempt: false },
      memoryBudgetBytes: 4 * 1024 ** 3,
      members: { a: { name: 'a', address: '192.168.81.51', priority: 254, weight: 100 } },
      consumers: { '192.168.81.60:9600': 'http://192.168.81.60:9600' },
    });
    expect(config.pools.logs?.redis.password?.reveal()).toBe('hidden-redis');
    expect(config.pools.logs?.redis.probe).toBe('write');
  });

  it('never prints a secret', () => {
    const config = parse(FULL);
    const printed = [inspect(config, { depth: 9 }), JSON.stringify(config), `${config.http.token}`].join();
    expect(printed).not.toContain('hidden');
    expect(printed).toContain('[secret]');
  });
});

describe('a configuration that says only what it must', () => {
  it('routes, quiet hours and the digest, as weir.yaml has them', () => {
    const text = `${SMALL}
tell:
  slack: {token: x, channel: "#log"}
  mail: {smtp: "smtp://x", from: a@b, to: [c@d]}
  group: {wait: 10s, interval: 30s, repeat: 2h}
  limit: 10/1m
  quiet: {hours: "22:00-07:00", timezone: Europe/Berlin, lets: [page, warn]}
  routes:
    - match: {severity: page, pool: logs, rule: [x], kind: incident, labels: {team: t}, hours: "18:30-08:00"}
      slack: ["#a", "#b"]
      mail: e@f
      escalate: [{after: 30m, slack: "#late"}, {after: 10m, unless: acked, mail: [g@h]}]
      continue: true
    - {webhook: {url: "https://x/y", secret: s}, alertmanager: "http://am:9093"}
  digest: {schedule: "0 8 * * *", timezone: Europe/Berlin, mail: t@u, slack: "#d"}
`;
    const { plan } = parse(text).tell;
    expect(plan).toMatchObject({
      group: { waitMs: 10_000, intervalMs: 30_000, repeatMs: 7_200_000 },
      limit: { max: 10, perMs: 60_000 },
      quiet: { from: 1_320, to: 420, timeZone: 'Europe/Berlin', lets: ['page', 'warn'] },
      digest: { schedule: '0 8 * * *', timeZone: 'Europe/Berlin' },
    });
    const [first, second] = plan.routes;
    expect(first).toEqual({
      match: {
        ...{ severities: ['page'], pools: ['logs'], rules: ['x'], kinds: ['incident'], labels: { team: 't' } },
        hours: { from: 1_110, to: 480, timeZone: 'UTC' },
      },
      to: [
        { kind: 'slack', channel: '#a' },
        { kind: 'slack', channel: '#b' },
        { kind: 'mail', to: ['e@f'] },
      ],
      escalate: [
        { afterMs: 600_000, to: [{ kind: 'mail', to: ['g@h'] }] },
        { afterMs: 1_800_000, to: [{ kind: 'slack', channel: '#late' }] },
      ],
      goesOn: true,
    });
    expect(second?.to.map(destinationKey)).toEqual(['webhook:https://x/y', 'alertmanager:http://am:9093']);
    expect(parse(`${SMALL}\ntell: {slack: {token: x, channel: "#log"}}`).tell.plan.routes).toEqual([
      { match: {}, to: [{ kind: 'slack', channel: '#log' }], escalate: [], goesOn: false },
    ]);
  });

  it('has the documented defaults', () => {
    const config = parse(SMALL);
    expect(config.broker).toEqual({});
    expect(config).toMatchObject({
      stateDir: '/var/lib/weir',
      rules: resolve('rules'),
      poll: { intervalMs: 1_000, timeoutMs: 500, windowMs: 60_000, staleAfterMs: 3_000 },
      http: { host: '127.0.0.1', port: 8480 },
      keepalived: {
        pidFile: '/run/keepalived.pid',
        dumpFile: '/run/keepalived/keepalived.json',
        bareDumpFile: '/tmp/keepalived.json',
        runDir: '/run/weir',
      },
      policy: { mode: 'shadow', settleMs: 90_000, minSecondsToFull: 1_800 },
      roles: { viewer: [], operator: [], approver: [] },
      tell: { plan: { ...DEFAULT_PLAN, routes: [{ match: {}, to: [] }] } },
    });
    expect(config.pools.logs).toMatchObject({
      vip: { port: 6379 },
      lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
      vrrp: { version: 3, advertIntervalMs: 200, preempt: false },
      queues: ['logstash'],
      minServing: 1,
      members: { a: { weight: 100 } },
      consumers: {},
    });
  });

  it.each([
    [{ XDG_STATE_HOME: '/x/state' }, '/x/state/weir'],
    [{ HOME: '/home/u' }, '/home/u/.local/state/weir'],
  ])('keeps its state at home for who is not root: %j', (env, expected) => {
    expect(parseConfig({ file: 'weir.yaml', text: SMALL, env, cwd: '/srv', root: false }).stateDir).toBe(expected);
  });

  it('advertises once a second with version 2, which knows whole seconds only', () => {
    const text = SMALL.replace('virtual_router_id: 51', 'virtual_router_id: 51, version: 2');
    expect(parse(text).pools.logs?.vrrp.advertIntervalMs).toBe(1_000);
  });
});

describe('a value from the environment', () => {
  it('that is missing is an error at its place, and others are told as well', () => {
    const { REDIS_PASSWORD: _, SMTP_URL: __, ...rest } = ENV;
    expect(complaintsAbout(FULL.replace('wrr', 'wrrr'), rest)).toEqual([
      'weir.yaml:10:22 pools.logs.lvs.scheduler is "wrrr", expected one of rr, wrr, lc, wlc, lblc, lblcr, sh, mh, dh, fo, ovf, sed, nq, twos: did you mean "wrr"?',
      'weir.yaml:12:23 $REDIS_PASSWORD is not set in the environment: set it, or write the value here',
      'weir.yaml:24:16 $SMTP_URL is not set in the environment: set it, or write the value here',
    ]);
  });

  it('is not shown when it is wrong', () => {
    const text = FULL.replace('mode: shadow', 'mode: $SMTP_URL');
    expect(complaintsAbout(text).join()).toMatch(/policy.mode is (text|"\$SMTP_URL"), expected one of off/);
    expect(complaintsAbout(text).join()).not.toContain('hidden');
  });

  it('is not itself read for variables', () => {
    const config = parse(SMALL.replace('    vrrp:', '    redis: {password: $A}\n    vrrp:'), { A: '$B' });
    expect(config.pools.logs?.redis.password?.reveal()).toBe('$B');
  });
});

it('an IPv6 address has one spelling, however it is written', () => {
  const text = SMALL.replace('10.0.0.9', '"FD00:0:0::9"')
    .replace('10.0.0.1', '"fd00:0000::1"')
    .replace('10.0.0.2', '"fd00::2"');

  const { vip, members } = parse(text).pools.logs ?? {};

  expect([vip?.address, members?.a?.address, members?.b?.address]).toEqual(['fd00::9', 'fd00::1', 'fd00::2']);
});

describe('what would cost somebody a night', () => {
  const MEMBER_B = 'b: {address: 10.0.0.2, priority: 250';
  it.each([
    ...['/run/$(touch x)k.pid', 'run/k.pid', '/run/a b', "/run/'x", '/run/..//x', '"/run/x\\n}"'].map(
      (path): [[RegExp, string], string] => [
        [/$/, `keepalived: {pid_file: ${path}}\n`],
        '8:24 keepalived.pid_file is ',
      ],
    ),
    [['10.0.0.2', '10.0.0.9'], '7:20 10.0.0.9 is the VIP'],
    [['10.0.0.2', '10.0.0.1'], '7:20 10.0.0.1 is the address of a already'],
    [['10.0.0.2', '10.0.0'], '7:20 pools.logs.members.b.address is "10.0.0", expected an IP address'],
    [['10.0.0.2', '"fe80::2%eth0"'], '7:20 pools.logs.members.b.address is "fe80::2%eth0", expected an IP address'],
    [['10.0.0.2', '"fd00::2"'], '7:20 fd00::2 and the VIP 10.0.0.9 must both be IPv4'],
    [
      ['priority: 250', 'priority: 255'],
      '7:40 pools.logs.members.b.priority is 255, expected a whole number from 1 to 254',
    ],
    [['priority: 250', 'priority: 254'], '7:40 b and a both have priority 254'],
    [[MEMBER_B, `${MEMBER_B}, weight: 70000`], '7:53 pools.logs.members.b.weight is 70000'],
    [[MEMBER_B, `${MEMBER_B}, weight: 0}\n      c: {address: 10.0.0.3, priority: 1, weight: 0`], undefined],
    [['      b:', '      b:b:'], '7:7 "b:b" cannot be a name: expected small letters, digits and "-"'],
    [['      b:', '      -b:'], '7:7 "-b" cannot be a name'],
    [['  logs:', '  Logs:'], '2:3 "Logs" cannot be a name'],
    [[/ {6}b:.*\n/, ''], '5:5 a pool needs two members or more, this one has 1'],
    [['    vrrp:', '    min_serving: 2\n    vrrp:'], '4:18 min_serving is 2 of 2 members'],
    [
      ['51}', '51, version: 2, advert_interval: 200ms}'],
      '4:81 advert_interval is 200 ms, expected whole seconds with version 2',
    ],
    [['51}', '51, advert_interval: 60s}'], '4:69 advert_interval is 1 min, expected 10ms to 40950ms'],
    [['51}', '51, auth: secret}'], '4:58 auth does nothing with version 3'],
    [['51}', '51, version: 2, auth: ninechars}'], '4:70 auth is longer than eight bytes'],
    [
      ['51}', '51, version: 2, auth: "a#b"}'],
      '4:70 auth has a character that ends or changes a word in keepalived.conf',
    ],
    [
      ['    vrrp:', '    redis: {probe: ping}\n    vrrp:'],
      '4:20 pools.logs.redis.probe is "ping", expected one of write, read',
    ],
    [['51}', '510}'], '4:48 pools.logs.vrrp.virtual_router_id is 510, expected a whole number from 1 to 255'],
    [
      ['interface: eth0', 'interface: -eth0'],
      '4:23 pools.logs.vrrp.interface is "-eth0", expected the name of a network interface',
    ],
    [[/$/, 'poll: {timeout: 1s}\n'], '8:17 poll.timeout (1 s) must be shorter than poll.interval (1 s)'],
    [[/$/, 'poll: {stale_after: 1s}\n'], '8:21 poll.stale_after (1 s) must be longer than poll.interval (1 s)'],
    [[/$/, 'poll: {window: 5m}\n'], '8:16 poll.window (5 min) must be 2m or shorter'],
    [[/$/, 'poll: {window: 2s}\n'], '8:16 poll.window (2 s) must hold three polls'],
    [
      [/$/, 'poll: {interval: 7s, stale_after: 20s}\n'],
      '8:18 poll.interval is 7 s, expected whole seconds that divide a minute',
    ],
    [[/$/, 'poll: {interval: 1}\n'], '8:18 poll.interval is 1, expected a duration'],
    [
      [/$/, 'http: {listen: 0.0.0.0:80, token: fifteen-letters}\n'],
      '8:35 http.token has 15 characters and can be guessed, expected 16 at least',
    ],
    [[/$/, 'http: {listen: 127.0.0.1:80, token: short}\n'], undefined],
    [[/$/, 'http: {listen: 0.0.0.0:80}\n'], '8:16 http.listen on 0.0.0.0 can be reached from other machines'],
    [[/$/, 'http: {listen: "8480"}\n'], '8:16 http.listen is "8480", expected host:port'],
    [
      [/$/, 'broker: {listen: 10.0.0.1:6390}\n'],
      '8:18 broker.listen on 10.0.0.1 can be reached by others: it needs broker.password',
    ],
    // Every user of the machine reaches its loopback.
    [[/$/, 'broker: {listen: 127.0.0.1:6390}\n'], '8:18 broker.listen on 127.0.0.1 can be reached by others'],
    [[/$/, 'broker: {listen: 127.0.0.1:6390, password: x}\n'], undefined],
    [[/$/, 'broker: {listen: 127.0.0.1:6390, url: redis://x}\n'], '8:18 broker.listen is for the embedded broker'],
    [[/$/, 'broker: {url: "redis://:pw@x"}\n'], '8:15 broker.url holds a password'],
    [[/$/, 'broker: {url: "redis://10.0.0.9:1"}\n'], '8:15 broker.url is a Redis of pool logs'],
    [[/$/, 'broker: {url: "redis://10.0.0.1"}\n'], '8:15 broker.url is a Redis of pool logs'],
    [[/$/, 'broker: {url: "redis://x?password=y"}\n'], '8:15 broker.url has a ?query, which would be printed'],
    [[/$/, 'broker: {url: "redis://ann@x"}\n'], '8:15 broker.url holds a user: put it in broker.username'],
    [[/$/, 'broker: {username: weir}\n'], '8:20 broker.username goes with broker.url'],
    [
      [/$/, 'broker: {url: "redis://10.0.0.7"}\n'],
      '8:15 broker.url is beyond this machine and has no broker.password: whoever reaches it commands every node',
    ],
    [
      [/$/, 'broker: {url: "rediss://10.0.0.7"}\n'],
      '8:15 broker.url is beyond this machine and has no broker.password',
    ],
    [
      [/$/, 'broker: {url: "redis://10.0.0.7", password: x}\n'],
      '8:15 broker.url is beyond this machine and is spoken to without TLS (broker.tls): whoever hears it has the password',
    ],
    [[/$/, 'broker: {url: "rediss://10.0.0.7", password: x}\n'], undefined],
    [[/$/, 'broker: {url: "redis://10.0.0.7", insecure: true}\n'], undefined],
    [[/$/, 'broker: {url: "redis://[::1]:6390"}\n'], undefined],
    [[/$/, 'broker: {url: /run/weir/broker.sock}\n'], undefined],
    [[/$/, 'broker: {url: "http://10.0.0.1"}\n'], '8:15 broker.url is no address of a Redis'],
    [[/$/, 'seal: {mode: accept}\n'], '8:14 seal.public.node is empty: nothing that a node writes would be taken'],
    [[/$/, 'seal: {mode: on}\n'], '8:14 seal.mode is "on", expected one of off, accept, require'],
    [[/$/, 'seal: {public: {worker: [short]}}\n'], '8:26 seal.public.worker[0] is "short", expected a public key as'],
    [[/$/, 'broker: {tls: true}\n'], '8:15 broker.tls is true, expected a mapping'],
    [[/$/, 'broker: {tls: {}}\n'], '8:15 broker.tls is for a broker that is reached over a network'],
    [
      [/$/, 'broker: {url: /run/x.sock, tls: {}}\n'],
      '8:33 broker.tls is for a broker that is reached over a network, and broker.url is the path of a socket',
    ],
    [[/$/, 'broker: {url: "redis://10.0.0.7", password: x, tls: {}}\n'], undefined],
    [
      [/$/, 'broker: {url: "redis://10.0.0.7", tls: {}}\n'],
      '8:15 broker.url is beyond this machine and has no broker.password',
    ],
    [
      [/$/, 'broker: {url: "rediss://x", password: x, tls: {cert: c.pem}}\n'],
      '8:54 broker.tls.cert goes with broker.tls.key',
    ],
    [
      [/$/, 'broker: {url: "rediss://x", password: x, tls: {key: k.pem}}\n'],
      '8:53 broker.tls.key goes with broker.tls.cert',
    ],
    [
      [/$/, 'broker: {url: "rediss://x", password: x, tls: {server_name: 10.0.0.7}}\n'],
      '8:61 broker.tls.server_name is "10.0.0.7", expected a host name',
    ],
    [[/$/, 'broker: {sentinels: ["127.0.0.1:1"], name: weir}\n'], undefined],
    [[/$/, 'broker: {sentinels: ["127.0.0.1:1"]}\n'], '8:21 broker.sentinels needs broker.name'],
    [[/$/, 'broker: {name: weir}\n'], '8:16 broker.name goes with broker.sentinels'],
    [[/$/, 'broker: {sentinel_password: x}\n'], '8:29 broker.sentinel_password goes with broker.sentinels'],
    [
      [/$/, 'broker: {sentinels: ["127.0.0.1:1"], name: weir, url: redis://127.0.0.1}\n'],
      '8:21 broker.sentinels say where the broker is, and so does broker.url',
    ],
    [
      [/$/, 'broker: {sentinels: ["127.0.0.1:1"], name: weir, listen: 127.0.0.1:1, password: x}\n'],
      '8:58 broker.listen is for the embedded broker and broker.sentinels for another one',
    ],
    [
      [/$/, 'broker: {sentinels: ["10.0.0.7:0"], name: weir}\n'],
      '8:22 broker.sentinels[0] is "10.0.0.7:0", expected host:port',
    ],
    [
      [/$/, 'broker: {sentinels: ["10.0.0.7"], name: weir}\n'],
      '8:22 a Sentinel is beyond this machine, and what it leads to has no broker.password',
    ],
    [
      [/$/, 'broker: {sentinels: ["10.0.0.7"], name: weir, password: x}\n'],
      '8:22 a Sentinel is beyond this machine, and what it leads to is spoken to without TLS',
    ],
    [[/$/, 'broker: {sentinels: ["10.0.0.7"], name: weir, password: x, tls: {}}\n'], undefined],
    [[/$/, 'broker: {sentinels: ["10.0.0.7"], name: weir, insecure: true}\n'], undefined],
    [
      [/$/, 'broker: {sentinels: ["127.0.0.1", "127.0.0.1:26379"], name: weir}\n'],
      '8:35 the Sentinel 127.0.0.1:26379 is listed already',
    ],
    [
      [/$/, 'tell: {mail: {smtp: "mail.example.com", from: a@b, to: [c@d]}}\n'],
      '8:21 tell.mail.smtp is no mail server',
    ],
    [
      [/$/, 'tell:\n  slack:\n    token: x\n    channel: #log\n'],
      '11:5 tell.slack.channel is empty (in YAML " #" begins a comment',
    ],
    [[/$/, 'tell: {routes: [{slack: 5}]}\n'], '8:25 tell.routes[0].slack is 5, expected "#name" in quotes'],
    [[/$/, 'tell: {routes: [{mail: ann}]}\n'], '8:24 tell.routes[0].mail is "ann", expected a mail address'],
    [
      [/$/, 'tell: {routes: [{match: {severity: loud}, slack: "#a"}]}\n'],
      '8:36 tell.routes[0].match.severity is "loud", expected one of page, warn, info',
    ],
    [
      [/$/, 'tell: {routes: [{match: {hours: "8-18"}, slack: "#a"}]}\n'],
      '8:33 tell.routes[0].match.hours is "8-18", expected hours of the day such as "22:00-06:30"',
    ],
    [[/$/, 'tell: {routes: [{slack: "#a"}]}\n'], '8:25 tell.slack is not set: there is no token to tell with'],
    [[/$/, 'tell: {routes: [{}]}\n'], '8:17 nobody is told, expected slack, mail, webhook or alertmanager'],
    [
      [/$/, 'tell: {routes: [{match: {pool: lgos}, webhook: {url: "http://x"}}]}\n'],
      '8:32 there is no pool lgos: did you mean "logs"?',
    ],
    [[/$/, 'tell: {quiet: {hours: "22:00-07:00", timezone: Mars}}\n'], '8:48 Mars is no time zone'],
    [
      [/$/, 'tell: {digest: {schedule: never, mail: a@b}, mail: {smtp: "smtp://x", from: a@b, to: [c@d]}}\n'],
      '8:27 "never" is no cron expression',
    ],
    [
      [/$/, 'tell: {routes: [{alertmanager: "http://x:9093", escalate: [{after: 0s, webhook: {url: "http://x"}}]}]}\n'],
      '8:68 after is nothing, expected a time such as 10m',
    ],
    [[/$/, 'polcy: {}\n'], '8:1 "polcy" is not a key of this file: did you mean "policy"?'],
    [
      ['    vrrp:', '    consumers: [{logstash: "http://u:hidden@x"}]\n    vrrp:'],
      '4:28 pools.logs.consumers[0].logstash is text, expected an address',
    ],
    [
      ['    vrrp:', '    consumers: [{logstash: "http://x:1"}, {logstash: "http://x:1/"}]\n    vrrp:'],
      '4:43 the consumer x:1 is listed already',
    ],
    [['    vrrp:', '    queues: [a, a]\n    vrrp:'], '4:17 the queue "a" is listed already'],
    [
      ['    vrrp:', '    memory_budget: 4 GB of it\n    vrrp:'],
      '4:20 pools.logs.memory_budget is "4 GB of it", expected a size',
    ],
  ] as const)('%j: %s', (edit, expected) => {
    const [from, to] = edit as readonly [string | RegExp, string];
    const complaints = complaintsAbout(SMALL.replace(from, () => to));
    if (expected === undefined) expect(complaints).toEqual([]);
    else
      expect(
        complaints.some((line) => line.startsWith(`weir.yaml:${expected}`)),
        complaints.join('\n'),
      ).toBe(true);
  });

  it('rr and lc ignore weights, so unequal ones are an error and equal ones are not', () => {
    const rr = SMALL.replace('    vrrp:', '    lvs: {scheduler: rr}\n    vrrp:');
    expect(complaintsAbout(rr)).toEqual([]);
    expect(complaintsAbout(rr.replace('priority: 250', 'priority: 250, weight: 50'))[0]).toMatch(
      /^weir.yaml:8:53 the scheduler rr ignores weights, yet b has 50 and a 100/,
    );
  });

  it('two pools on the same servers must agree on names, routers and addresses', () => {
    const other = SMALL.split('\n').slice(1).join('\n');
    const two = (text: string) => complaintsAbout(SMALL + text);
    expect(two(other.replace('logs', 'more').replace('.9', '.8').replace('51', '52'))).toEqual([]);
    expect(two(other.replace('logs', 'more').replace('.9', '.8'))).toEqual([]);
    expect(two(other.replace('logs', 'more').replace('.9', '.8').replace('250', '249'))[0]).toMatch(
      /pool logs has virtual_router_id 51 on a too, so both share one VRRP instance, and they must have the same members/,
    );
    expect(two(other.replace('logs', 'more').replace('51', '52'))[0]).toMatch(
      /pool logs has the VIP 10.0.0.9 port 6379/,
    );
    expect(two(other.replace('logs', 'more').replace('.9', '.8').replace('51', '52').replace('a:', 'z:'))[0]).toMatch(
      /10.0.0.1 is called a in pool logs: a node has one name in all pools/,
    );
  });
});

describe('sizes', () => {
  it.each([
    ['64mb', 64 * 1024 ** 2],
    ['4GiB', 4 * 1024 ** 3],
    ['512k', 512_000],
    ['1048576', 1_048_576],
    ['1.5 gb', 1.5 * 1024 ** 3],
  ])('%s is %d bytes', (size, expected) => {
    const config = parse(SMALL.replace('    vrrp:', `    memory_budget: ${size}\n    vrrp:`));
    expect(config.pools.logs?.memoryBudgetBytes).toBe(expected);
  });
});

describe('where the configuration is looked for', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await tempDir();
    await writeFile(join(folder, 'weir.yaml'), SMALL);
    await writeFile(join(folder, 'other.yaml'), SMALL.replaceAll('logs', 'other'));
  });

  const poolsOf = async (options: { path?: string; env?: Record<string, string> }) => {
    const config = await loadConfig({ env: {}, cwd: folder, ...options });
    return Object.keys(config.pools);
  };

  it('-c comes before $WEIR_CONFIG, and that before ./weir.yaml', async () => {
    const env = { WEIR_CONFIG: join(folder, 'other.yaml') };
    expect(await poolsOf({})).toEqual(['logs']);
    expect(await poolsOf({ env })).toEqual(['other']);
    expect(await poolsOf({ env, path: 'weir.yaml' })).toEqual(['logs']);
  });

  it('a named file that is not there is not replaced by another', async () => {
    await expect(poolsOf({ path: 'gone.yaml' })).rejects.toThrow(
      'There is no configuration at gone.yaml, which -c names.',
    );
    await expect(poolsOf({ env: { WEIR_CONFIG: '/gone' } })).rejects.toThrow('at /gone, which $WEIR_CONFIG names.');
  });

  it('nothing found says where it looked', async () => {
    await expect(loadConfig({ env: {}, cwd: '/nowhere' })).rejects.toThrow(
      'No configuration was found: -c and $WEIR_CONFIG are not given, and there is no /nowhere/weir.yaml and no /etc/weir/weir.yaml',
    );
  });
});

describe('whatever is done to a configuration', () => {
  it('it is accepted or refused with positions, and no secret is told', () => {
    let accepted = 0;
    fc.assert(
      fc.property(mangled(FULL, ['$NO', '99999999999']), (text) => {
        const complaints = quietly(() => complaintsAbout(text));
        if (complaints.length === 0) accepted += 1;
        const isRight = (line: string) => /^weir\.yaml:[1-9]\d*:[1-9]\d* \S/.test(line) && !line.includes('hidden');
        expect(complaints.filter((line) => !isRight(line))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(10);
  }, 300_000);

  it('a line taken out or doubled is judged too', () => {
    const lines = FULL.split('\n');
    fc.assert(
      fc.property(fc.subarray(lines), fc.nat(lines.length - 1), (kept, doubled) => {
        const text = [...kept, lines[doubled]].join('\n');
        for (const line of quietly(() => complaintsAbout(text)))
          expect(line).toMatch(/^weir\.yaml:[1-9]\d*:[1-9]\d* \S/);
      }),
      { numRuns: 1_000 },
    );
  }, 300_000);
});

describe('the policy', () => {
  it('is safe when nothing is said', () => {
    expect(parse(SMALL).policy).toEqual(DEFAULT_POLICY);
  });

  it('is read with its units', () => {
    const policy = `policy:
  budgets: {target: 1/30m, pool: 20/1d}
  block: 10m
  breaker: {unverified: 3, rearm: 2h}
  longest: 12h
  approval: {quorum: 2, within: 5m}
  roles: {approver: [ann, U012AB3CD]}
  maintenance: [{schedule: "0 2 * * sun", timezone: Europe/Berlin, for: 2h, pool: logs, member: b, reason: patches}]
`;
    expect(parse(SMALL + policy).policy).toMatchObject({
      budgets: {
        target: { max: 1, perMs: 1_800_000 },
        rule: { max: 6, perMs: 3_600_000 },
        pool: { max: 20, perMs: 86_400_000 },
      },
      blockMs: 600_000,
      breaker: { unverified: 3, rearmMs: 7_200_000 },
      longestMs: 43_200_000,
      approval: { quorum: 2, withinMs: 300_000, approvers: ['ann', 'U012AB3CD'] },
      maintenance: [
        {
          schedule: '0 2 * * sun',
          timeZone: 'Europe/Berlin',
          forMs: 7_200_000,
          pool: 'logs',
          member: 'b',
          reason: 'patches',
        },
      ],
    });
  });

  it.each([
    [
      'budgets: {target: 3}',
      '9:21 policy.budgets.target is 3, expected how many in which time, such as "3/1h", in a day at most',
    ],
    ['budgets: {target: 3/2d}', '9:21 policy.budgets.target is "3/2d", expected how many in which time'],
    [
      'approval: {quorum: 2}\n  roles: {approver: [ann]}',
      '9:22 policy.approval.quorum is 2, and policy.roles.approver names 1',
    ],
    ['longest: 0s', '9:12 policy.longest is 0 ms, expected more than nothing and 30d at most'],
    ['longest: 31d', '9:12 policy.longest is 31 d, expected more than nothing and 30d at most'],
    ['maintenance: [{schedule: "0 2 * *", for: 2h}]', '9:28 "0 2 * *" is no cron expression'],
    ['maintenance: [{schedule: "0 2 * * *", timezone: Mars/Base, for: 2h}]', '9:51 Mars/Base is no time zone'],
    [
      'maintenance: [{schedule: "0 2 * * *", for: 25h}]',
      '9:46 for is 25 h, expected more than nothing and 24h at most',
    ],
    ['maintenance: [{schedule: "0 2 * * *", for: 2h, pool: lgos}]', '9:56 there is no pool lgos, only logs'],
    [
      'maintenance: [{schedule: "0 2 * * *", for: 2h, member: b}]',
      '9:58 member goes with pool: say which pool it is in',
    ],
    [
      'maintenance: [{schedule: "0 2 * * *", for: 2h, pool: logs, member: z}]',
      '9:70 pool logs has no member z, only a, b',
    ],
  ])('%j is one clear line', (text, expected) => {
    const complaints = complaintsAbout(`${SMALL}policy:\n  ${text}\n`);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(`weir.yaml:${expected}`);
  });
});
