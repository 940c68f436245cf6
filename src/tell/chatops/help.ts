/** What `/weir help` says: short, the commands first that somebody needs at night. */

import { didYouMean } from '../../lib/text/did-you-mean.ts';

interface Command {
  readonly usage: string;
  readonly what: string;
  readonly example: string;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  status: { usage: 'status [pool]', what: 'how the pools are now', example: '/weir status logs' },
  why: {
    usage: 'why <incident | decision | pool/member> [rule]',
    what: 'why something was done, or was not',
    example: '/weir why logs/b',
  },
  ack: {
    usage: 'ack [incident]',
    what: 'it is yours now, and is no longer escalated; without an incident: which ones nobody has acknowledged',
    example: '/weir ack logs-42',
  },
  trust: {
    usage: 'trust <pool>',
    what: 'you have looked: rules may act again after block or breaker',
    example: '/weir trust logs',
  },
  silence: {
    usage: 'silence <incident | rule | pool/target | severity:warn | label=value> [in pool] [for 2h] because <reason>',
    what: 'tell nobody of it for a time, acting goes on; `silence list`, `silence end <id>`',
    example: '/weir silence member-filling for 2h because the consumers are being moved',
  },
  approve: {
    usage: 'approve <decision>',
    what: 'approve it; every rail is asked again',
    example: '/weir approve <id>',
  },
  deny: {
    usage: 'deny <decision> [because <reason>]',
    what: 'deny it',
    example: '/weir deny <id> because it is known',
  },
  drain: {
    usage: 'drain <pool/member> [for 1h] [because <reason>] [ask] [force]',
    what: 'take a member out on every director and move its producers, for a time',
    example: '/weir drain logs/b for 30m because its disk is slow',
  },
  restore: {
    usage: 'restore <pool/member>',
    what: 'end every lease on a member: it gets back the weight it had',
    example: '/weir restore logs/b',
  },
  weight: {
    usage: 'weight <pool/member> <0-65535> [for 1h] [because <reason>] [ask] [force]',
    what: 'lower a member to a weight on every director, for a time',
    example: '/weir weight logs/b 30 for 1h',
  },
  failover: {
    usage: 'failover <pool> [to node] [soft | hard] [for 2h] [because <reason>] [ask] [force]',
    what: 'move the VIP to another node, where both nodes say that it can be moved',
    example: '/weir failover logs to b',
  },
  maintain: {
    usage: 'maintain <node> for 2h | maintain <node> end',
    what: 'take a node out of service to patch it, and back',
    example: '/weir maintain a for 2h because of a kernel update',
  },
  pause: {
    usage: 'pause [all | pool | pool/member | rule:<name> | action:<kind>] [for 1h] because <reason>',
    what: 'forbid Weir to act; it goes on to watch and to tell',
    example: '/weir pause logs for 1h because of the move',
  },
  resume: { usage: 'resume [scope]', what: 'let it act again', example: '/weir resume logs' },
  rules: { usage: 'rules', what: 'the rules in force, and what each of them may do', example: '/weir rules' },
  clients: { usage: 'clients <pool>', what: 'who is connected to each member', example: '/weir clients logs' },
  help: { usage: 'help [command]', what: 'this, or one command', example: '/weir help silence' },
};

export function helpText(command?: string): string {
  if (command === undefined) {
    const lines = Object.values(COMMANDS).map(({ usage, what }) => `/weir ${usage}\n    ${what}`);
    return ['Only you see what you look at; the channel sees what you change.', ...lines].join('\n');
  }
  const help = COMMANDS[command];
  if (help === undefined || !Object.hasOwn(COMMANDS, command)) {
    return `There is no command ${command}${didYouMean(command, Object.keys(COMMANDS)) || '.'}`;
  }
  return `/weir ${help.usage}\n    ${help.what}\n    ${help.example}`;
}
