/** What stands in a real broker is taken only from who may have written it, whatever somebody with its password puts there. */

import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { append, appendTick, readAfter } from '../../src/broker/entries/stream.ts';
import { poolKeys, RULES_KEY } from '../../src/broker/keys.ts';
import { agreeOn, readAgreed } from '../../src/broker/rules.ts';
import { newKeyPair } from '../../src/broker/seal/keys.ts';
import { openSeal, sealOn } from '../../src/broker/seal/sealed.ts';
import { jobSealFault, sealedJob } from '../../src/broker/seal/things.ts';
import { readDesiredLeases } from '../../src/broker/store.ts';
import { parseConfig } from '../../src/config/load.ts';
import { secret } from '../../src/config/secret.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import type { SealMode, SealRole } from '../../src/model/configuration/seal.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import type { Entry, EntryBody } from '../../src/model/entries/entry.ts';
import type { HoldRequest, Request } from '../../src/model/entries/requests.ts';
import { entryTime } from '../../src/model/ids.ts';
import { withoutReplay, withSeal } from '../../src/rules/state/seals.ts';
import { poolOf, sweepOf } from '../support/pool.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const ROLES = ['node', 'worker', 'terminal'] as const;
const PAIRS = Object.fromEntries(ROLES.map((role) => [role, newKeyPair()])) as Record<
  SealRole,
  ReturnType<typeof newKeyPair>
>;
const STRANGER = newKeyPair();

let server: TestRedis;
const connections: Redis[] = [];
beforeAll(async () => {
  server = await startRedis({ tcp: true });
});
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await (await raw()).flushall();
});

async function raw(): Promise<Redis> {
  const redis = connectBroker({ url: server.url }, 'patient');
  connections.push(redis);
  await redis.connect();
  return redis;
}

interface As {
  readonly mode?: SealMode;
  /** Left out: the role's own. */
  readonly key?: string;
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
}

const configOf = (role: SealRole, { mode = 'require', key = PAIRS[role].privateText, nodes }: As) => ({
  pools: { logs: poolOf(), other: { ...poolOf(), name: 'other' } },
  seal: {
    mode,
    key: secret(key),
    public: {
      node: nodes ?? { '*': [PAIRS.node.publicText] },
      worker: [PAIRS.worker.publicText],
      terminal: [PAIRS.terminal.publicText],
    },
  },
});

/** A process of this role. */
async function as(role: SealRole, options: As = {}): Promise<Redis> {
  const redis = await raw();
  sealOn([redis], openSeal(configOf(role, options), role));
  return redis;
}

const NOW = () => Date.now();
const SWEEP = () => sweepOf('a', NOW());
const HOLD: HoldRequest = { kind: 'hold', pool: 'logs', scope: { kind: 'all' }, by: 'ann@x', reason: 'r', holdMs: 1 };
const REQUEST: Request = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@x', force: true };
const OUTCOME: Outcome = {
  ...{ kind: 'outcome', pool: 'logs', decision: '1-0.r.b', node: 'a', member: 'b', at: 1 },
  ...{ result: 'applied', detail: 'done' },
};
const ANSWER = (via: 'terminal' | 'slack'): EntryBody => ({
  ...{ kind: 'answer', pool: 'logs', decision: '1-0.r.b', by: 'ann@x', via, answer: 'approve' },
});
const ALERTS: EntryBody = { kind: 'alerts', pool: 'logs', alerts: [] };

/** What a worker makes of all that stands there. */
async function read(options: As = {}): Promise<Entry[]> {
  return readAfter(await as('worker', options), 'logs', '0-0', 100);
}

const whyAside = ({ body }: Entry) => (body.kind === 'unreadable' ? body.why : undefined);

/** Written by somebody who has the broker's password and no key. */
async function forge(text: string, pool = 'logs'): Promise<void> {
  await (await raw()).xadd(poolKeys(pool).stream, '*', 'e', text);
}

/** The text that an honest process wrote last. */
async function written(pool = 'logs'): Promise<string> {
  const [row] = await (await raw()).xrevrange(poolKeys(pool).stream, '+', '-', 'COUNT', 1);
  return row?.[1][1] ?? '';
}

