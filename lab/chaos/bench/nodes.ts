/** The nodes of a bench. */

export type BenchNode = 'a' | 'b';
export const NODES: readonly BenchNode[] = ['a', 'b'];
