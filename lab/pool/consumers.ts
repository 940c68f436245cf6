/** The stand-ins for logstash on host l, one per member. The program is guest/consumer.ts. */

import type { ConsumerMessage, ConsumerReport } from '../guest/consumer.ts';
import { bundled } from '../paths.ts';
import { ADDRESS, type Member, QUEUE, REDIS_PORT } from './topology.ts';
import { start, type World } from './world.ts';

export interface Consumers {
  start(member: Member): Promise<void>;
  /** A stalled one stays connected and asks for nothing, as logstash does when Elasticsearch blocks (docs/hazards.md#t34). */
  setStalled(member: Member, stalled: boolean): Promise<void>;
  status(member: Member): Promise<ConsumerReport>;
}

export function createConsumers(world: World): Consumers {
  const name = (member: Member) => `consumer-${member}`;
  const say = async (member: Member, message: ConsumerMessage) =>
    (await world.ask(name(member), message)) as ConsumerReport;
  return {
    async start(member) {
      const argv = [process.execPath, bundled('consumer'), ADDRESS[member], String(REDIS_PORT), QUEUE];
      await start(world, { place: 'l', name: name(member), argv });
    },
    async setStalled(member, stalled) {
      await say(member, { stalled });
    },
    status: (member) => say(member, {}),
  };
}
