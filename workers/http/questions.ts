/**
 * What the page's process asks its worker, and how. The page is a process of its own, so that nothing that reaches its port
 * takes time or memory from the evaluation; what it shows, and what others send it, goes through these questions.
 */

import type { Incident } from '../../src/model/people/incident.ts';
import type { Status } from '../../src/model/people/status.ts';
import type { Click, SlashCommand } from '../../src/tell/chatops/payload.ts';
import type { Reply } from '../../src/tell/chatops/reply.ts';
import type { TakenAlerts } from '../../src/tell/http/alertmanager-in.ts';
import type { Ages } from '../../src/tell/http/handlers.ts';
import type { Limits } from '../../src/tell/http/limits.ts';

/** Each question: what it is about, and its answer. All of it is JSON. */
interface Questions {
  readonly status: { readonly about: null; readonly answer: Status };
  readonly incidents: { readonly about: null; readonly answer: readonly Incident[] };
  readonly ages: { readonly about: null; readonly answer: Ages };
  readonly ready: { readonly about: null; readonly answer: readonly string[] };
  readonly metrics: { readonly about: null; readonly answer: string };
  /** Whether a signature of Slack is seen for the first time. */
  readonly signature: { readonly about: string; readonly answer: boolean };
  readonly command: { readonly about: SlashCommand; readonly answer: Reply | null };
  /** Answered before it is done: what comes of it is said in Slack. */
  readonly click: { readonly about: Click; readonly answer: null };
  /** The answer to whoever sent them. */
  readonly alerts: { readonly about: TakenAlerts; readonly answer: string };
}

export type Question = keyof Questions;
export type AboutOf<Q extends Question> = Questions[Q]['about'];
export type AnswerTo<Q extends Question> = Questions[Q]['answer'];

/** Who answers. One that throws a Refused is refused with its status and sentence. */
export type Answers = { readonly [Q in Question]: (about: AboutOf<Q>) => Promise<AnswerTo<Q>> };

/** @throws Refused what the worker refuses, or when too much is asked at once; Error what went wrong there. */
export type Ask = <Q extends Question>(question: Q, about: AboutOf<Q>) => Promise<AnswerTo<Q>>;

/** What a page's process is started with. Secrets are texts on this way and nowhere else. */
export interface WebSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly token?: string;
  readonly oldToken?: string;
  readonly signingSecret?: string;
  readonly pools: readonly string[];
  readonly limits: Partial<Limits>;
}

export type ToWeb =
  | { readonly kind: 'start'; readonly settings: WebSettings }
  /** To be answered with `here`: whether it hangs. */
  | { readonly kind: 'there' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'no'; readonly id: number; readonly sentence: string; readonly status?: number };

export type FromWeb =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'here' }
  | { readonly kind: 'deaf'; readonly sentence: string }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question; readonly about: unknown }
  | {
      readonly kind: 'refused';
      readonly sentence: string;
      readonly path: string;
      readonly source: string;
      readonly times: number;
    }
  | { readonly kind: 'failed'; readonly sentence: string; readonly path: string };
