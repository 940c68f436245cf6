/** Files by which Weir and keepalived meet on a node. In /run: what is forgotten at a reboot on purpose (T13). */

export interface RunFiles {
  readonly folder: string;
  /** Its number is added to the priority of every VRRP instance of the node; -254 and below gives the VIP away. */
  readonly handover: string;
  /** keepalived writes a line into them at every change of a VRRP instance and of a real server. */
  readonly vrrpFifo: string;
  readonly lvsFifo: string;
}

/** The track file whose number keepalived adds to a member's configured weight. */
export function weightFile(folder: string, pool: string, member: string): string {
  return `${folder}/weight-${pool}-${member}`;
}

/** @param folder keepalived.run_dir of weir.yaml. */
export function runFiles(folder: string): RunFiles {
  return {
    folder,
    handover: `${folder}/handover`,
    vrrpFifo: `${folder}/vrrp.fifo`,
    lvsFifo: `${folder}/lvs.fifo`,
  };
}
