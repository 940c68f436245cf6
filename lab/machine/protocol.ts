/** What the lab and its agent say to each other: one JSON object a line, over one connection that the agent opens. */

import type { HostNetwork } from '../pool/topology.ts';

/** `root` is the namespace of the bridge; the others are hosts on it. */
export type Place = string;

export interface ExecResult {
  /** null when it was ended by a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the agent can be asked, and what it answers. */
export interface Operations {
  /** Makes hosts: namespaces (network, mounts, name) on the bridge. */
  addHosts: { ask: { readonly hosts: Readonly<Record<string, HostNetwork>> }; answer: Record<string, never> };
  /** Runs a program to its end; ended by SIGKILL after `timeoutMs`. */
  exec: {
    ask: {
      readonly place: Place;
      readonly argv: readonly string[];
      readonly timeoutMs: number;
      readonly stdin?: string;
    };
    answer: ExecResult;
  };
  /** Starts a program that stays; a second one of that name is refused while the first lives. */
  start: {
    ask: { readonly place: Place; readonly name: string; readonly argv: readonly string[] };
    answer: { readonly pid: number };
  };
  /** Signals a started program, with `family` also its descendants. Gives how many got it. */
  signal: {
    ask: { readonly name: string; readonly signal: NodeJS.Signals; readonly family?: boolean };
    answer: { readonly signalled: number };
  };
  /** A line to the standard input of a started program. */
  write: { ask: { readonly name: string; readonly line: string }; answer: Record<string, never> };
  /** A file as the place sees it. `/proc/net/...` is that place's own too. */
  read: { ask: { readonly place: Place; readonly path: string }; answer: { readonly text: string } };
  /** Writes a file (and its folders) where the place sees it. A new one has `mode`; left out: 0600. */
  save: {
    ask: { readonly place: Place; readonly path: string; readonly text: string; readonly mode?: number };
    answer: Record<string, never>;
  };
}

export type Operation = keyof Operations;

export type Handlers = {
  [Op in Operation]: (ask: Operations[Op]['ask']) => Operations[Op]['answer'] | Promise<Operations[Op]['answer']>;
};

export interface Call {
  readonly id: number;
  readonly op: Operation;
  readonly ask: unknown;
}

export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** News of a started program, in the guest or on the machine itself. */
export type ProgramEvent =
  | { readonly event: 'start'; readonly name: string; readonly pid: number }
  | { readonly event: 'line'; readonly name: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | { readonly event: 'exit'; readonly name: string; readonly code: number | null; readonly signal: string | null };

export type AgentMessage = { readonly hello: string } | Reply | ProgramEvent;

/**
 * A message with its line end. JSON leaves U+2028 and U+2029 as they are, but readline ends a line there from Node 24 on
 * (nodejs/node#57591), and what programs print may have them.
 */
export function toLine(message: object): string {
  const text = JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${text}\n`;
}

/** Where the agent finds what it needs to know; written by the lab, readable by its owner only. */
export interface AgentSettings {
  readonly control: { readonly host: string; readonly port: number } | { readonly path: string };
  /** The first thing that the agent says; nobody else knows it. */
  readonly token: string;
}
