/** The text of a weir.yaml that was made of an existing pool. Pure. Addresses and names were checked before. */

import { isIP } from 'node:net';
import type { Guard } from './existing/guard.ts';
import type { ExistingInstance } from './existing/instance.ts';
import type { Forwarding } from './existing/member.ts';
import type { Priority } from './member-names.ts';

/** A sentence that stands above the key it is about. */
export interface Remark {
  readonly about: 'vip' | 'lvs' | 'vrrp' | 'members';
  readonly text: string;
}

export interface WrittenMember {
  readonly name: string;
  readonly address: string;
  readonly priority: Priority;
  readonly weight: number;
  readonly isOwn: boolean;
}

export interface WrittenPool {
  readonly name: string;
  readonly vip: { readonly address: string; readonly port: number };
  readonly scheduler: string;
  readonly forwarding: Forwarding;
  readonly loopGuard: Guard;
  readonly instance: ExistingInstance;
  /** The variable of the environment that holds its password; absent: it has none. */
  readonly authVariable?: string;
  readonly members: readonly WrittenMember[];
  readonly remarks: readonly Remark[];
}

export interface WeirYaml {
  /** The keepalived.conf that it came from. */
  readonly source: string;
  readonly pools: readonly WrittenPool[];
  readonly areHostNames: boolean;
  /** About no single pool. */
  readonly remarks: readonly string[];
  readonly additions: readonly string[];
  /** What keepalived.conf has and weir.yaml has no word for. */
  readonly rest: readonly string[];
  readonly runDir: string;
  readonly pidFile: string;
}

const WIDTH = 110;

export function weirYaml({ source, pools, areHostNames, remarks, additions, rest, runDir, pidFile }: WeirYaml): string {
  const keepalived = [
    ...(pidFile === '/run/keepalived.pid' ? [] : [`pid_file: ${pidFile}`]),
    ...(runDir === '/run/weir' ? [] : [`run_dir: ${runDir}`]),
  ];
  const own = pools.flatMap(({ members }) => members).find(({ isOwn }) => isOwn)?.name;
  const names = areHostNames ? 'Names are those of /etc/hosts.' : 'Names are letters: rename them as you like.';
  return `${[
    ...comment(
      0,
      `Made by \`weir init\` from ${source}. It is yours now: change it, and give the same file to every node.`,
    ),
    ...comment(
      0,
      `To try it: \`weir up --name ${own ?? '<node>'}\`. As long as the mode is shadow it says what it would do, and does nothing.`,
    ),
    ...comment(0, 'FILL IN: only you know. CHECK: it could not be seen. MEND: a fault of the pool. NOTE: how it is.'),
    '',
    'policy:',
    '  mode: shadow   # off < shadow < approve < auto',
    '',
    ...(keepalived.length === 0 ? [] : ['keepalived:', ...keepalived.map((line) => `  ${line}`), '']),
    'pools:',
    ...pools.flatMap((pool) => poolLines(pool, names)),
    '# FILL IN where Weir tells people; without it only its terminal and its page do. docs/configuration.md has the keys.',
    '# tell: {mail: {smtp: $SMTP_URL, from: weir@example.com, to: [log-oncall@example.com]}}',
    ...remarks.flatMap((text) => (text.startsWith(' ') ? [`# ${text}`] : ['', ...comment(0, text)])),
    ...(rest.length === 0 ? [] : ['', ...rest.flatMap((line) => comment(0, line))]),
    ...(additions.length === 0 ? [] : ['', ...additions.map((line) => `# ${line}`)]),
  ].join('\n')}\n`;
}

function poolLines({ name, vip, instance, members, remarks, ...pool }: WrittenPool, names: string): string[] {
  const about = (key: Remark['about']) =>
    remarks.filter((remark) => remark.about === key).flatMap(({ text }) => comment(4, text));
  return [
    `  ${name}:`,
    ...about('vip'),
    `    vip: {address: ${quoted(vip.address)}, port: ${vip.port}}`,
    ...about('lvs'),
    `    lvs: {scheduler: ${pool.scheduler}, forwarding: ${pool.forwarding}, loop_guard: ${pool.loopGuard}}`,
    ...about('vrrp'),
    '    vrrp:',
    `      interface: ${quoted(instance.interface)}`,
    `      virtual_router_id: ${instance.routerId}`,
    `      version: ${instance.version}`,
    `      advert_interval: ${interval(instance.advertIntervalMs)}`,
    `      preempt: ${instance.preempt}`,
    ...(pool.authVariable === undefined ? [] : [`      auth: $${pool.authVariable}`]),
    ...comment(4, 'FILL IN when the Redis servers ask for a password: redis: {password: $REDIS_PASSWORD}'),
    ...comment(4, 'FILL IN the lists that producers push to. "logstash" is a guess.'),
    '    queues: [logstash]',
    '    min_serving: 1',
    ...comment(4, names),
    ...about('members'),
    '    members:',
    ...members.map(memberLine),
    ...comment(4, 'FILL IN the monitoring API of each logstash: consumers: [{logstash: "http://192.0.2.60:9600"}]'),
    '    consumers: []',
    '',
  ];
}

function interval(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

function memberLine({ name, address, priority, weight, isOwn }: WrittenMember): string {
  const why = priority.isGuessed ? `GUESSED priority: see keepalived.conf of ${address}` : '';
  const notes = [isOwn ? 'this server' : '', why].filter((note) => note !== '').join('; ');
  const values = `{address: ${quoted(address)}, priority: ${priority.value}, weight: ${weight}}`;
  return `      ${quoted(name)}: ${values}${notes === '' ? '' : `   # ${notes}`}`;
}

/** What YAML would not take as text: a colon, as in IPv6 addresses, would end a key, and an interface may be called 0. */
function quoted(text: string): string {
  const isPlain = /^[a-z][a-z0-9._-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain || isIP(text) === 4 ? text : JSON.stringify(text);
}

/** Lines of comment; those below the first keep its indentation. */
function comment(indent: number, text: string): string[] {
  const lines: string[] = [];
  const own = /^ */.exec(text)?.[0] ?? '';
  let line = own;
  for (const word of text.trimStart().split(' ')) {
    if (line !== own && indent + line.length + word.length > WIDTH) {
      lines.push(line);
      line = own;
    }
    line += line === own ? word : ` ${word}`;
  }
  return [...lines, line].map((text) => `${' '.repeat(indent)}# ${text}`);
}
