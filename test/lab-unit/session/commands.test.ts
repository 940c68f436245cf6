import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lab } from '../../../lab/lab.ts';
import type { Faults } from '../../../lab/pool/faults.ts';
import { COMMANDS, GROUPS, helpText, runLine } from '../../../lab/session/commands.ts';

/** What is typed for each thing that can be done to the lab: a new one needs its command. */
const LINES = {
  freezeRedis: 'freeze b',
  thawRedis: 'thaw b',
  killRedis: 'kill-redis b',
  startRedis: 'start-redis b',
  saveRedis: 'save-redis b 600',
  startLoadingRedis: 'load-redis b',
  killHost: 'kill-host b',
  bootHost: 'boot-host b',
  killKeepalived: 'kill-keepalived a',
  stopKeepalived: 'stop-keepalived a',
  startKeepalived: 'start-keepalived a',
  stopConsumers: 'stop-consumers b',
  startConsumers: 'start-consumers b',
  fill: 'fill b 0.9',
  empty: 'empty b',
  partition: 'partition a',
  heal: 'heal a',
  cutBroker: 'cut-broker a',
  restoreBroker: 'restore-broker a',
  killNode: 'kill-node a',
  startNode: 'start-node a',
  killWorker: 'kill-worker',
  startWorker: 'start-worker',
} satisfies Record<keyof Faults, string>;

/** Takes every fault, writes down what it was asked for, and does nothing. */
function paperLab() {
  const asked: string[] = [];
  const events: { at: number; what: string }[] = [];
  const note =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      asked.push([name, ...args.filter((arg) => arg !== undefined).map((arg) => JSON.stringify(arg))].join(' '));
      events.push({ at: 0, what: `b: ${name} done` });
      return { stdout: `${name} ran\n`, stderr: 'and warned\n' };
    };
  const lab = {
    ...Object.fromEntries(Object.keys(LINES).map((name) => [name, note(name)])),
    events,
    producers: { setRate: note('setRate'), reconnect: note('reconnect') },
    connections: async (count: number) => {
      asked.push(`connections ${count}`);
      return { a: 3, b: 4, others: 0, hung: 1, refused: 2, slowestMs: 70 };
    },
    weir: note('weir'),
    host: (name: string) => ({ exec: note(`exec on ${name}`) }),
    logs: (name: string) =>
      name === 'worker' ? Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n') : '',
    logNames: () => ['broker', 'worker'],
  };
  return { lab: lab as unknown as Lab, asked };
}

describe('a typed line', () => {
  it.each(Object.entries(LINES))('does %s: %s', async (name, line) => {
    const { lab, asked } = paperLab();

    const said = await runLine(lab, line);

    const args = line.split(' ').slice(1);
    expect(asked).toEqual([[name, ...args.map((arg) => (Number(arg) ? arg : `"${arg}"`))].join(' ')]);
    expect(said).toBe(`b: ${name} done`);
  });

  it.each([
    ['stop-consumers', 'stopConsumers', 'both: stopConsumers done'],
    ['rate 10 20000', 'setRate {"perSecond":10,"bytes":20000}', '10 times a second 20000 bytes'],
    ['rate 0 0', 'setRate {"perSecond":0,"bytes":0}', '0 times a second'],
    ['reconnect', 'reconnect', 'connected anew'],
    ['connections', 'connections 50', 'a 3, b 4, no answer 1, refused 2; the slowest took 70 ms.'],
    ['connections 7', 'connections 7', 'a 3'],
    ['weir why b', 'weir ["why","b"]', 'weir ran\nand warned'],
    ['  on \t a ipvsadm -Ln ', 'exec on a ["ipvsadm","-Ln"]', 'exec on a ran'],
  ])('%s', async (line, call, said) => {
    const { lab, asked } = paperLab();

    expect(await runLine(lab, line)).toContain(said);
    expect(asked).toEqual([call]);
  });

  it('logs: the names, the last lines of one, and a sentence for one that is not there', async () => {
    const { lab } = paperLab();

    const said = await Promise.all(['logs', 'logs worker', 'logs redis'].map((line) => runLine(lab, line)));

    expect(said[0]).toBe('broker  worker');
    expect(said[1]?.split('\n')).toEqual(Array.from({ length: 20 }, (_, line) => `line ${line + 10}`));
    expect(said[2]).toBe('There is no log redis: broker, worker.');
  });

  it('events: one line each, with the time of day', async () => {
    const { lab } = paperLab();
    expect(await runLine(lab, 'events')).toBe('Nothing yet.');

    await runLine(lab, 'freeze b');
    await runLine(lab, 'thaw b');

    expect(await runLine(lab, 'events')).toMatch(
      /^\d\d:\d\d:\d\d {2}b: freezeRedis done\n\d\d:\d\d:\d\d {2}b: thawRedis done$/,
    );
  });

  it.each(['', '  ', '\t'])('%j is nothing', async (line) => {
    expect(await runLine(paperLab().lab, line)).toBe('');
  });
});

