/** What a person wants, once it is understood. Names are as they were written; whether they exist is seen later. */

import type { Role } from '../../model/configuration/config.ts';
import type { HandoverWay } from '../../model/decisions/handover.ts';
import type { Severity } from '../../model/severity.ts';

interface Acting {
  readonly forMs?: number;
  readonly reason?: string;
  readonly force: boolean;
  readonly ask: boolean;
}

export type ChatCommand =
  | { readonly kind: 'help'; readonly command?: string }
  | { readonly kind: 'status'; readonly pool?: string }
  | { readonly kind: 'why'; readonly about: string; readonly rule?: string }
  | { readonly kind: 'rules' }
  | { readonly kind: 'clients'; readonly pool: string }
  | { readonly kind: 'silences' }
  | (Acting & {
      readonly kind: 'act';
      readonly action: 'drain' | 'set_weight' | 'restore';
      readonly member: string;
      readonly weight?: number;
    })
  | (Acting & { readonly kind: 'failover'; readonly pool: string; readonly to?: string; readonly way?: HandoverWay })
  | (Acting & { readonly kind: 'maintain'; readonly node: string; readonly end: boolean })
  | { readonly kind: 'pause'; readonly scope: string; readonly forMs: number; readonly reason: string }
  | { readonly kind: 'resume'; readonly scope: string }
  | {
      readonly kind: 'silence';
      /** An incident, a rule, a target or `pool/target`; absent where severity or labels say enough. */
      readonly about?: string;
      readonly severity?: Severity;
      readonly labels: Readonly<Record<string, string>>;
      readonly pool?: string;
      readonly forMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'unsilence'; readonly id: string }
  | { readonly kind: 'ack'; readonly about?: string }
  | { readonly kind: 'trust'; readonly pool: string }
  | {
      readonly kind: 'answer';
      readonly answer: 'approve' | 'deny';
      readonly decision: string;
      readonly reason?: string;
    };

const READING: ReadonlySet<ChatCommand['kind']> = new Set(['help', 'status', 'why', 'rules', 'clients', 'silences']);

/** Who may: looking is for viewers, a yes or a no for approvers, everything else for operators. */
export function roleFor({ kind }: ChatCommand): Role {
  if (READING.has(kind)) return 'viewer';
  return kind === 'answer' ? 'approver' : 'operator';
}
