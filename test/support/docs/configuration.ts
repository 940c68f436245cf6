/** docs/configuration.md, made of the schema of weir.yaml. */

import { z } from 'zod';
import { configSchema } from '../../../src/config/schema.ts';
import { cell, NOTE, table } from './markdown.ts';

/** Where the documents say more of a section. */
const MORE: Readonly<Record<string, string>> = {
  broker: 'deploy.md#the-broker',
  seal: 'rotation.md#seals',
  rules: 'rules.md',
  poll: 'readings.md',
  keepalived: 'directors.md',
  pools: 'weir-yaml.md',
  policy: 'rails.md',
  tell: 'telling.md',
};

const HEAD = `# weir.yaml, key by key

${NOTE}

It is read at the start of a process. A value \`$NAME\` is taken from the environment; a relative path begins at the folder of
the file. A mistake is one line, \`file:line:col\` with what was expected, and exit code 2. Only \`pools\` is needed. What changes,
and in which order: [weir-yaml.md](weir-yaml.md). Files to begin with: [examples](../examples).

\`<name>\` is a name that you give, \`[]\` each of a list. A list of one may be written as the one where "or a list" is said.
`;

interface Key {
  readonly path: string;
  readonly form: string;
  /** Markdown; empty where nothing is taken when the key is left out. */
  readonly otherwise: string;
  readonly description: string;
}

export function configurationText(): string {
  const keys = Object.entries(configSchema.shape).map(([name, schema]) => ({ name, rows: keysOf(name, schema) }));
  const examples = keys.flatMap(({ rows }) => rows.flatMap(({ form }) => exampleOf(form)));
  const forms = table(['Form', 'Such as'], [...new Map(examples)]);
  const sections = keys.map(({ name, rows }) => {
    const more = MORE[name];
    const lead = more === undefined ? '' : `More: [${more.replace(/#.*/, '')}](${more}).\n\n`;
    return `## ${name}\n\n${lead}${table(['Key', 'Form', 'Default', 'Meaning'], rows.map(rowOf))}`;
  });
  return [HEAD, forms, ...sections].join('\n');
}

/** A form with its example, which is said once above all. */
function exampleOf(form: string): [string, string][] {
  const [, name, example] = /^(?:a list of: )?(.+?),? such as (.+?)(?:, or a list)?$/.exec(form) ?? [];
  return name === undefined || example === undefined ? [] : [[name, example]];
}

function rowOf({ path, form, otherwise, description }: Key): string[] {
  return [`\`${path}\``, form.replace(/,? such as .+?(?=, or a list|$)/, ''), otherwise, cell(description)];
}

/** A key that holds others has a row where there is something to say of it. */
function keysOf(path: string, schema: z.core.$ZodType): Key[] {
  const { inner, otherwise } = unwrap(schema);
  const description = z.globalRegistry.get(schema)?.description ?? '';
  const below = childrenOf(path, inner);
  if (below === undefined) return [{ path, form: formOf(inner), otherwise, description }];
  const own = { path, form: containerOf(inner), otherwise: otherwise.replace('`{}`', ''), description };
  return [...(description === '' ? [] : [own]), ...below];
}

function childrenOf(path: string, schema: z.core.$ZodType): Key[] | undefined {
  if (schema instanceof z.ZodObject) {
    const entries = Object.entries(schema.shape) as [string, z.core.$ZodType][];
    return entries.flatMap(([key, value]) => keysOf(`${path}.${key}`, value));
  }
  const inner =
    schema instanceof z.ZodRecord
      ? { path: `${path}.<name>`, schema: schema.valueType }
      : schema instanceof z.ZodArray
        ? { path: `${path}[]`, schema: schema.element }
        : undefined;
  return inner && unwrap(inner.schema).inner instanceof z.ZodObject
    ? childrenOf(inner.path, unwrap(inner.schema).inner)
    : undefined;
}

function containerOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodRecord) return 'a mapping by name';
  return schema instanceof z.ZodArray ? 'a list' : 'a mapping';
}

/** What is below optional, default and prefault, and what the last two say. */
function unwrap(schema: z.core.$ZodType): { inner: z.core.$ZodType; otherwise: string } {
  if (schema instanceof z.ZodOptional) return { inner: unwrap(schema.unwrap()).inner, otherwise: '' };
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return { inner: unwrap(schema.unwrap()).inner, otherwise: written(schema.def.defaultValue) };
  }
  return { inner: schema, otherwise: '**needed**' };
}

function written(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ').replaceAll('"', '')}\``;
}

/** How a value is written: the words by which the schema refuses a wrong one. */
function formOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodEnum) return words(schema.options);
  if (schema instanceof z.ZodLiteral) return words([...schema.values]);
  if (schema instanceof z.ZodBoolean) return words([true, false]);
  if (schema instanceof z.ZodArray) return `a list of: ${formOf(schema.element)}`;
  if (schema instanceof z.ZodRecord) return 'a mapping of texts';
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodTransform)
    return `${formOf(elementOf(schema.out))}, or a list`;
  const wrong = z.safeParse(schema, schema instanceof z.ZodNumber ? 'x' : '');
  const message = wrong.error?.issues[0]?.message ?? '';
  return message.startsWith('expected ')
    ? cell(message.replace(/^expected /, '').replace(/, best as.*|: .*/, ''))
    : 'text';
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodArray ? schema.element : schema;
}

function words(values: readonly unknown[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}
