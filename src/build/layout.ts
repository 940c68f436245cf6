/** Where on a node the files stand that Weir makes. `root` is `/`, or a folder to look at them first. */

import { join } from 'node:path';

export interface Layout {
  readonly keepalivedConf: string;
  /** notify-swap: what keepalived.conf includes, and what the notify script copies there. */
  readonly table: string;
  readonly tableOnMaster: string;
  readonly notifyScript: string;
  readonly ingressRules: string;
  readonly sysctl: string;
  readonly modules: string;
  readonly tmpfiles: string;
  readonly addressUnit: string;
  readonly nodeUnit: string;
}

export function layoutUnder(root: string): Layout {
  const at = (path: string) => join(root, path);
  return {
    keepalivedConf: at('/etc/keepalived/keepalived.conf'),
    table: at('/etc/weir/table.conf'),
    tableOnMaster: at('/etc/weir/table-on-master.conf'),
    notifyScript: at('/etc/weir/notify-swap.sh'),
    ingressRules: at('/etc/weir/ingress-mark.nft'),
    sysctl: at('/etc/sysctl.d/60-weir.conf'),
    modules: at('/etc/modules-load.d/weir.conf'),
    tmpfiles: at('/etc/tmpfiles.d/weir.conf'),
    addressUnit: at('/etc/systemd/system/weir-address.service'),
    nodeUnit: at('/etc/systemd/system/weir-node.service'),
  };
}

/** In /run: what is forgotten at a reboot on purpose. A hold of the VIP is then over, and nopreempt keeps the peer MASTER (T13). */
export const RUN_DIR = '/run/weir';

/** Its number is added to the priority of every VRRP instance of the node; -254 and below gives the VIP away. */
export const HANDOVER_FILE = `${RUN_DIR}/handover`;

export const VRRP_FIFO = `${RUN_DIR}/vrrp.fifo`;
export const LVS_FIFO = `${RUN_DIR}/lvs.fifo`;