describe('a wrong line is answered by one sentence, and nothing is done', () => {
  it.each([
    ['freez b', 'There is no command "freez": "help" lists them.'],
    ['Freeze b', '"help" lists them'],
    ['toString', '"help" lists them'],
    ['freeze', 'Say which one: a or b.'],
    ['freeze c', 'a or b'],
    ['partition l', 'a or b'],
    ['stop-consumers c', 'a or b'],
    ['fill 0.9 b', 'a or b'],
    ['fill b', 'fill b 0.9'],
    ['fill b full', 'from 0 to 1'],
    ['fill b -0.1', 'from 0 to 1'],
    ['fill b 90', 'from 0 to 1'],
    ['rate', 'how many pushes a second'],
    ['rate 10', 'how many bytes'],
    ['rate Infinity 10', 'how many pushes'],
    ['connections many', 'how many'],
    ['on', 'on a ipvsadm -Ln'],
    ['on a', 'on a ipvsadm -Ln'],
  ])('%s', async (line, sentence) => {
    const { lab, asked } = paperLab();

    const error = await runLine(lab, line).catch((one: unknown) => one);

    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain(sentence);
    expect((error as Error).message).not.toContain('\n');
    expect(asked).toEqual([]);
  });

  it('whatever is typed', async () => {
    const names = COMMANDS.map(({ name }) => name).filter((name) => name !== 'status');
    const word = fc.oneof(fc.constantFrom(...names, 'a', 'b', '-1', '0.5'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(word), async (words) => {
        fc.pre(words.join(' ').trim().split(/\s/)[0] !== 'status');
        const said = await runLine(paperLab().lab, words.join(' ')).catch((error: Error) => `wrong: ${error.message}`);
        if (said.startsWith('wrong: ')) expect(said).toMatch(/^wrong: (Say|There is no command) [^\n]+[.9n]$/);
      }),
    );
  });
});

describe('the help', () => {
  const help = helpText();

  it('lists every command once, below its title, in columns', () => {
    const lines = help.split('\n');

    for (const { title, commands } of GROUPS) {
      const at = lines.indexOf(title);
      expect(lines.slice(at + 1, at + 1 + commands.length).map((line) => line.trim().split(' ')[0])).toEqual(
        commands.map(({ name }) => name),
      );
    }
    const columns = COMMANDS.map((command) =>
      lines.find((line) => line.endsWith(`   ${command.help}`))?.lastIndexOf(command.help),
    );
    expect(new Set(columns).size).toBe(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('no name is there twice, and none needs quoting', () => {
    const names = COMMANDS.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
  });

  it.each(['help', '?', ' help  me '])('comes at %j', async (line) => {
    expect(await runLine(paperLab().lab, line)).toBe(help);
  });

  it('every fault has its command, and every command of that group is one', () => {
    const typed = new Set(Object.values(LINES).map((line) => line.split(' ')[0]));

    expect(new Set(GROUPS[0]?.commands.map(({ name }) => name))).toEqual(typed);
  });
});
