/** What Weir makes of a file of answers (`weir read`). */

import type { AnswerKind } from './capture.ts';
import type { Table } from './reading.ts';
import type { Signals } from './signals.ts';

export interface PollReadout {
  /** From the first poll on, in ms. */
  readonly atMs: number;
  readonly signals: Signals;
  /** Signals that such a poll can have and this one has not. */
  readonly unknown: readonly string[];
  /** Sentences. */
  readonly troubles: readonly string[];
  /** The LVS table, for a director. */
  readonly table?: Table;
}

/** A service of an LVS table as it stands there, whoever's it is. */
export interface ServiceReadout {
  /** `TCP 192.0.2.229:6379` or `FWM 7`, the scheduler behind it. */
  readonly service: string;
  readonly persistent: boolean;
  readonly destinations: readonly RealServer[];
}

/** A real server of a service, as the kernel has it. */
export interface RealServer {
  readonly address: string;
  readonly port: number;
  /** Route, Local, Tunnel, Masq. Old kernels print Local for the node's own address. */
  readonly forwarding: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

export type ReadPart =
  | { readonly about: 'member'; readonly name: string; readonly polls: readonly PollReadout[] }
  /** `name` is the pool's. */
  | {
      readonly about: 'director';
      readonly side: 'lvs' | 'vrrp';
      readonly name: string;
      readonly polls: readonly PollReadout[];
    }
  | { readonly about: 'services'; readonly services: readonly ServiceReadout[] }
  | {
      readonly about: 'clients';
      /** The member; absent where the list stands alone. */
      readonly name?: string;
      readonly clients: number;
      /** Absent where the list names no commands. */
      readonly takers?: number;
      /** Clients by their last command. */
      readonly commands: Readonly<Record<string, number>>;
    }
  | {
      readonly about: 'alerts';
      /** What each pool is told of: names of alerts, those that are over among them. */
      readonly pools: Readonly<
        Record<string, { readonly firing: readonly string[]; readonly resolved: readonly string[] }>
      >;
      readonly troubles: readonly string[];
    };

export interface Readout {
  readonly file: string;
  readonly kind: AnswerKind;
  readonly parts: readonly ReadPart[];
  /** Sentences about how it was read: what the file lacks, what was taken for granted. */
  readonly notes: readonly string[];
}
