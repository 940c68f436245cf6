import { describe, expect, it } from 'vitest';
import { createLogs, type Logs } from '../../../lab/session/logs.ts';

const LONG_MS = 15_000;

const started = (name: string) => ({ event: 'start', name, pid: 42 }) as const;
const said = (name: string, line: string) => ({ event: 'line', name, stream: 'stdout', line }) as const;
const ended = (name: string, code: number | null = 0, signal: string | null = null) =>
  ({ event: 'exit', name, code, signal }) as const;

function logsOf(...events: readonly Parameters<Logs['add']>[0][]): Logs {
  const logs = createLogs();
  for (const event of events) logs.add(event);
  return logs;
}

describe('what is kept', () => {
  it('is by name, with starts and ends, in order', () => {
    const logs = logsOf(started('a'), said('a', 'one'), said('b', 'other'), ended('a', 3), ended('b', null, 'SIGKILL'));

    expect(logs.names()).toEqual(['a', 'b']);
    expect(logs.text('a')).toBe('[a started, pid 42]\none\n[a ended: exit 3]');
    expect(logs.text('b')).toBe('other\n[b ended: SIGKILL]');
    expect(logs.text('c')).toBe('');
  });

  it('is the newest of a program that talks without end', () => {
    const logs = logsOf(...Array.from({ length: 20_000 }, (_, index) => said('a', `line ${index}`)));

    const lines = logs.text('a').split('\n');
    expect(lines.length).toBeLessThan(20_000);
    expect(lines.at(-1)).toBe('line 19999');
    expect(lines.at(-1 - 100)).toBe('line 19899');
  });

  it('a program runs from its start to its end, and again after the next start', () => {
    const logs = logsOf(started('a'));
    const seen = [logs.isRunning('a')];
    logs.add(ended('a'));
    seen.push(logs.isRunning('a'));
    logs.add(started('a'));
    seen.push(logs.isRunning('a'), logs.isRunning('b'));

    expect(seen).toEqual([true, false, true, false]);
  });
});

describe('after', () => {
  it('gives what the act gave, once the line has come', async () => {
    const logs = createLogs();

    const result = await logs.after('a', /ready/, LONG_MS, async () => {
      logs.add(said('a', 'loading'));
      logs.add(said('a', 'ready to accept'));
      return 7;
    });

    expect(result).toBe(7);
  });

  it('neither an earlier line nor one of another program is the one', async () => {
    const logs = logsOf(said('a', 'ready'));
    let isOver = false;
    const waiting = logs
      .after('a', /ready/, LONG_MS, async () => logs.add(said('b', 'ready')))
      .then(() => {
        isOver = true;
      });

    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    logs.add(said('a', 'ready again'));

    await waiting;
  });

  it('a program that ends instead fails it at once, with its last words', async () => {
    const logs = createLogs();

    const waiting = logs.after('a', /ready/, LONG_MS, async () => {
      logs.add(said('a', 'no memory'));
      logs.add(ended('a', 1));
    });

    await expect(waiting).rejects.toThrow('a ended. It said last:\nno memory\n[a ended: exit 1]');
  });

  it('an end is waited for as well as a line', async () => {
    const logs = logsOf(started('a'));

    await logs.after('a', 'exit', LONG_MS, async () => logs.add(ended('a', null, 'SIGKILL')));

    expect(logs.isRunning('a')).toBe(false);
  });

  it('gives up after its limit, and says what it waited for', async () => {
    const logs = logsOf(said('a', 'still loading'));

    const waiting = [logs.after('a', /ready/, 20, async () => {}), logs.after('a', 'exit', 20, async () => {})];

    const sentences = (await Promise.allSettled(waiting)).map((one) => one.status === 'rejected' && one.reason.message);
    expect(sentences).toEqual([
      'a did not say /ready/ within 20 ms. It said last:\nstill loading',
      'a did not exit within 20 ms. It said last:\nstill loading',
    ]);
  });

  it('an act that fails fails it', async () => {
    const waiting = createLogs().after('a', /ready/, LONG_MS, () => Promise.reject(new Error('a is running already.')));

    await expect(waiting).rejects.toThrow('a is running already.');
  });
});

describe('an unexpected end', () => {
  it('of a program that has ended already, or never began, is told at once', async () => {
    const logs = logsOf(started('a'), said('a', 'last words'), ended('a', 1));

    await expect(logs.unexpectedEnd('a')).rejects.toThrow(/^a ended unexpectedly\. .*\n.*\nlast words/);
    await expect(logs.unexpectedEnd('b')).rejects.toThrow('b ended unexpectedly');
  });

  it('of one that runs is told when it comes, and the end of another is not its', async () => {
    const logs = logsOf(started('a'), started('b'));
    const told: string[] = [];
    const waiting = logs.unexpectedEnd('a').catch((error: Error) => told.push(error.message));

    logs.add(ended('b'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    logs.add(ended('a'));

    await waiting;
    expect(told[0]).toContain('a ended unexpectedly');
  });
});
