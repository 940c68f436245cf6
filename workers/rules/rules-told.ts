/** Logs and tells which rules are in force, and that a folder of rules is rejected. */

import type { Logger } from '../../src/lib/log.ts';
import type { Message } from '../../src/model/people/message.ts';
import type { Notifiers } from '../../src/operations/destinations.ts';
import { messageOfForgedRules, messageOfRuleFault } from '../../src/operations/messages.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import { type Notifier, showMessage } from '../../src/tell/notify/notifier.ts';
import { createInsistence } from '../notifications/insist.ts';
import { type MessageQueue, queueMessage } from '../notifications/messages.ts';
import type { RulesDependencies } from './rules.ts';

export interface RulesTold {
  /** The worker's name. */
  readonly name: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Prints what happens. */
  readonly journal: Notifier;
  readonly own: Notifiers;
  readonly messageQueue: MessageQueue;
  onError(error: unknown, doing: string): void;
}

export function rulesTold(to: RulesTold): Pick<RulesDependencies, 'onChange' | 'onFault' | 'onForged'> {
  const { name, log, metrics, journal, own, messageQueue, onError } = to;
  const insistence = createInsistence({ notifiers: own, onFailure: onError });
  const tell = (message: Message) => {
    void showMessage(journal, message);
    // Without the broker people are told from here. Every worker may say it, and none must be silent.
    const alone = () => insistence.tell(message);
    void queueMessage(messageQueue, message, [...own.keys()]).catch(alone);
  };
  return {
    onChange(ruleSet, by) {
      for (const warning of ruleSet.warnings) log.warning({ warning }, 'rule file has a warning');
      log.notice({ rules: ruleSet.rules.length, hash: ruleSet.hash, by }, 'rules are in force');
      metrics.ruled(ruleSet.rules.length);
    },
    onFault(fault) {
      metrics.ruleFault(fault !== undefined);
      if (fault === undefined) {
        log.notice('rule folder accepted again');
        return;
      }
      log.warning({ fault }, 'rule folder rejected');
      tell(messageOfRuleFault(fault, name, Date.now()));
    },
    onForged() {
      log.warning('rules in the broker are sealed by no worker: those before are put there again');
      tell(messageOfForgedRules(name, Date.now()));
    },
  };
}
