/** weir.yaml as the program sees it: durations in ms, sizes in bytes, secrets resolved. */

import type { People } from '../people/person.ts';
import type { Budget, BudgetScope } from './budget.ts';
import type { Mode } from './mode.ts';
import type { Digest, Grouping, QuietHours, Route } from './route.ts';
import type { SealConfig } from './seal.ts';
import type { Secret } from './secret.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A Redis is spoken to by TLS. Files are absolute paths, in PEM, and read anew for each connection. */
export interface TlsConfig {
  /** Whose certificates are trusted; absent: what Node trusts. */
  readonly ca?: string;
  /** Of this process, where the server asks for one. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have; absent: the host that is connected to. */
  readonly serverName?: string;
}

/** Who knows where the master is. */
export interface SentinelsConfig {
  readonly at: readonly HostPort[];
  /** Of the master. */
  readonly name: string;
  /** Of the Sentinels themselves; absent: `default`. */
  readonly username?: string;
  readonly password?: Secret;
}

export interface BrokerConfig {
  /** redis://host:port or unix path; absent: embedded, or found by Sentinels. */
  readonly url?: string;
  readonly sentinels?: SentinelsConfig;
  /** Of the broker and of its Sentinels. */
  readonly tls?: TlsConfig;
  /** Taken beyond this machine without a password, or without TLS. */
  readonly insecure?: boolean;
  /** Absent: `default`. */
  readonly username?: string;
  readonly password?: Secret;
  /** Embedded broker only: also on TCP, for other nodes. */
  readonly listen?: string;
}

/** Whether the broker is the one that `weir up` brings. */
export function isEmbedded({ url, sentinels }: Pick<BrokerConfig, 'url' | 'sentinels'>): boolean {
  return url === undefined && sentinels === undefined;
}

/** What is logged, from this level on. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error';

export interface LogConfig {
  readonly level: LogLevel;
  /** auto: text on a terminal, with journald's priorities where the journal reads it, else JSON. */
  readonly form: 'auto' | 'json' | 'text';
}

export interface PollConfig {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly staleAfterMs: number;
}

export interface MemberConfig {
  readonly name: string;
  readonly address: string;
  readonly priority: number;
  /** The weight that keepalived gives the member when it lists it. */
  readonly weight: number;
  readonly interface?: string;
  /** The MAC address of that interface, in lower case. */
  readonly mac?: string;
}

export interface PoolConfig {
  readonly name: string;
  readonly vip: { readonly address: string; readonly port: number };
  readonly lvs: {
    readonly scheduler: string;
    readonly forwarding: 'direct-routing' | 'nat' | 'tunnel';
    readonly loopGuard: 'backup-only' | 'notify-swap' | 'ingress-mark';
  };
  readonly vrrp: {
    readonly interface: string;
    readonly virtualRouterId: number;
    readonly version: 2 | 3;
    readonly advertIntervalMs: number;
    readonly preempt: boolean;
    readonly auth?: Secret;
  };
  readonly redis: {
    readonly username?: string;
    readonly password?: Secret;
    readonly tls?: TlsConfig;
    /** The one that the queues are in; absent: 0. */
    readonly database?: number;
    /** Whether a member takes pushes: asked by a write that changes nothing, or read from INFO alone. */
    readonly probe: 'write' | 'read';
  };
  /** Keys of lists. */
  readonly queues: readonly string[];
  readonly minServing: number;
  /** Where maxmemory is 0. */
  readonly memoryBudgetBytes?: number;
  readonly members: Readonly<Record<string, MemberConfig>>;
  /** Base URLs of logstash's monitoring API, by name (host:port). */
  readonly consumers: Readonly<Record<string, string>>;
}

/** A time in which Weir does not act, by a schedule. */
export interface MaintenanceWindow {
  /** A cron expression: when it begins. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly forMs: number;
  /** Absent: every pool. */
  readonly pool?: string;
  readonly member?: string;
  readonly reason: string;
}

/** How weight is given back: in percent of the whole, the last one 100, and how long each step lasts at least. */
export interface RaiseConfig {
  readonly steps: readonly number[];
  readonly everyMs: number;
}

