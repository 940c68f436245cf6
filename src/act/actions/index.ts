import type { ActionKind } from '../../model/decisions/action.ts';
import type { Action } from './action.ts';
import { drain } from './drain.ts';
import { failover } from './failover.ts';
import { removeOrphanVip } from './remove-orphan-vip.ts';
import { restore } from './restore.ts';
import { setWeight } from './set-weight.ts';
import { shedClients } from './shed-clients.ts';

/** Every action of a node. Adding one is adding it here, and its kind to the model. */
export const ACTIONS: Readonly<Record<ActionKind, Action>> = {
  set_weight: setWeight,
  drain,
  restore,
  shed_clients: shedClients,
  failover,
  remove_orphan_vip: removeOrphanVip,
};
