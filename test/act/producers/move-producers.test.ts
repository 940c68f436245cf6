import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchSize, clientsThrough, shedClients } from '../../../src/act/producers/clients.ts';
import { connectWatched } from '../../../src/lib/redis/connections.ts';
import { CommandError } from '../../../src/lib/run-program.ts';
import { poolConfig } from '../../support/pool.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

let server: TestRedis;
let port: number;
let redis: Redis;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startRedis({ tcp: true, args: ['--bind', '127.0.0.1', '127.0.0.2'] });
  port = server.port;
  redis = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  await redis.ping();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** A producer that never reconnects: what the server ended stays ended. */
async function producers(count: number, address = '127.0.0.2'): Promise<Socket[]> {
  const made = Array.from({ length: count }, () => connect(port, address));
  sockets.push(...made);
  await Promise.all(made.map((socket) => once(socket, 'connect')));
  for (const socket of made) socket.on('error', () => undefined);
  await Promise.all(made.map((socket) => ping(socket)));
  return made;
}

async function ping(socket: Socket): Promise<void> {
  socket.write('PING\r\n');
  await once(socket, 'data');
}

async function through(address: string): Promise<number> {
  const list = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
  return clientsThrough(`${address}:${port}`, list)?.length ?? 0;
}

const vip = () => `127.0.0.2:${port}`;
const always = { signal: new AbortController().signal, wanted: () => true };

describe('ending producers’ connections at a real Redis', () => {
  it('ends those that came through the VIP and no others', async () => {
    await producers(5);
    await producers(3, '127.0.0.1');
    const shed = await shedClients({ redis, vip: vip(), repeat: true, ...always });
    expect(shed).toEqual({ moved: 5, left: 0, cutOff: false });
    // Three and the connection that asks.
    expect(await through('127.0.0.1')).toBe(4);
  });

  it('goes batch by batch: 50 at once, the rest a second later', async () => {
    await producers(60);
    const asked: { readonly at: number; readonly there: Promise<number> }[] = [];
    // On the connection on which they are ended: what it says is the state right before that.
    const wanted = () => asked.push({ at: performance.now(), there: through('127.0.0.2') }) > 0;
    const shed = await shedClients({ redis, vip: vip(), repeat: true, ...always, wanted });
    expect(shed).toMatchObject({ moved: 60, left: 0 });
    expect(await Promise.all(asked.map(({ there }) => there))).toEqual([60, 10]);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThan(900);
  });

  it('without repeat ends each once and leaves who came meanwhile', async () => {
    await producers(60);
    let came: Promise<unknown> | undefined;
    const wanted = () => {
      came ??= producers(4);
      return true;
    };
    const running = shedClients({ redis, vip: vip(), repeat: false, ...always, wanted });
    expect(await running).toMatchObject({ moved: 60, left: 0 });
    await came;
    expect(await through('127.0.0.2')).toBe(4);
  });

  it('stops between batches when it is cut off or not wanted any more', async () => {
    await producers(60);
    let asked = 0;
    const wanted = () => {
      asked += 1;
      return asked === 1;
    };
    const running = shedClients({ redis, vip: vip(), repeat: true, ...always, wanted });
    expect(await running).toEqual({ moved: 50, left: 10, cutOff: true });
    const aborted = { signal: AbortSignal.abort(), wanted: () => true };
    expect(await shedClients({ redis, vip: vip(), repeat: true, ...aborted })).toMatchObject({ moved: 0, left: 10 });
  });

  it('batches are a tenth of all, and 50 at least', () => {
    expect([1, 499, 5_000].map(batchSize)).toEqual([50, 50, 500]);
  });

  it('a list without local addresses (Redis before 6.2) is not taken for "nobody"', () => {
    expect(clientsThrough('1.2.3.4:6379', 'id=3 addr=1.1.1.1:5 name= cmd=ping\n')).toBeUndefined();
    expect(clientsThrough('1.2.3.4:6379', '')).toEqual([]);
    expect(clientsThrough('[fd00::1]:6379', 'id=3 addr=x laddr=[fd00::1]:6379 name=a=b\n')).toEqual(['3']);
  });
});

