import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { poolConfig } from '../../support/pool.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

let f: Fixture;
afterEach(() => f.end());

/** keepalived in a few words: FAULT while the file says so, then BACKUP, and MASTER again where nobody else is. */
function vrrp(peer: { takes: boolean; obeys?: boolean }) {
  let gone = false;
  return (): Signals => {
    if (f.handover === -254 && peer.obeys !== false) gone = true;
    if (gone && f.handover !== -254 && !peer.takes) gone = false;
    const state = gone ? (f.handover === -254 ? 'FAULT' : 'BACKUP') : 'MASTER';
    return { state, vip: state === 'MASTER', nopreempt: true, handover: f.handover ?? 0 };
  };
}

function failoverJob(changes: Partial<ActionJob> = {}, holdMs?: number): ActionJob {
  const { lease: _, ...job } = f.job({ action: 'failover', member: 'a' });
  const handover = { to: 'b', way: 'hard', value: -254, owner: 'person:ann', reason: 'a kernel' } as const;
  return { ...job, handover: { ...handover, ...(holdMs !== undefined && { holdMs }) }, ...changes };
}

async function onMaster(peer: { takes: boolean; obeys?: boolean } = { takes: true }) {
  f = await createFixture({
    pool: poolConfig({ vrrp: { ...poolConfig().vrrp, advertIntervalMs: 10 } }),
  });
  f.director = vrrp(peer);
  await f.pass(1);
}

/** The hand waits for polls: they come as time passes. */
async function runPolling(job: ActionJob): Promise<Outcome> {
  let ended = false;
  const outcome = f.run(job).finally(() => {
    ended = true;
  });
  while (!ended) {
    await f.poll(20);
    await sleep(20);
  }
  return outcome;
}

describe('a failover', () => {
  it('with nopreempt holds nothing once the VIP has left', async () => {
    await onMaster();
    const outcome = await runPolling(failoverJob());
    expect(outcome).toMatchObject({ result: 'applied', detail: expect.stringContaining('Nothing is held') });
    expect(f.handover).toBe(0);
    expect(f.director()).toMatchObject({ state: 'BACKUP' });
  });

  it('comes back where nobody takes the VIP, and says that it failed', async () => {
    await onMaster({ takes: false });
    const outcome = await runPolling(failoverJob());
    expect(outcome).toMatchObject({ result: 'failed', detail: expect.stringContaining('nobody else took it') });
    expect(f.handover).toBe(0);
    expect(f.director()).toMatchObject({ state: 'MASTER' });
  });

  it('that VRRP has done by itself is done, and nothing is touched', async () => {
    await onMaster();
    f.director = () => ({ state: 'BACKUP', vip: false, nopreempt: true, handover: 0 });
    await f.pass(1);
    const detail = 'The VIP had left this node already: nothing was touched.';
    expect(await f.run(failoverJob())).toMatchObject({ result: 'applied', detail });
    expect(f.actuator.audit('logs')?.acts(f.now)).toEqual([]);
    expect(f.handover).toBe(0);
  });

  it('is taken back where keepalived does not follow the file', async () => {
    await onMaster({ takes: true, obeys: false });
    const outcome = await runPolling(failoverJob());
    expect(outcome).toMatchObject({ result: 'failed', detail: expect.stringContaining('did not leave within 5 s') });
    expect(f.handover).toBe(0);
  });

  it('keeps the node off at the lowest priority for a time, over a restart and a reboot that forgets the file', async () => {
    await onMaster();
    expect(await runPolling(failoverJob({}, 60_000))).toMatchObject({ result: 'applied' });
    expect(f.handover).toBe(-253);
    expect(f.director()).toMatchObject({ state: 'BACKUP' });
    await f.restart();
    f.handover = 0;
    f.director = () => ({ state: 'BACKUP', vip: false, nopreempt: true, handover: f.handover ?? 0 });
    await f.pass(1);
    expect(f.handover).toBe(-253);
    expect(f.said.at(-1)).toMatchObject({ result: 'reasserted', member: 'a' });
    await f.pass(60);
    expect(f.handover).toBe(0);
    expect(f.said.at(-1)).toMatchObject({ result: 'ended', detail: expect.stringContaining('may come here again') });
  });

  it('a hold is not put back on a node that is MASTER again: nobody else may be', async () => {
    await onMaster();
    await runPolling(failoverJob({}, 60_000));
    f.handover = 0;
    f.director = () => ({ state: 'MASTER', vip: true, nopreempt: true, handover: 0 });
    await f.pass(2);
    expect(f.handover).toBe(0);
  });

  it('where the node would take the VIP back it first has to see its own Redis writable', async () => {
    await onMaster();
    await runPolling(failoverJob({}, 60_000));
    f.director = () => ({ state: 'BACKUP', vip: false, nopreempt: false, handover: f.handover ?? 0 });
    f.writable.a = false;
    await f.pass(70);
    expect(f.handover).toBe(-253);
    expect(f.said.filter((one) => one.result === 'kept')).toHaveLength(1);
    f.writable.a = true;
    await f.pass(9);
    expect(f.handover).toBe(-253);
    await f.pass(3);
    expect(f.handover).toBe(0);
  });

  it('a process that dies while the VIP moves leaves a hold that the next one ends', async () => {
    await onMaster();
    const job = failoverJob();
    const cut = new AbortController();
    const running = f.run(job, cut.signal);
    await expect.poll(() => f.handover, { timeout: 50_000 }).toBe(-254);
    // What is on disk then is what a killed process leaves.
    const file = `${f.stateDir}/leases.json`;
    const left = await readFile(file, 'utf8');
    cut.abort();
    await running;
    await f.actuator.close();
    await writeFile(file, left);
    f.handover = -254;
    await f.restart();
    await f.pass(1);
    expect(f.handover).toBe(-254);
    await f.pass(15);
    expect(f.handover).toBe(0);
    expect(f.said.at(-1)).toMatchObject({ result: 'ended', decision: job.decision });
  });

  it('cut off while it is being written down touches nothing and leaves nothing behind', async () => {
    await onMaster();
    const { write } = f.actuator.audit('logs') as NonNullable<ReturnType<Fixture['actuator']['audit']>>;
    const cut = new AbortController();
    // The last thing before the write of the lease file: the lock of the job was lost right then.
    Object.assign(f.actuator.audit('logs') ?? {}, {
      write: async (...args: Parameters<typeof write>) => {
        await write(...args);
        cut.abort();
      },
    });
    let lowest = 0;
    Object.defineProperty(f, 'handover', { get: () => lowest, set: (value) => (lowest = Math.min(lowest, value)) });
    const outcome = await f.run(failoverJob(), cut.signal);
    expect(outcome).toMatchObject({ result: 'failed', detail: 'Cut off before anything was touched.' });
    expect(lowest).toBe(0);
    expect(await readFile(`${f.stateDir}/leases.json`, 'utf8')).not.toContain('"handover"');
  });

  it('a restore ends it', async () => {
    await onMaster();
    const job = failoverJob({}, 600_000);
    await runPolling(job);
    const { lease: _, ...restore } = f.job({ action: 'restore', member: 'a', unconditional: true });
    expect(await f.run(restore)).toMatchObject({ result: 'applied' });
    expect(f.handover).toBe(0);
  });

  it('is done once: the same job again answers as before', async () => {
    await onMaster();
    const job = failoverJob();
    const first = await runPolling(job);
    f.director = vrrp({ takes: true });
    await f.pass(1);
    expect(await f.run(job)).toEqual(first);
    expect(f.handover).toBe(0);
  });
});

