/** The node's own queue: its jobs go to the actuator one by one. */

import type { Worker } from 'bullmq';
import type { Actuator } from '../../src/act/actuator.ts';
import { openWorker } from '../../src/broker/queues.ts';
import { sealOf } from '../../src/broker/seal/sealed.ts';
import { jobSealFault } from '../../src/broker/seal/things.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import { actJob } from './act.ts';
import type { NodeBroker } from './node-broker.ts';

export interface NodeJobsDependencies {
  /** The node's name. */
  readonly name: string;
  readonly broker: Pick<NodeBroker, 'blocking' | 'clock'>;
  readonly actuator: Pick<Actuator, 'runJob'>;
  report(outcome: Outcome): void;
  onFailed(job: string | undefined, error: Error): void;
  onError(error: unknown, doing: string): void;
}

/** No job begins before broker time is known, or the wait for it has failed. */
export function startNodeJobs(deps: NodeJobsDependencies): Worker<ActionJob> {
  const { broker, actuator, report, onError } = deps;
  const { clock, blocking } = broker;
  const jobs = openWorker<ActionJob>({
    connection: blocking,
    name: `act-${deps.name}`,
    async process(job, _token, signal) {
      await clock.known().catch((error: unknown) => onError(error, 'broker time'));
      return actJob(job, signal, {
        runJob: (data, abort) => actuator.runJob(data, abort),
        report,
        now: clock.now,
        sealFault: (data) => jobSealFault(sealOf(blocking), data, clock.now()),
      });
    },
    onError,
  });
  // A process that died had begun a stalled job. It is never begun again; the actuator reports it when it starts.
  jobs.on('failed', (job, error) => deps.onFailed(job?.id, error));
  return jobs;
}