describe('a drain on the MASTER', () => {
  /** A busy machine may make it slow; only who is frozen is given up soon. */
  const PATIENT_MS = 20_000;
  let answersWithinMs: number;
  let password: string | undefined;
  let f: Fixture;
  beforeEach(() => {
    answersWithinMs = PATIENT_MS;
    password = undefined;
  });
  afterEach(() => f.end());

  async function onMaster(member: 'a' | 'b' = 'b') {
    const pool = poolConfig({ vip: { address: '127.0.0.2', port } });
    // As a node makes it: a new one each time, not connected yet.
    const redis = () => {
      const known = password;
      const secret = known !== undefined && { password: { reveal: () => known } };
      return connectWatched({ host: '127.0.0.1', port, timeoutMs: answersWithinMs, ...secret });
    };
    f = await createFixture({ pool, redis });
    f.master = true;
    await f.pass(1);
    const { lease } = f.job();
    return f.job({ member, ...(lease && { lease }) });
  }

  it('moves the producers of a member that answers, after the weight', async () => {
    const job = await onMaster();
    await producers(4);
    expect(await f.run(job)).toMatchObject({ result: 'applied', weightAfter: 0, moved: 4, stuck: 0 });
    expect(f.lvs.changes).toEqual(['b to 0']);
  });

  it('not the MASTER: moves nobody', async () => {
    const job = await onMaster();
    f.master = false;
    await f.pass(1);
    await producers(4);
    const outcome = await f.run(job);
    expect(outcome).toMatchObject({ result: 'applied', detail: expect.stringContaining('not MASTER') });
    expect(outcome).not.toHaveProperty('moved');
    expect(await through('127.0.0.2')).toBe(4);
  });

  it('set_weight moves nobody; shed_clients needs no lease', async () => {
    const job = await onMaster();
    await producers(4);
    await f.run({ ...job, action: 'set_weight' });
    expect(await through('127.0.0.2')).toBe(4);
    const { lease: _, ...shed } = f.job({ action: 'shed_clients' });
    await f.run(shed);
    expect(await through('127.0.0.2')).toBe(0);
  });

  it('of a member that does not answer: out of the table and in again, thresholds kept', async () => {
    const job = await onMaster();
    f.writable.b = false;
    await f.pass(1);
    f.lvs.connect('b', 3);
    expect(await f.run(job)).toMatchObject({ result: 'applied', moved: 3, stuck: 0 });
    expect(f.lvs.changes).toEqual(['b to 0', 'remove b', 'add b at 0']);
  });

  it('waits until it is known who is MASTER, and is done then', async () => {
    const job = await onMaster();
    f.writable.b = false;
    await f.pass(1);
    f.lvs.connect('b', 3);
    f.master = undefined;
    await f.pass(1);
    expect(await f.run(job)).toMatchObject({
      result: 'applied',
      detail: expect.stringContaining('They are moved as soon as that is known.'),
    });
    await f.pass(2);
    expect(f.lvs.changes).toEqual(['b to 0']);

    f.master = true;
    await f.pass(1);
    await expect.poll(() => f.said, { timeout: 50_000 }).toMatchObject([{ result: 'applied', moved: 3, stuck: 0 }]);
    expect(f.lvs.changes).toEqual(['b to 0', 'remove b', 'add b at 0']);
    await f.pass(2);
    expect(f.said).toHaveLength(1);
  });

  it('a Redis that freezes after the last poll may be slow: only the next poll says that it does not answer', async () => {
    const job = await onMaster();
    f.lvs.connect('b', 3);
    process.kill(server.pid, 'SIGSTOP');
    answersWithinMs = 400;
    const outcome = await f.run(job);
    process.kill(server.pid, 'SIGCONT');
    expect(outcome).toMatchObject({ result: 'applied', detail: expect.stringContaining('it is asked again') });
    expect(f.lvs.changes).toEqual(['b to 0']);

    f.writable.b = false;
    await f.pass(1);
    await expect.poll(() => f.said, { timeout: 50_000 }).toMatchObject([{ result: 'applied', moved: 3, stuck: 0 }]);
    expect(f.lvs.changes).toEqual(['b to 0', 'remove b', 'add b at 0']);
  });

  it('a Redis that refuses Weir serves its producers all the same: none is reset, and the sentence says why', async () => {
    const job = await onMaster();
    password = 'old';
    await redis.config('SET', 'requirepass', 'new');
    f.writable.b = undefined;
    await f.pass(1);
    f.lvs.connect('b', 3);
    const outcome = await f.run(job);
    await redis.config('SET', 'requirepass', '');
    expect(outcome).toMatchObject({
      result: 'applied',
      detail: expect.stringMatching(
        /were not moved: The Redis of b does not let Weir end its clients: WRONGPASS .*\w\.$/,
      ),
    });
    await f.pass(3);
    expect(f.lvs.changes).toEqual(['b to 0']);
  });

  it('a Redis that turns Weir away at its door is asked again, and none of its producers is reset', async () => {
    const job = await onMaster();
    await redis.config('SET', 'maxclients', '1');
    f.writable.b = undefined;
    await f.pass(1);
    f.lvs.connect('b', 3);
    const outcome = await f.run(job);
    await f.pass(1);
    await redis.config('SET', 'maxclients', '10000');
    expect(outcome).toMatchObject({ result: 'applied', weightAfter: 0 });
    expect(f.lvs.changes).toEqual(['b to 0']);
  });

  it('without expire_nodest_conn the weight is set, nobody is moved, and the sentence says why', async () => {
    const job = await onMaster();
    f.writable.b = false;
    f.lvs.expireNodestConn = false;
    f.lvs.connect('b', 3);
    await f.pass(1);
    expect(await f.run(job)).toMatchObject({
      result: 'applied',
      stuck: 3,
      detail: expect.stringContaining('expire_nodest_conn'),
    });
    expect(f.lvs.changes).toEqual(['b to 0']);
  });

  it('of the MASTER’s own member that does not answer: tells how many stay stuck', async () => {
    const job = await onMaster('a');
    f.writable = { a: false, b: true };
    await f.pass(1);
    f.lvs.connect('a', 7);
    const outcome = await f.run(job);
    expect(outcome).toMatchObject({ result: 'applied', stuck: 7, detail: expect.stringContaining('fails over') });
    expect(f.lvs.changes).toEqual(['a to 0']);
  });

  it('of the MASTER’s own member that was only slow: it is asked again at the next poll', async () => {
    const job = await onMaster('a');
    await producers(2);
    process.kill(server.pid, 'SIGSTOP');
    answersWithinMs = 400;
    const outcome = await f.run(job).finally(() => process.kill(server.pid, 'SIGCONT'));
    answersWithinMs = PATIENT_MS;
    expect(outcome).toMatchObject({ result: 'applied', detail: expect.stringContaining('it is asked again') });

    await f.pass(1);
    await expect.poll(() => f.said, { timeout: 50_000 }).toMatchObject([{ result: 'applied', moved: 2, stuck: 0 }]);
  });

  it('a member that could not be added again is added by the next poll, and by the next process', async () => {
    const job = await onMaster();
    f.writable.b = false;
    await f.pass(1);
    f.lvs.connect('b', 3);
    const { remove } = f.lvs;
    f.lvs.remove = async (place) => {
      await remove(place);
      f.lvs.fail = 'before';
    };
    await f.run(job);
    expect(f.lvs.weight('b')).toBeUndefined();
    await f.restart();
    expect(f.lvs.weight('b')).toBe(0);
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
  });

  it('a member that could not be taken out is not put back when keepalived takes it out later', async () => {
    const job = await onMaster();
    f.writable.b = false;
    await f.pass(1);
    f.lvs.connect('b', 3);
    const { remove } = f.lvs;
    f.lvs.remove = (place) => {
      f.lvs.fail = 'before';
      return remove(place);
    };
    expect(await f.run(job)).toMatchObject({ result: 'applied', detail: expect.stringContaining('ipvsadm failed') });
    expect(f.lvs.weight('b')).toBe(0);
    f.lvs.keepalivedRemoves('b');
    await f.pass(2);
    await f.restart();
    expect(f.lvs.weight('b')).toBeUndefined();
  });

  it('a member that keepalived takes out at the same moment is not put back', async () => {
    const job = await onMaster();
    f.writable.b = false;
    await f.pass(1);
    f.lvs.connect('b', 3);
    f.lvs.remove = async () => {
      f.lvs.keepalivedRemoves('b');
      throw new CommandError('b is not in the LVS table', {
        command: 'ipvsadm -d',
        exitCode: 2,
        stderr: 'No such destination',
      });
    };
    await f.run(job);
    await f.pass(2);
    await f.restart();
    expect(f.lvs.weight('b')).toBeUndefined();
  });

  it('that was cut short by a crash goes on moving after the restart', async () => {
    const job = await onMaster();
    f.master = false;
    await f.run(job);
    await f.actuator.close();
    const file = join(f.stateDir, 'leases.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"moving": false', '"moving": true'));
    f.master = true;
    await producers(4);
    await f.restart();
    await f.pass(1);
    await expect
      .poll(() => f.said.at(-1), { timeout: 50_000 })
      .toMatchObject({ result: 'applied', moved: 4, decision: job.decision });
    await f.pass(2);
    expect(f.said).toHaveLength(1);
  });
});
