/** Parses JSON that people hand in. What is wrong with it is told in one line, with its place. Pure. */

import type { z } from 'zod';
import { formatProblem } from '../../lib/yaml/problem.ts';
import { checkSchema, parseYaml } from '../../lib/yaml/yaml.ts';
import { WeirError } from '../../model/error.ts';
import { faultIn } from './json-fault.ts';

/** The place of a value is looked for only in a shorter text: that reads all of it again, ten times as slowly. */
const LOCATED_BELOW_CHARACTERS = 300_000;

/** @throws WeirError 'usage': `file:line:column`, and what was expected there. */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = faultIn(text);
    const before = text.slice(0, at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const what = at >= text.length ? 'it ends too early' : `${JSON.stringify(text[at])} is not expected here`;
    throw new WeirError('usage', `${file}:${before.length}:${column} this is no JSON: ${what}.`, { cause: error });
  }
}

/**
 * Parses the text and checks it against the schema.
 * @throws WeirError 'usage' about the first thing that is wrong.
 */
export function checkJson<T>(file: string, text: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parseJson(file, text));
  if (result.success) return result.data;
  if (text.length < LOCATED_BELOW_CHARACTERS) {
    const { yaml } = parseYaml(file, text);
    const [problem] = yaml.data === undefined ? [] : checkSchema(yaml, schema).problems;
    if (problem !== undefined) throw new WeirError('usage', formatProblem(problem));
  }
  const [issue] = result.error.issues;
  throw new WeirError('usage', `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not expected'}`);
}
