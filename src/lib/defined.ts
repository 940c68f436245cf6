type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** The fields that are known: with exactOptionalPropertyTypes an absent field is another thing than an undefined one. */
export function defined<const T extends object>(
  fields: T,
): { [K in Exclude<keyof T, Optional<T>>]: T[K] } & { [K in Optional<T>]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof defined<T>
  >;
}
