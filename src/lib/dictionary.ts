/**
 * An object that has the names that were put into it and no others: `constructor` and `__proto__`, which people and strangers
 * may write, are unknown names like any other.
 */
export function dictionary<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const names: Record<string, Value> = Object.create(null);
  for (const [name, value] of entries) names[name] = value;
  return names;
}
