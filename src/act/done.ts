import type { Outcome } from '../model/decisions/outcome.ts';

/** What an outcome says beyond who and when. */
export type Done = Pick<Outcome, 'result' | 'detail' | 'weightBefore' | 'weightAfter' | 'moved' | 'stuck' | 'at'>;
