/** The places of the files that Weir makes on a node. `root` is `/`, or a folder to look at them first. */

import { join } from 'node:path';
import { type RunFiles, runFiles } from '../../model/configuration/run-files.ts';

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
  readonly keepalivedDropIn: string;
  readonly run: RunFiles;
}

/** @param runDir keepalived.run_dir of weir.yaml; not below the root. */
export function layoutUnder(root: string, runDir = '/run/weir'): Layout {
  const at = (path: string) => join(root, path);
  return {
    keepalivedConf: at('/etc/keepalived/keepalived.conf'),
    table: at('/etc/weir/table.conf'),
    tableOnMaster: at('/etc/weir/table-on-master.conf'),
    notifyScript: at('/etc/weir/notify-swap.sh'),
    ingressRules: at('/etc/weir/ingress-mark.tc'),
    sysctl: at('/etc/sysctl.d/60-weir.conf'),
    modules: at('/etc/modules-load.d/weir.conf'),
    tmpfiles: at('/etc/tmpfiles.d/weir.conf'),
    addressUnit: at('/etc/systemd/system/weir-address.service'),
    nodeUnit: at('/etc/systemd/system/weir-node.service'),
    keepalivedDropIn: at('/etc/systemd/system/keepalived.service.d/weir.conf'),
    run: runFiles(runDir),
  };
}
