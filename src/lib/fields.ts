/** Looks into values from outside, whatever they are, without an error. */

/** The value as an object; one without fields where it is none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A field of an object; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return fieldsOf(value)[name];
}
