/** Keys: a cluster that does not serve the queue's slot, and a queue that is no list. */

import { until } from '../../support/waiting.ts';
import { asCluster } from '../member/member-fixture.ts';
import { QUEUE, type State } from './state.ts';

export const KEYS: readonly State[] = [
  {
    name: 'a cluster without slots',
    args: asCluster,
    async leave({ admin }) {
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      const isUp = async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(isUp, 'the cluster to be up');
    },
    pushes: 'CLUSTERDOWN',
  },
  {
    name: "its queue's key is no list",
    async enter({ admin }) {
      await admin.set(QUEUE, 'no list');
    },
    async leave({ admin }) {
      await admin.del(QUEUE);
    },
    pushes: 'WRONGTYPE',
  },
];