describe('an entry', () => {
  it.each([
    ['node', SWEEP()],
    ['node', OUTCOME],
    ['worker', sweepOf('worker-x', NOW())],
    ['worker', ALERTS],
    ['worker', HOLD],
    ['worker', ANSWER('slack')],
    ['terminal', HOLD],
    ['terminal', REQUEST],
    ['terminal', ANSWER('terminal')],
  ] as const)('of a %s is taken, and its seal is not kept with it: %o', async (role, body) => {
    await append(await as(role), body);
    const [entry] = await read();
    expect(entry?.body).toEqual(body);
    expect(entry?.seal).toMatchObject({ channel: expect.stringMatching(`^${role}/.*/${body.kind}$`) });
  });

  it('that makes time pass is sealed too', async () => {
    expect(await appendTick(await as('worker'), 'logs')).toBe(true);
    expect(whyAside((await read())[0] as Entry)).toBeUndefined();
  });

  it.each([
    ['node', REQUEST, 'a node writes no request'],
    ['node', HOLD, 'a node writes no hold'],
    ['node', ALERTS, 'a node writes no alerts'],
    ['node', sweepOf('worker-x', NOW()), 'no node is called worker-x'],
    ['node', { ...OUTCOME, node: 'zz' }, 'no node is called zz'],
    ['terminal', SWEEP(), 'a terminal writes no sweep'],
    ['terminal', OUTCOME, 'a terminal writes no outcome'],
    ['terminal', ALERTS, 'a terminal writes no alerts'],
    ['terminal', ANSWER('slack'), 'a terminal answers for nobody in slack'],
    ['worker', SWEEP(), "a worker looks in no node's name"],
    ['worker', OUTCOME, 'a worker writes no outcome'],
    ['worker', ANSWER('terminal'), 'a worker answers for nobody in terminal'],
  ] as const)('that a %s may not write is set aside: %o', async (role, body, why) => {
    await append(await as(role), body);
    expect(whyAside((await read())[0] as Entry)).toMatch(why);
  });

  it.each([SWEEP(), OUTCOME, REQUEST, HOLD, ANSWER('terminal'), ALERTS, { kind: 'tick', pool: 'logs' } as const])(
    'that is forged is set aside, without a seal and with one of another key: %o',
    async (body) => {
      await forge(JSON.stringify(body));
      for (const role of ROLES) {
        const stranger = await raw();
        const { seal, pools } = configOf(role, { key: STRANGER.privateText });
        const theirs = { ...seal.public, node: { '*': [STRANGER.publicText] }, worker: [STRANGER.publicText] };
        const all = { ...theirs, terminal: [STRANGER.publicText] };
        sealOn([stranger], openSeal({ pools, seal: { ...seal, public: all } }, role));
        await append(stranger, body);
      }
      const reasons = (await read()).map(whyAside);
      expect(reasons).toEqual([
        `${body.kind}: it is not sealed`,
        ...ROLES.map((role) => `${body.kind}: its seal is by none of the keys of a ${role}`),
      ]);
    },
  );

  it('that is altered by one character is set aside, wherever', async () => {
    await append(await as('terminal'), HOLD);
    const text = await written();
    const inside = [text.indexOf('ann@x'), text.indexOf('"until":') + 9, text.indexOf('"sig":"') + 20];
    for (const at of inside) await forge(text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1));
    await forge(text.replace(',"seal"', ',"holdMs":9,"seal"'));
    await forge(`${text} `);
    await forge(text.replace(/\}$/, ',"by":"bob"}'));
    const [honest, ...altered] = (await read()).map(whyAside);
    expect(honest).toBeUndefined();
    expect(altered).toHaveLength(6);
    for (const why of altered) expect(why).toMatch(/^hold: /);
  });

  it('of another pool, and one that was sealed as something else, are set aside', async () => {
    await append(await as('terminal'), { ...HOLD, pool: 'other' });
    await forge(await written('other'));
    await forge((await written('other')).replace('"pool":"other"', '"pool":"logs"'));
    const reasons = (await read()).map(whyAside);
    expect(reasons[0]).toBe('it is of the pool other');
    expect(reasons[1]).toMatch(/sealed for another pool/);
    await (await raw()).flushall();
    await append(await as('terminal'), HOLD);
    await forge((await written()).replace('"kind":"hold"', '"kind":"resume"'));
    expect(whyAside((await read())[1] as Entry)).toBe('resume: it was sealed as something else');
  });

  it('whose seal has ended is set aside, wherever it stands', async () => {
    await append(await as('terminal'), HOLD);
    const text = await written();
    const late = entryTime((await read())[0]?.id ?? '') + 61_000;
    await (await raw()).xadd(poolKeys('logs').stream, `${late}-0`, 'e', text);
    expect((await read()).map(whyAside)).toEqual([undefined, expect.stringMatching(/^hold: its seal ended/)]);
  });

  it('that comes again, or behind a later one, is set aside', async () => {
    const terminal = await as('terminal');
    await append(terminal, HOLD);
    const first = await written();
    await append(terminal, { ...HOLD, reason: 'later' });
    await forge(first);
    await forge(await written());
    await append(await as('terminal'), HOLD);
    let seals: Parameters<typeof withSeal>[0];
    const reasons = (await read()).map((entry) => {
      const taken = withoutReplay(seals, entry);
      seals = withSeal(seals, taken, entryTime(entry.id));
      return whyAside(taken);
    });
    expect(reasons).toEqual([
      undefined,
      undefined,
      ...[1, 2].map(() => expect.stringMatching(/was there already/)),
      undefined,
    ]);
    const last = withSeal(seals, { id: '1-0', body: HOLD, seal: { channel: 'x', n: 1, until: 1 } }, NOW() + 90_000);
    expect(Object.keys(last?.last ?? {})).toEqual(['x']);
  });
});

