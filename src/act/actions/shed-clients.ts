import type { Action } from './action.ts';

/** Ends every producer's connection to the member once; where each lands is LVS's choice. */
export const shedClients: Action = {
  kind: 'shed_clients',
  async run(_job, _pool, tools) {
    const refused = await tools.begin();
    if (refused !== undefined) return refused;
    const moving = await tools.moveProducers({ drained: false });
    return { result: 'applied', ...moving, at: tools.now() };
  },
};
