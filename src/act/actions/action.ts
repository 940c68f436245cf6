import type { ActionKind } from '../../model/decisions/action.ts';
import type { Done } from '../done.ts';
import type { RunningJob } from '../running-job.ts';

/** One kind of action. Each looks, asks the rails, applies, and looks again. */
export interface Action {
  readonly kind: ActionKind;
  run(running: RunningJob): Promise<Done>;
}