describe('accept', () => {
  it('takes what is not sealed, names its writer, and refuses what is wrongly sealed', async () => {
    await append(await raw(), SWEEP());
    await append(await as('terminal', { mode: 'accept' }), HOLD);
    await forge((await written()).replace('ann@x', 'bob@x'));
    const entries = await read({ mode: 'accept' });
    expect(entries.map(whyAside)).toEqual([undefined, undefined, expect.stringMatching(/^hold: its seal is by none/)]);
    const seals = entries.reduce<Parameters<typeof withSeal>[0]>(
      (all, entry) => withSeal(all, entry, NOW()),
      undefined,
    );
    expect(seals?.unsealed).toEqual({ a: { count: 1, at: expect.any(Number) } });
  });
});

describe('two keys at a time', () => {
  it('the old and the new of a role are taken, a third is not; of a node only its own where they are named', async () => {
    const [old, fresh] = [newKeyPair(), newKeyPair()];
    const nodes = { a: [old.publicText, fresh.publicText], b: [STRANGER.publicText] };
    for (const { privateText } of [old, fresh, STRANGER]) {
      await append(await as('node', { nodes, key: privateText }), SWEEP());
    }
    const reasons = (await read({ nodes })).map(whyAside);
    expect(reasons).toEqual([undefined, undefined, 'sweep: its seal is by none of the keys of a node']);
  });
});

const JOB: ActionJob = {
  ...{ decision: '1-0.r.b', pool: 'logs', node: 'a', action: 'drain', member: 'b', entryId: '1-0' },
  ...{ expiresAt: 10_000, lease: { weight: 0, until: 9_000, owner: 'rule:r', reason: 'x' } },
};

