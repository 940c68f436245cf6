/** Logs and tells which rules are in force, and that a folder of rules is rejected. */

import type { Queue } from 'bullmq';
import { jobIdOf } from '../../src/broker/queues.ts';
import type { Logger } from '../../src/lib/log.ts';
import { messageOfRuleFault } from '../../src/operations/messages.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import type { Teller } from '../../src/tell/notify/teller.ts';
import { createInsistence } from '../notifications/insist.ts';
import type { TellJob } from '../notifications/tell.ts';
import type { RulesDependencies } from './rules.ts';

export interface RulesTold {
  /** The worker's name. */
  readonly name: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tellers: readonly Teller[];
  readonly queue: Queue<TellJob>;
  onError(error: unknown): void;
}

export function rulesTold(to: RulesTold): Pick<RulesDependencies, 'onChange' | 'onFault'> {
  const { name, log, metrics, tellers, queue, onError } = to;
  const insistence = createInsistence({ tellers, onFailure: onError });
  return {
    onChange(ruleSet, by) {
      for (const warning of ruleSet.warnings) log.warn({ warning }, 'rule file has a warning');
      log.info({ rules: ruleSet.rules.length, hash: ruleSet.hash, by }, 'rules are in force');
      metrics.ruled(ruleSet.rules.length);
    },
    onFault(fault) {
      metrics.ruleFault(fault !== undefined);
      if (fault === undefined) {
        log.info('rule folder accepted again');
        return;
      }
      log.warn({ fault }, 'rule folder rejected');
      const news = messageOfRuleFault(fault, name, Date.now());
      // Without the broker people are told from here. Each worker may say it; none must be silent.
      const alone = () => insistence.tell(news);
      void queue.add(news.kind, { news }, { jobId: jobIdOf(news.id) }).catch(alone);
    },
  };
}
