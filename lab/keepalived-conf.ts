/** keepalived.conf of a node, as domain.md proves it: one table on both directors, `backup_only` as the loop guard. */

import { ADDRESS, MEMBERS, type Member, PRIORITY, REDIS_PORT, VIP, WEIGHT } from './topology.ts';

/** Its value times one is added to the priority; -254 and below makes the node give the VIP away (keepalived.conf.5). */
export const HANDOVER_FILE = '/run/weir/handover';

export const KEEPALIVED_PID_FILE = '/run/keepalived.pid';

/**
 * `state BACKUP` on both with `nopreempt`: whoever starts first is MASTER and stays it. Adverts under a second need
 * VRRP version 3 (trap T14).
 */
export function keepalivedConf(node: Member): string {
  return `global_defs {
  router_id ${node}
  vrrp_version 3
  lvs_sync_daemon eth0 VI_1
}

track_file handover {
  file ${HANDOVER_FILE}
}

vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${PRIORITY[node]}
  advert_int 0.2
  nopreempt
  virtual_ipaddress {
    ${VIP}/32
  }
  track_file {
    handover weight 1
  }
}

virtual_server ${VIP} ${REDIS_PORT} {
  delay_loop 1
  lb_algo wrr
  lb_kind DR
  protocol TCP
${MEMBERS.map(realServer).join('')}}
`;
}

function realServer(member: Member): string {
  return `
  real_server ${ADDRESS[member]} ${REDIS_PORT} {
    weight ${WEIGHT}
    TCP_CHECK {
      connect_port ${REDIS_PORT}
      connect_timeout 1
    }
  }
`;
}