describe('the pre-flight of the VIP refuses', () => {
  it.each<[string, () => void, RegExp]>([
    [
      'a node that is not MASTER any more',
      () => (f.director = () => ({ state: 'FAULT', vip: false })),
      /FAULT and not MASTER/,
    ],
    ['a node that does not know its state', () => (f.director = () => undefined), /not known now/],
    ['a file that somebody else wrote', () => (f.handover = -100), /says -100, and not 0/],
    ['a pool without such a file', () => (f.handover = undefined), /says nothing: it is not there/],
    ['a taker whose Redis this node does not see', () => (f.writable.b = false), /Redis of b writable/],
  ])('%s', async (_, change, sentence) => {
    await onMaster();
    change();
    await f.pass(1);
    const before = f.handover;
    expect(await f.run(failoverJob())).toMatchObject({ result: 'refused', detail: expect.stringMatching(sentence) });
    expect(f.handover).toBe(before);
  });

  it('an orphan VIP is removed only from a node that is ORPHAN', async () => {
    await onMaster();
    const { lease: _, ...job } = f.job({ action: 'remove_orphan_vip', member: 'a' });
    expect(await f.run(job)).toMatchObject({ result: 'refused' });
    expect(f.vipRemoved).toBe(false);
    f.director = () => ({ state: 'ORPHAN', vip: true });
    await f.pass(1);
    const { lease: __, ...again } = f.job({ action: 'remove_orphan_vip', member: 'a' });
    expect(await f.run(again)).toMatchObject({ result: 'applied' });
    expect(f.vipRemoved).toBe(true);
  });
});

it('a node that becomes MASTER moves the producers of what is drained', async () => {
  f = await createFixture();
  f.writable.b = false;
  await f.pass(1);
  expect(await f.run(f.job())).toMatchObject({ result: 'applied', detail: expect.stringContaining('not MASTER') });
  f.lvs.connect('b', 3);
  await f.pass(2);
  expect(f.lvs.changes).toEqual(['b to 0']);
  f.master = true;
  await f.pass(1);
  await expect.poll(() => f.lvs.changes, { timeout: 50_000 }).toEqual(['b to 0', 'remove b', 'add b at 0']);
});
