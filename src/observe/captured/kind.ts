/** Tells what a file of answers is, by its content, else by its name. Pure. */

import { basename } from 'node:path';
import { WeirError } from '../../model/error.ts';
import { ANSWER_KINDS, type AnswerKind } from '../../model/readings/capture.ts';
import { parseJson } from './json.ts';

/** @throws WeirError 'usage' where neither tells, or where it is JSON that is torn. */
export function kindOf(file: string, text: string): AnswerKind {
  const kind = ofJson(text) ?? ofText(text) ?? ofName(file);
  if (kind !== undefined) return kind;
  if (/^\s*[[{]/.test(text)) parseJson(file, text);
  const why = text.trim() === '' ? 'it is empty' : 'neither its content nor its name says so';
  throw new WeirError(
    'usage',
    `${file}:1:1 what this is cannot be told (${why}): say --as ${ANSWER_KINDS.join(', ')}.`,
  );
}

function ofJson(text: string): AnswerKind | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(json)) return 'vrrp';
  const has = (name: string) => Object.hasOwn(json as object, name);
  const { kind } = json as { readonly kind?: unknown };
  if (kind === 'info-series') return 'info';
  if (ANSWER_KINDS.includes(kind as AnswerKind)) return kind as AnswerKind;
  if (has('vrrp')) return 'vrrp';
  if (has('alerts')) return 'alerts';
  if (has('polls') || has('series')) return 'info';
  return has('replies') || has('onConnect') ? 'server' : undefined;
}

function ofText(text: string): AnswerKind | undefined {
  if (/^IP Virtual Server version|^\s*-> RemoteAddress:Port/m.test(text)) return 'ipvs';
  if (/^(id=\d+ )?addr=\S* .*\bcmd=/m.test(text)) return 'clients';
  return /^(# [A-Z]\w+|redis_version:.*|used_memory:.*|role:\w+)\r?$/m.test(text) ? 'info' : undefined;
}

function ofName(file: string): AnswerKind | undefined {
  const [, first] = /^([a-z]+)[-._]/.exec(basename(file)) ?? [];
  return ANSWER_KINDS.find((kind) => kind === first);
}
