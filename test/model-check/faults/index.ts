/** Every fault of the model, and a time without any. */

import { MEMBERS } from '../machines/world.ts';
import { pass } from '../model.ts';
import { BROKER_FAULTS } from './broker.ts';
import { JOB_FAULTS } from './jobs.ts';
import { type Fault, fair, mend } from './kinds.ts';
import { ILLNESSES, MEMBER_FAULTS } from './members.ts';
import { NODE_FAULTS } from './nodes.ts';
import { PATH_FAULTS } from './paths.ts';
import { PEOPLE_FAULTS, putBack } from './people.ts';

/** So that what is owed can be seen to come: everything is in order, and one member falls ill. */
const A_QUIET_TIME: Fault = fair('a quiet time', async (model) => {
  const { world, chance, strayJobs, nodes, liveness } = model;
  await mend(model);
  await putBack(model);
  strayJobs.splice(0);
  model.frozen.splice(0);
  for (const { kernel } of nodes) [kernel.diesIn, kernel.lvs.fail] = [undefined, undefined];
  liveness.disturb(world.now);
  for (const name of MEMBERS) world.befall(name, 'none');
  await pass(model, 50 + chance.int(30));
  world.befall(chance.pick(MEMBERS), chance.pick(['silent', 'full', 'dead'] as const));
  await pass(model, 25);
  for (const name of MEMBERS) world.befall(name, 'none');
});

export const FAULTS: readonly Fault[] = [
  ...MEMBER_FAULTS,
  ...PATH_FAULTS,
  ...NODE_FAULTS,
  ...BROKER_FAULTS,
  ...JOB_FAULTS,
  ...PEOPLE_FAULTS,
  // More often than each of the others: what is owed in time is seen here.
  ...[A_QUIET_TIME, A_QUIET_TIME, A_QUIET_TIME],
];

export { ILLNESSES, mend, putBack };
