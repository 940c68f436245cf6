/** What can be typed at the lab's prompt. Adding a command is adding it to the list. */

import type { Lab } from '../lab.ts';
import { describeLab } from '../pool/overview.ts';
import { type HostName, MEMBERS, type Member } from '../pool/topology.ts';

export interface Command {
  readonly name: string;
  /** As it stands in the help: `<a|b> <ratio>`. */
  readonly usage: string;
  readonly help: string;
  /** Gives what to print. @throws Error with a sentence for people */
  run(lab: Lab, args: readonly string[]): Promise<string>;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

const MEMBER = '<a|b>';

function memberOf(text: string | undefined): Member {
  const member = MEMBERS.find((each) => each === text);
  if (member === undefined) throw new Error(`Say which one: ${MEMBERS.join(' or ')}.`);
  return member;
}

function numberOf(text: string | undefined, what: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (text === undefined || !(number >= 0 && number <= most)) throw new Error(`Say ${what}.`);
  return number;
}

/** A fault: done when it returns; what it did is then the lab's last event. */
function fault(
  name: string,
  usage: string,
  help: string,
  act: (lab: Lab, args: readonly (string | undefined)[]) => Promise<unknown>,
): Command {
  return {
    name,
    usage,
    help,
    async run(lab, args) {
      await act(lab, args);
      return lastEvent(lab);
    },
  };
}

function memberFault(name: string, help: string, act: (lab: Lab, member: Member) => Promise<unknown>): Command {
  return fault(name, MEMBER, help, (lab, [member]) => act(lab, memberOf(member)));
}

function lastEvent(lab: Lab): string {
  return lab.events.at(-1)?.what ?? '';
}

async function output(running: Promise<{ readonly stdout: string; readonly stderr: string }>): Promise<string> {
  const { stdout, stderr } = await running;
  return `${stdout}${stderr}`.trimEnd();
}

/** Both consumers, or one member's. */
function consumers(name: string, help: string, act: (lab: Lab, member?: Member) => Promise<void>): Command {
  return {
    name,
    usage: '[a|b]',
    help,
    async run(lab, [member]) {
      await (member === undefined ? act(lab) : act(lab, memberOf(member)));
      return member === undefined ? `both: ${lastEvent(lab).replace(/^\w: /, '')}` : lastEvent(lab);
    },
  };
}

export const GROUPS: readonly CommandGroup[] = [
  {
    title: 'Break it, mend it',
    commands: [
      memberFault('freeze', 'Redis hangs; its port still accepts connections', (lab, member) =>
        lab.freezeRedis(member),
      ),
      memberFault('thaw', 'and goes on', (lab, member) => lab.thawRedis(member)),
      memberFault('kill-redis', 'Redis is gone; keepalived notices that', (lab, member) => lab.killRedis(member)),
      memberFault('start-redis', 'an empty one starts', (lab, member) => lab.startRedis(member)),
      fault('save-redis', `${MEMBER} <keys>`, 'saves so many keys, for the next', (lab, [member, keys]) =>
        lab.saveRedis(memberOf(member), numberOf(keys, 'how many keys: save-redis b 600', 10_000)),
      ),
      memberFault('load-redis', 'after kill-redis: it answers LOADING for 100 ms a key', (lab, member) =>
        lab.startLoadingRedis(member),
      ),
      consumers('stop-consumers', 'logstash stalls: of one member, or of both', (lab, member) =>
        lab.stopConsumers(member),
      ),
      consumers('start-consumers', 'and reads again', (lab, member) => lab.startConsumers(member)),
      fault('fill', `${MEMBER} <ratio>`, 'fills its memory: 0.9 is 90 %', (lab, [member, ratio]) =>
        lab.fill(memberOf(member), numberOf(ratio, 'how full, from 0 to 1: fill b 0.9', 1)),
      ),
      memberFault('empty', 'takes that away again', (lab, member) => lab.empty(member)),
      memberFault('partition', 'nothing passes between the node and the network', (lab, node) => lab.partition(node)),
      memberFault('heal', 'and it does again', (lab, node) => lab.heal(node)),
      memberFault('kill-host', 'network, Redis, keepalived and weir of a node are gone', (lab, node) =>
        lab.killHost(node),
      ),
      memberFault('boot-host', 'and are there again, but for Redis', (lab, node) => lab.bootHost(node)),
      memberFault('cut-broker', 'only the way from the node to the broker is cut', (lab, node) => lab.cutBroker(node)),
      memberFault('restore-broker', 'and is there again', (lab, node) => lab.restoreBroker(node)),
      memberFault('kill-keepalived', 'SIGKILL: the VIP stays where it is, and the other takes it too', (lab, node) =>
        lab.killKeepalived(node),
      ),
      memberFault('stop-keepalived', 'SIGTERM: it hands the VIP over and ends', (lab, node) =>
        lab.stopKeepalived(node),
      ),
      memberFault('start-keepalived', 'starts it again', (lab, node) => lab.startKeepalived(node)),
      memberFault('kill-node', 'SIGKILL to the weir process of a node', (lab, node) => lab.killNode(node)),
      memberFault('start-node', 'starts it again', (lab, node) => lab.startNode(node)),
      fault('kill-worker', '', 'SIGKILL to the process that decides and serves the page', (lab) => lab.killWorker()),
      fault('start-worker', '', 'starts it again', (lab) => lab.startWorker()),
    ],
  },
  {
    title: 'Producers',
    commands: [
      {
        name: 'rate',
        usage: '<per second> <bytes>',
        help: 'of each producer; "rate 10 20000" fills a member in 2 minutes',
        async run(lab, [perSecond, bytes]) {
          const rate = {
            perSecond: numberOf(perSecond, 'how many pushes a second, then how many bytes each'),
            bytes: numberOf(bytes, 'how many bytes a push has'),
          };
          await lab.producers.setRate(rate);
          return `Each producer now pushes ${rate.perSecond} times a second ${rate.bytes} bytes.`;
        },
      },
      {
        name: 'reconnect',
        usage: '',
        help: 'all connect anew, so that LVS spreads them again',
        async run(lab) {
          await lab.producers.reconnect();
          return 'All producers have connected anew.';
        },
      },
      {
        name: 'connections',
        usage: '[n]',
        help: 'opens n fresh connections (50): where do they land?',
        async run(lab, [text]) {
          const count = text === undefined ? 50 : numberOf(text, 'how many');
          const { a, b, hung, refused, slowestMs } = await lab.connections(count);
          return `a ${a}, b ${b}, no answer ${hung}, refused ${refused}; the slowest took ${slowestMs} ms.`;
        },
      },
    ],
  },
  {
    title: 'Look',
    commands: [
      { name: 'status', usage: '', help: 'members, weights, producers, queues', run: (lab) => describeLab(lab) },
      {
        name: 'weir',
        usage: '<command ...>',
        help: 'the weir command: weir status, weir why b, weir drain b',
        run: (lab, args) => output(lab.weir(args)),
      },
      {
        name: 'logs',
        usage: '[name]',
        help: 'the last lines of a program; without a name: which there are',
        async run(lab, [name]) {
          if (name === undefined) return lab.logNames().join('  ');
          return (
            lab.logs(name).split('\n').slice(-20).join('\n') || `There is no log ${name}: ${lab.logNames().join(', ')}.`
          );
        },
      },
      {
        name: 'on',
        usage: '<host> <program ...>',
        help: 'runs a program on a, b, c, l or root: on a ipvsadm -Ln',
        run: (lab, [host, ...argv]) => {
          if (host === undefined || argv.length === 0) throw new Error('Say where and what: on a ipvsadm -Ln');
          return output(lab.host(host as HostName).exec(argv));
        },
      },
      {
        name: 'events',
        usage: '',
        help: 'what was done to the lab so far',
        run: async ({ events }) =>
          events.map(({ at, what }) => `${new Date(at).toTimeString().slice(0, 8)}  ${what}`).join('\n') ||
          'Nothing yet.',
      },
    ],
  },
];

export const COMMANDS: readonly Command[] = GROUPS.flatMap(({ commands }) => commands);

export function helpText(): string {
  const width = Math.max(...COMMANDS.map(({ name, usage }) => name.length + usage.length + 1));
  const line = ({ name, usage, help }: Command) => `  ${`${name} ${usage}`.padEnd(width)}   ${help}`;
  const groups = GROUPS.map(({ title, commands }) => [title, ...commands.map(line)].join('\n'));
  return [...groups, 'Tab completes. "quit" or Ctrl-C ends the lab.'].join('\n\n');
}

/** Runs a typed line. @throws Error with a sentence for people */
export async function runLine(lab: Lab, line: string): Promise<string> {
  const [name = '', ...args] = line.trim().split(/\s+/);
  if (name === '') return '';
  if (name === 'help' || name === '?') return helpText();
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new Error(`There is no command "${name}": "help" lists them.`);
  return command.run(lab, args);
}
