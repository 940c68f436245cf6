/**
 * The pool as its article built it, by hand: the same keepalived.conf on both nodes, with a table on the MASTER only, which
 * notify scripts put in and take out by copying files. Its addresses, weights, scheduler, priorities and checks; of its
 * text only what the copy on the web has broken is mended (names of keywords, quotes), and one thing more: its scripts
 * reload with `killall -HUP keepalived`, which reaches keepalived's children twice, from killall and from their parent.
 * Keepalived 2.2.7 then loses count of them (it logs `read eventfd count 4, num_reloading 2`) and never reads its file
 * again: seen after 3 and 5 moves of the VIP on a busy machine. Here the parent alone is told.
 */

import type { Lab } from '../lab.ts';
import { NODE_ROOT } from '../pool/nodes.ts';
import { ADDRESS, MEMBERS, type Member, REDIS_PORT, VIP } from '../pool/topology.ts';

/** Where keepalived of the lab reads its file; the article's scripts stand beside it. */
export const FOLDER = `${NODE_ROOT}/etc/keepalived`;

const PRIORITY: Readonly<Partial<Record<Member, number>>> = { a: 100, b: 99 };

/** What the article's operator would do to move the VIP by hand: a lower priority, and reload. */
function articleConf(node: Member, table: boolean, priority = PRIORITY[node]): string {
  return `global_defs {
  router_id LVS_DEVEL
  script_user root
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass 1111
  }
  virtual_ipaddress {
    ${VIP}/24
  }
  notify_master "${FOLDER}/notify_master.sh"
  notify_backup "${FOLDER}/notify_backup.sh"
}
${table ? virtualServer() : ''}`;
}

function virtualServer(): string {
  return `virtual_server ${VIP} ${REDIS_PORT} {
  delay_loop 6
  lb_algo rr
  lb_kind DR
  persistence_timeout 0
  protocol TCP
${MEMBERS.map(
  (member) => `  real_server ${ADDRESS[member]} ${REDIS_PORT} {
    weight 1
    TCP_CHECK {
      connect_port ${REDIS_PORT}
      connect_timeout 3
    }
  }
`,
).join('')}}
`;
}

function notifyScript(which: 'master' | 'backup'): string {
  const [ignore, announce] = which === 'master' ? [0, 0] : [1, 2];
  return `#!/bin/sh
echo ${ignore} >/proc/sys/net/ipv4/conf/lo/arp_ignore
echo ${announce} >/proc/sys/net/ipv4/conf/lo/arp_announce
echo ${ignore} >/proc/sys/net/ipv4/conf/all/arp_ignore
echo ${announce} >/proc/sys/net/ipv4/conf/all/arp_announce
diff ${FOLDER}/keepalived.conf ${FOLDER}/${which}.conf
if test "$?" != "0"; then
  cp ${FOLDER}/${which}.conf ${FOLDER}/keepalived.conf
  kill -HUP "$(cat /run/keepalived.pid)"
fi
`;
}

/** The VIP that a script of the article puts on lo, and what else Weir's files have set, set back. */
const KERNEL = [
  ...['net.ipv4.vs.backup_only=0', 'net.ipv4.vs.expire_nodest_conn=0', 'net.ipv4.vs.expire_quiescent_template=0'],
  ...['all', 'lo'].flatMap((device) => [
    `net.ipv4.conf.${device}.arp_ignore=1`,
    `net.ipv4.conf.${device}.arp_announce=2`,
  ]),
  ...['net.ipv4.conf.eth0.arp_ignore=0', 'net.ipv4.conf.eth0.arp_announce=0'],
];

async function writeArticle(lab: Lab, node: Member, priority = PRIORITY[node]): Promise<void> {
  const host = lab.node(node);
  for (const which of ['master', 'backup'] as const) {
    await host.write(`${FOLDER}/${which}.conf`, articleConf(node, which === 'master', priority));
    await host.write(`${FOLDER}/notify_${which}.sh`, notifyScript(which));
    await host.exec(['chmod', '755', `${FOLDER}/notify_${which}.sh`]);
  }
}

/** Makes both nodes of a lab what the article made of them. */
export async function buildArticle(lab: Lab): Promise<void> {
  for (const node of MEMBERS) await lab.stopKeepalived(node);
  for (const node of MEMBERS) {
    await writeArticle(lab, node);
    await lab.node(node).write(`${FOLDER}/keepalived.conf`, articleConf(node, false));
    await lab.node(node).exec(['sysctl', '-qw', ...KERNEL]);
  }
  for (const node of MEMBERS) await lab.startKeepalived(node);
}

/** What the article's operator edits to move the VIP: both files, then a reload. */
export async function setPriority(lab: Lab, node: Member, priority?: number): Promise<void> {
  await writeArticle(lab, node, priority);
  const host = lab.node(node);
  const isMaster = (await lab.master()) === node;
  await host.write(`${FOLDER}/keepalived.conf`, articleConf(node, isMaster, priority));
  await host.exec(['kill', '-HUP', (await host.read('/run/keepalived.pid')).trim()]);
}
