/** Values from outside, whatever they are, looked into without an error. */

/** What is no object has no fields. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A field of an object; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return fieldsOf(value)[name];
}
