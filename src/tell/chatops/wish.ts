/** What a person wants, once it is understood. Names are as they were written; whether they exist is seen later. */

import type { Role } from '../../model/configuration/config.ts';

/** As it was written. Whoever is asked for it checks whether it is possible. */
interface Limited {
  readonly for?: string;
  readonly reason?: string;
}

interface Acting extends Limited {
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
      readonly weight?: string;
    })
  | (Acting & {
      readonly kind: 'failover';
      readonly pool: string;
      readonly to?: string;
      readonly soft: boolean;
      readonly hard: boolean;
    })
  | (Acting & { readonly kind: 'maintain'; readonly node: string; readonly end: boolean })
  | (Limited & { readonly kind: 'pause'; readonly scope: string })
  | { readonly kind: 'resume'; readonly scope: string }
  | (Limited & {
      readonly kind: 'silence';
      readonly about?: string;
      /** A second thing that was named. */
      readonly also?: string;
      readonly severity?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly pool?: string;
    })
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
