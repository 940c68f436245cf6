/** From the text of a test file to cases: names and series are checked against the catalogue of signals. Pure. */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { YamlFile, YamlPath } from '../../lib/yaml/file.ts';
import type { Problem } from '../../lib/yaml/problem.ts';
import { checkSchema, parseYaml } from '../../lib/yaml/yaml.ts';
import { SIGNALS } from '../../model/readings/signals.ts';
import { testFileSchema, type WrittenCase } from './schema.ts';
import { parseSeries, type Series } from './series.ts';

/** What a series is about. `observer`: only what that node sees of it; left out: what everybody sees. */
export interface Track {
  /** As it is written, for messages. */
  readonly key: string;
  readonly kind: 'member' | 'director' | 'consumer' | 'table' | 'node' | 'broker';
  readonly name: string;
  readonly signal: string;
  readonly observer?: string;
  readonly series: Series;
}

export interface TestCase extends Omit<WrittenCase, 'series'> {
  readonly file: string;
  readonly line: number;
  /** The line of each expectation. */
  readonly lines: readonly number[];
  readonly intervalMs: number;
  readonly tracks: readonly Track[];
}

/** Columns of a director's table that a series can name. */
const TABLE = {
  weight: 'double',
  listed: 'bool',
  active_connections: 'double',
  inactive_connections: 'double',
} as const;

const SYNTAX =
  'expected <member>.<signal>, director.<node>.<signal>, consumer.<name>.<signal>, table.<member>.<column> or node.<node>.heard, each with @<node> for what one node sees; or broker.trouble';

/** The cases of a test file, or everything that is wrong with it. */
export function checkTests(
  file: string,
  text: string,
): { readonly cases: readonly TestCase[]; readonly problems: readonly Problem[] } {
  const parsed = parseYaml(file, text);
  if (parsed.problems.length > 0) return { cases: [], problems: parsed.problems };
  const checked = checkSchema(parsed.yaml, testFileSchema);
  if (!('value' in checked)) return { cases: [], problems: checked.problems };
  const problems: Problem[] = [];
  const { interval, cases } = checked.value;
  if (interval === 0) problems.push(parsed.yaml.problemAt(['interval'], 'expected more than 0s'));
  const loaded = cases.map((written, i) =>
    loadCase({ yaml: parsed.yaml, path: ['cases', i], written, interval, problems }),
  );
  return { cases: problems.length === 0 ? loaded : [], problems };
}

interface CaseInput {
  readonly yaml: YamlFile;
  readonly path: YamlPath;
  readonly written: WrittenCase;
  readonly interval: number;
  /** Filled. */
  readonly problems: Problem[];
}

function loadCase(input: CaseInput): TestCase {
  const { yaml, path, written, interval, problems } = input;
  const { series, ...rest } = written;
  const tracks = Object.entries(series).flatMap(([key, value]): Track[] => {
    const at = [...path, 'series', key];
    const about = aboutOf(key, written);
    if (typeof about === 'string') {
      problems.push(yaml.problemAtKey(at, about));
      return [];
    }
    const { type, ...where } = about;
    const parsed = parseSeries(String(value), type);
    if (parsed.ok) return [{ ...where, key, series: parsed.series }];
    problems.push(yaml.problemInside(at, parsed.start, parsed.end, parsed.message));
    return [];
  });
  checkTimes(input, written);
  return {
    ...rest,
    file: yaml.file,
    line: yaml.lineOf(path),
    lines: written.expect.map((_, i) => yaml.lineOf([...path, 'expect', i])),
    intervalMs: interval,
    tracks,
  };
}

type About = Omit<Track, 'key' | 'series'> & { readonly type: 'double' | 'string' | 'bool' };

function aboutOf(key: string, { members, consumers }: WrittenCase): About | string {
  const [path = '', observer] = key.split('@');
  if (observer !== undefined && !members.includes(observer))
    return `there is no node ${observer}${didYouMean(observer, members)}`;
  const byObserver = observer === undefined ? {} : { observer };
  const dot = path.lastIndexOf('.');
  const [head, signal] = [path.slice(0, dot), path.slice(dot + 1)];
  if (dot < 1 || signal === '') return SYNTAX;
  if (path === 'broker.trouble') return { kind: 'broker', name: 'broker', signal, type: 'string' };
  const [, prefix, inside] = /^(director|consumer|table|node)\.(.+)$/.exec(head) ?? [];
  const kind = (prefix ?? 'member') as Exclude<Track['kind'], 'broker'>;
  const name = inside ?? head;
  const names = kind === 'consumer' ? consumers : members;
  if (!names.includes(name))
    return `there is no ${kind === 'consumer' ? 'consumer' : 'member'} ${name} in this case${didYouMean(name, names)}`;
  const types = typesOf(kind);
  const type = types[signal];
  if (type === undefined)
    return `there is no ${kind === 'node' ? '' : 'signal '}${signal} of a ${kind}${didYouMean(signal, Object.keys(types))}`;
  return { kind, name, signal, type, ...byObserver };
}

function typesOf(kind: Exclude<Track['kind'], 'broker'>): Readonly<Record<string, About['type']>> {
  if (kind === 'table') return TABLE;
  if (kind === 'node') return { heard: 'bool', weir_yaml: 'string' };
  return Object.fromEntries(Object.entries(SIGNALS[kind]).map(([name, { type }]) => [name, type]));
}

/** A worker runs tests too, each in one go: a slip of the finger must not hold it up. */
const MOST_INTERVALS = 3_600;

function checkTimes({ yaml, path, interval, problems }: CaseInput, { expect, requests }: WrittenCase): void {
  expect.forEach(({ at }, i) => {
    const before = expect[i - 1]?.at ?? -1;
    if (at <= before)
      problems.push(yaml.problemAt([...path, 'expect', i, 'at'], 'expected a later time than the one before'));
  });
  const end = expect.at(-1)?.at ?? 0;
  if (end > interval * MOST_INTERVALS) {
    const at = [...path, 'expect', expect.length - 1, 'at'];
    problems.push(yaml.problemAt(at, `a case has ${MOST_INTERVALS} intervals at most: choose a longer interval`));
  }
  requests.forEach(({ at }, i) => {
    if (at > end)
      problems.push(yaml.problemAt([...path, 'requests', i, 'at'], 'nothing is looked at any more by then'));
  });
}
