/** What Weir must never do (design, "What it must never do"), asked of every move. Each throws a sentence. */

import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { compareEntryIds } from '../../../src/model/ids.ts';
import type { Broker, Evaluated } from '../machines/broker.ts';
import type { WeightChange } from '../machines/kernel.ts';
import type { Node } from '../machines/node.ts';
import type { Setting } from '../setting.ts';
import { Acts } from './acts.ts';
import { hold } from './broken.ts';
import { Decisions } from './decisions.ts';

export class Invariants {
  readonly acts = new Acts();
  readonly decisions = new Decisions((id) => this.acts.touched.has(id) || this.begunOn.has(id));
  #found: unknown;

  get begunOn(): Map<string, Set<string>> {
    return this.decisions.begunOn;
  }

  /** An error thrown inside the actuator would count as a failure of ipvsadm, so `ask` says what is broken there. */
  #note(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#found ??= error;
    }
  }

  /** Right before a node changes its table. */
  changing(node: Node, change: WeightChange, setting: Setting): void {
    this.#note(() => this.acts.changed(node, change, setting));
  }

  came(node: Node, job: ActionJob): void {
    this.acts.came(node, job);
  }

  ran(node: Node, job: ActionJob, outcome: Outcome): void {
    this.#note(() => this.acts.ran(node, job, outcome));
  }

  /** A node's poll has looked at the members, and has done nothing yet. */
  looked(node: Node, setting: Setting): void {
    this.acts.looked(node, setting);
  }

  said(node: Node, outcome: Outcome, setting: Setting): void {
    this.#note(() => this.acts.said(node, outcome, setting));
  }

  polled(node: Node, setting: Setting): void {
    this.#note(() => this.acts.polled(node, setting, (id) => this.decisions.isDenied(id)));
  }

  /** After each move. */
  ask(): void {
    if (this.#found !== undefined) throw this.#found;
  }

  folded(folded: Evaluated, setting: Setting): void {
    this.decisions.folded(folded, setting);
  }

  written(folded: Evaluated, setting: Setting): void {
    this.decisions.written(folded, setting);
  }

  /** After a commit, whether or not it was written. */
  committed(before: string | undefined, broker: Broker): void {
    const cursor = broker.kept.state?.cursor ?? '0-0';
    hold(before === undefined || compareEntryIds(cursor, before) >= 0, `I9 the cursor went back to ${cursor}`);
    for (const queue of broker.kept.queues.values()) {
      for (const job of queue) {
        hold(broker.committed.has(`${job.node}/${job.decision}`), `I9 ${job.decision} was never committed`);
      }
    }
  }
}
