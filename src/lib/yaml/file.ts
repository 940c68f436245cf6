/** A YAML text with positions. */

import type { Problem } from './problem.ts';

export type YamlPath = readonly (string | number)[];

export interface YamlFile {
  readonly file: string;
  readonly text: string;
  readonly data: unknown;
  /** The source text of the value, as it was written. */
  sourceOf(path: YamlPath): string;
  lineOf(path: YamlPath): number;
  /** A problem with the value at `path`, or, where nothing stands there, with what should hold it. */
  problemAt(path: YamlPath, message: string): Problem;
  /** A problem with the key that `path` ends in. */
  problemAtKey(path: YamlPath, message: string): Problem;
  /** A problem inside the text at `path`: `start` and `end` are offsets in the value, not in the file. */
  problemInside(path: YamlPath, start: number, end: number, message: string): Problem;
}