describe('a job', () => {
  const asNode = (mode: SealMode) => openSeal(configOf('node', { mode }), 'node');

  it('is taken from a worker, until it has expired, and from nobody else', async () => {
    const job = sealedJob(await as('worker'), JOB);
    expect(jobSealFault(asNode('require'), job, 10_000)).toBeUndefined();
    expect(jobSealFault(asNode('require'), job, 10_001)).toMatch(/its seal ended/);
    expect(jobSealFault(asNode('require'), { ...job, node: 'b' }, 1)).toMatch(/none of the keys/);
    expect(jobSealFault(asNode('require'), { ...job, force: true }, 1)).toMatch(/none of the keys/);
    expect(jobSealFault(asNode('require'), JOB, 1)).toBe('it is not sealed');
    expect(jobSealFault(asNode('accept'), JOB, 1)).toBeUndefined();
    for (const role of ['node', 'terminal'] as const) {
      expect(jobSealFault(asNode('accept'), sealedJob(await as(role), JOB), 1)).toBe(`a ${role} writes no job`);
    }
  });

  it('that gives back is taken in accept whatever its seal is, and needs one in require', async () => {
    const end: ActionJob = { ...JOB, action: 'restore', leaseIds: ['1-0.r.b'] };
    const altered = { ...sealedJob(await as('worker'), end), member: 'a' };
    expect(jobSealFault(asNode('accept'), altered, 1)).toBeUndefined();
    expect(jobSealFault(asNode('require'), altered, 1)).toMatch(/none of the keys/);
  });
});

describe('what the pool desires, and the rules', () => {
  it('a lease that nobody sealed is passed over, and its id is told', async () => {
    const lease = {
      id: '1-0.r.b',
      pool: 'logs',
      member: 'b',
      weight: 0,
      until: NOW() + 60_000,
      owner: 'x',
      reason: '',
    };
    await (await raw()).hset(poolKeys('logs').leases, lease.id, JSON.stringify({ ...lease, entryId: '1-0' }));
    const told: string[][] = [];
    const taken = async (mode: SealMode) =>
      readDesiredLeases(await as('node', { mode }), 'logs', (ids) => told.push([...ids]), NOW());
    expect(await taken('require')).toEqual([]);
    expect(told).toEqual([['1-0.r.b']]);
    expect(await taken('accept')).toHaveLength(1);
  });

  it('rules are taken from a worker; what somebody else put there is none', async () => {
    const rules = { hash: 'h1', texts: [{ file: 'a.yaml', text: 'version: 1' }], by: 'worker-x', at: 5 };
    const worker = await as('worker');
    await agreeOn(worker, rules, 'always');
    expect(await readAgreed(worker)).toEqual(rules);

    await (await raw()).hset(RULES_KEY, 'texts', JSON.stringify([{ file: 'a.yaml', text: 'evil' }]));
    expect(await readAgreed(worker)).toBeUndefined();
    expect(await readAgreed(await as('worker', { mode: 'accept' }))).toBeUndefined();

    const before = { ...rules, hash: 'h2', at: 6 };
    await agreeOn(await raw(), before, 'always');
    expect(await readAgreed(worker)).toBeUndefined();
    expect(await readAgreed(await as('worker', { mode: 'accept' }))).toEqual(before);
  });
});

it('a process whose key is not of its role does not start; a terminal looks, and says nothing', async () => {
  expect(() => openSeal(configOf('worker', { key: PAIRS.node.privateText }), 'worker')).toThrow(
    /seal.key is of no worker/,
  );
  const terminal = await as('terminal', { key: PAIRS.worker.privateText });
  await expect(append(terminal, HOLD)).rejects.toThrow(/seal.key is of no terminal/);
});

it.each([
  ['is missing', '', /^weir\.yaml:7:1 seal\.key is not set, expected the key of a worker/],
  [
    'has another form',
    '  key: $KEY\n',
    /^weir\.yaml:9:8 seal\.key is no key, expected one as `weir seal new` prints it/,
  ],
  [
    'is of another role',
    `  key: ${PAIRS.node.privateText}\n`,
    /^weir\.yaml:9:8 seal\.key is of no worker, expected one of/,
  ],
])('a key that %s is told with its place in weir.yaml', (_, line, sentence) => {
  const lists = ['node', 'worker', 'terminal'] as const;
  const text = `pools:
  logs:
    vip: {address: 10.0.0.9, port: 6379}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members: {a: {address: 10.0.0.1, priority: 254}, b: {address: 10.0.0.2, priority: 250}}

seal:
  mode: accept
${line}  public: {${lists.map((role) => `${role}: ["${PAIRS[role].publicText}"]`).join(', ')}}
`;
  const config = parseConfig({ file: 'weir.yaml', text, env: { KEY: 'no-key' }, cwd: '/', root: false });
  expect(() => openSeal(config, 'worker')).toThrow(sentence);
});
