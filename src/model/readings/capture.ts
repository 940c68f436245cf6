/** A capture: what a server, or a pool and this node, really answered, as a file (`weir capture`). */

/** What a server sends back: a text whose first sign says what it is (`-` a refusal, `:` a number, `+` a word), or a list. */
export type Answer = string | { readonly list: readonly string[] };

/** A server by its answers. */
export interface ServerAnswers {
  /** Between two polls, in ms. */
  readonly everyMs: number;
  readonly polls: number;
  /** By command, as far as it has to be told from others (`LLEN`, `INFO all`): an answer for each poll, the last one stays. */
  readonly replies: Readonly<Record<string, readonly Answer[]>>;
  /** What it says to everybody who connects, as it goes over the wire, and whether it hangs up then. */
  readonly onConnect?: string;
  readonly thenCloses: boolean;
  /** Commands that it never answers, and those at which it hangs up. */
  readonly silentOn: readonly string[];
  readonly closesOn: readonly string[];
  /** What Weir logs in with there. */
  readonly password?: string;
}

/** This node's side. What is absent could not be had. */
export interface NodeAnswers {
  readonly name: string;
  /** /proc/net/ip_vs and /proc/net/ip_vs_stats. */
  readonly ipVs?: string;
  readonly ipVsStats?: string;
  readonly keepalived?: {
    readonly alive: boolean;
    /** keepalived's JSON dump; absent where no fresh and whole one came. */
    readonly dump?: unknown;
    /** No dump came, from a keepalived that has written one before. */
    readonly hangs?: boolean;
    readonly trouble?: string;
  };
  /** Interfaces by which clients find the VIP here: lo is none. */
  readonly vipOn?: readonly string[];
}

export interface Capture {
  /** When it was made, as ISO 8601. */
  readonly at: string;
  /** The pool in weir.yaml's own words, without secrets. */
  readonly weirYaml: unknown;
  readonly members: Readonly<Record<string, ServerAnswers>>;
  readonly node?: NodeAnswers;
  /** Sentences about what could not be had. */
  readonly notHad: readonly string[];
}

/** What a file of answers can be. */
export const ANSWER_KINDS = ['info', 'clients', 'ipvs', 'vrrp', 'alerts', 'server', 'capture'] as const;

export type AnswerKind = (typeof ANSWER_KINDS)[number];