export interface PolicyConfig {
  readonly mode: Mode;
  readonly settleMs: number;
  /** The least time to full that an action may leave a member with; below it a member is filling. In s. */
  readonly minSecondsToFull: number;
  readonly budgets: Readonly<Record<BudgetScope, Budget>>;
  /** So long after an action that takes capacity no other member is acted on, in ms, or until a person acknowledges. */
  readonly blockMs: number;
  /** After so many actions in a row whose effect nobody saw rules act no more, until a person acknowledges or the time. */
  readonly breaker: { readonly unverified: number; readonly rearmMs: number };
  readonly approval: {
    /** How many persons must say yes. */
    readonly quorum: number;
    /** An approval that nobody gives within so long is denied, in ms. */
    readonly withinMs: number;
    /** Who may: "ann@bastion", "ann" from anywhere, a Slack user id. None named: whoever has a terminal with the broker's password. */
    readonly approvers: readonly string[];
    /** The names that people have on a terminal, by their Slack ids. Absent: nobody's is known. */
    readonly people?: People;
  };
  readonly maintenance: readonly MaintenanceWindow[];
  readonly raise: RaiseConfig;
  /** How long a person may hold a member or keep a node off the VIP, at most, in ms. */
  readonly longestMs: number;
}

/** No viewer named: whoever is of `tell.slack.team` may look. No operator named: nobody changes anything from Slack. */
export type Roles = Readonly<Record<Role, readonly string[]>>;

export interface SlackConfig {
  readonly token: Secret;
  readonly channel: string;
  /** Slack signs with it what it sends over HTTP; absent: nothing is taken that way. */
  readonly signingSecret?: Secret;
  /** For Socket Mode, where Slack cannot reach this host. */
  readonly appToken?: Secret;
  readonly apiUrl?: string;
  /** The workspace that people must be of, the app and the channels that they must speak through. Absent: not looked at. */
  readonly team?: string;
  readonly app?: string;
  readonly channels?: readonly string[];
}

/** Names of pools and of their members. */
export function namesOf(pools: Readonly<Record<string, Pick<PoolConfig, 'name' | 'members'>>>): string[] {
  return Object.values(pools).flatMap(({ name, members }) => [name, ...Object.keys(members)]);
}

/** Who is told what, and when. */
export interface TellPlan {
  /** The first one that matches; others after it where it goes on. */
  readonly routes: readonly Route[];
  readonly quiet?: QuietHours;
  readonly group: Grouping;
  /** Threads that may be begun in any stretch of time; what comes beyond shares one. */
  readonly limit: Budget;
  readonly digest?: Digest;
  /** Names of pools and members: `logs-1` may be one, and then it is the id of no incident. */
  readonly names?: readonly string[];
}

export interface TellConfig {
  readonly slack?: SlackConfig;
  readonly mail?: { readonly smtp: Secret; readonly from: string; readonly to: readonly string[] };
  /** Asked for once a minute while Weir works. */
  readonly heartbeat?: Secret;
  readonly plan: TellPlan;
}

/** What people may do from Slack, by user ids and ids of user groups. */
export type Role = 'viewer' | 'operator' | 'approver';

export interface KeepalivedConfig {
  readonly pidFile: string;
  /** Where keepalived writes its JSON dump: moved by $TMPDIR and systemd's PrivateTmp (docs/hazards.md#t5). */
  readonly dumpFile: string;
  /** Where keepalived writes its dump if it was not started by Weir's unit. Read while there is no dumpFile. */
  readonly bareDumpFile?: string;
  /** Folder of the handover track file and of the FIFOs that keepalived writes (model/configuration/run-files.ts). */
  readonly runDir: string;
}

export interface WeirConfig {
  /** The file it came from, for messages. */
  readonly file: string;
  readonly broker: BrokerConfig;
  readonly seal: SealConfig;
  readonly stateDir: string;
  /** Folder of the rule files, absolute. */
  readonly rules: string;
  /** What workers keep of what happened, at most: all pools together. */
  readonly recording: { readonly maxBytes: number };
  readonly poll: PollConfig;
  readonly log: LogConfig;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly token?: Secret;
    /** The one before: taken as well. */
    readonly oldToken?: Secret;
    /** Addresses that speak for many. */
    readonly proxies?: readonly string[];
  };
  readonly keepalived: KeepalivedConfig;
  /** How often a node takes something at most, whoever wants it. */
  readonly node: { readonly budget: Budget };
  readonly pools: Readonly<Record<string, PoolConfig>>;
  readonly policy: PolicyConfig;
  readonly roles: Roles;
  readonly tell: TellConfig;
}
