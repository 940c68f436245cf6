/** The run_id in an answer to INFO: which Redis answered, and which life of it. */
export function runIdOf(info: string): string | undefined {
  return /^run_id:([0-9a-f]+)/m.exec(info)?.[1];
}
