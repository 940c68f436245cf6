/** Reads a server's answers from the text of a file: one INFO, several polls, or replies by command. Pure. */

import { z } from 'zod';
import { WeirError } from '../../model/error.ts';
import type { Answer, ServerAnswers } from '../../model/readings/capture.ts';
import { checkJson } from './json.ts';

/** More polls than this are not read from one file. */
const POLLS_AT_MOST = 1_000;
const EVERY_MS = 1_000;

const answer = z.union(
  [
    z.string(),
    z.object({ list: z.array(z.string()) }),
    z.array(z.union([z.string(), z.object({ list: z.array(z.string()) })])).min(1),
  ],
  { error: 'expected an answer: text, {"list": [...]}, or a list of these, one for each poll' },
);
const commands = z
  .union([z.string(), z.array(z.string())], { error: 'expected a command, or a list of them' })
  .default([])
  .transform((command) => (typeof command === 'string' ? [command] : command));
const value = z.union([z.string(), z.number()], { error: 'expected text or a number' });

export const serverSchema = z
  .object({
    everyMs: z
      .number()
      .min(1, { error: 'expected 1 ms or more' })
      .max(3_600_000, { error: 'expected an hour (3600000) or less' })
      .default(EVERY_MS),
    polls: z.array(z.array(z.string())).max(POLLS_AT_MOST, tooMany()).optional(),
    fields: z.record(z.string(), value).optional(),
    series: z.record(z.string(), z.array(value).max(POLLS_AT_MOST, tooMany())).optional(),
    replies: z.record(z.string(), answer).optional(),
    onConnect: z.string().optional(),
    thenCloses: z.boolean().default(false),
    silentOn: commands,
    closesOn: commands,
    password: z.string().nullable().optional(),
  })
  .transform(toAnswers);

function tooMany() {
  return { error: `expected ${POLLS_AT_MOST} polls or less` };
}

type Written = {
  readonly everyMs: number;
  readonly polls?: readonly (readonly string[])[] | undefined;
  readonly fields?: Readonly<Record<string, string | number>> | undefined;
  readonly series?: Readonly<Record<string, readonly (string | number)[]>> | undefined;
  readonly replies?: Readonly<Record<string, Answer | readonly Answer[]>> | undefined;
  readonly onConnect?: string | undefined;
  readonly thenCloses: boolean;
  readonly silentOn: readonly string[];
  readonly closesOn: readonly string[];
  readonly password?: string | null | undefined;
};

function toAnswers(written: Written): ServerAnswers {
  const infos = (written.polls ?? inSeries(written)).map((lines) => lines.join('\r\n'));
  const replies = Object.entries(written.replies ?? {}).map(
    ([command, one]) => [command, Array.isArray(one) ? (one as readonly Answer[]) : [one as Answer]] as const,
  );
  const all = [...(infos.length === 0 ? [] : [['INFO', infos] as const]), ...replies];
  return {
    everyMs: written.everyMs,
    polls: Math.max(1, ...all.map(([, answers]) => answers.length)),
    replies: Object.fromEntries(all),
    ...(written.onConnect !== undefined && { onConnect: written.onConnect }),
    thenCloses: written.thenCloses,
    silentOn: written.silentOn,
    closesOn: written.closesOn,
    ...(typeof written.password === 'string' && { password: written.password }),
  };
}

/** Polls written short: fields that stay the same, and series that have one value for each poll. */
function inSeries({ fields = {}, series = {} }: Written): string[][] {
  const stay = Object.entries(fields).map(([name, one]) => `${name}:${one}`);
  const length = Math.max(0, ...Object.values(series).map((values) => values.length));
  const change = (index: number) =>
    Object.entries(series).flatMap(([name, values]) =>
      values[index] === undefined ? [] : [`${name}:${values[index]}`],
    );
  if (length === 0) return stay.length === 0 ? [] : [stay];
  return Array.from({ length }, (_, index) => [...stay, ...change(index)]);
}

/** One reply of INFO, as it came. */
export function infoAnswers(text: string): ServerAnswers {
  const replies = { INFO: [text] };
  return { everyMs: EVERY_MS, polls: 1, replies, thenCloses: false, silentOn: [], closesOn: [] };
}

/** @throws WeirError 'usage' with the place of what is wrong. */
export function parseServer(file: string, text: string): ServerAnswers {
  const found = checkJson(file, text, serverSchema);
  const isEmpty = Object.keys(found.replies).length === 0 && found.silentOn.length === 0 && found.closesOn.length === 0;
  if (isEmpty && found.onConnect === undefined) {
    throw new WeirError(
      'usage',
      `${file}:1:1 this server answers nothing, expected "polls" (replies of INFO), "replies" by command, or "onConnect".`,
    );
  }
  return found;
}
