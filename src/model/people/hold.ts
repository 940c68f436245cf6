/** Holds: people forbid Weir to act. What is watched and told goes on, and what is already under way comes to its end. */

import { ACTION_KINDS, type ActionKind } from '../decisions/action.ts';

/** What a hold is about. `all`: every pool that there was when it was set. */
export type HoldScope =
  | { readonly kind: 'all' | 'pool' }
  | { readonly kind: 'member' | 'rule'; readonly name: string }
  | { readonly kind: 'action'; readonly name: ActionKind };

export interface Hold {
  readonly scope: HoldScope;
  /** Who set it, as people know them; for one that no person set, what did ("weir.yaml", "the file hold on a"). */
  readonly by: string;
  readonly reason: string;
  /** Broker time in ms; absent where it stands until somebody takes it away. */
  readonly until?: number;
}

/** What is known of a pool's holds by people: what nodes keep for the time when the broker has lost it. */
export interface HoldList {
  readonly live: readonly Hold[];
  /** Ids of those that people took away and whose time is not over. */
  readonly ended: readonly string[];
}

/** Nobody may forget a hold for longer than this, in ms. */
export const MAX_HOLD_MS = 86_400_000;

/** One text for one scope: `all`, `pool`, `member:b`, `rule:member-unwritable`, `action:drain`. */
export function scopeKey(scope: HoldScope): string {
  return 'name' in scope ? `${scope.kind}:${scope.name}` : scope.kind;
}

/** One that is set anew has another id. */
export function holdId({ scope, until = 0 }: Hold): string {
  return `${scopeKey(scope)}@${until}`;
}

/** The scope of a text as `scopeKey` writes it; undefined for anything else. */
export function parseScope(text: string): HoldScope | undefined {
  if (text === 'all' || text === 'pool') return { kind: text };
  const [, kind, name = ''] = /^(member|rule|action):(.+)$/.exec(text) ?? [];
  if (kind === 'member' || kind === 'rule') return { kind, name };
  const action = ACTION_KINDS.find((kind) => kind === name);
  return kind === 'action' && action !== undefined ? { kind, name: action } : undefined;
}

/** For people. */
export function scopeInWords(scope: HoldScope, pool: string): string {
  switch (scope.kind) {
    case 'all':
      return 'every pool';
    case 'pool':
      return `pool ${pool}`;
    case 'member':
      return `${pool}/${scope.name}`;
    default:
      return `${scope.kind} ${scope.name} in pool ${pool}`;
  }
}

/** Whether an action falls under the scope. */
export function isUnder(
  scope: HoldScope,
  action: { readonly rule: string; readonly target: string; readonly action: ActionKind },
): boolean {
  switch (scope.kind) {
    case 'member':
      return scope.name === action.target;
    case 'rule':
      return scope.name === action.rule;
    case 'action':
      return scope.name === action.action;
    default:
      return true;
  }
}
