/** LVS: the kernel, its table, and what keeps two directors from handing packets back and forth. */

import type { PoolConfig } from '../../../model/configuration/config.ts';
import { fwmarkOf } from '../../../model/configuration/fwmark.ts';
import { BACKUP, MASTER } from '../../apply/machine.ts';
import { type Check, ofNode, type PoolView, perPool } from '../check.ts';
import type { ConfigurationFacts } from '../facts.ts';
import { deviceOf, keepsVip, type Wanted } from '../wanted.ts';

const SHOW_DAEMONS = 'ipvsadm -L --daemon';

const noKernel = ofNode('ip-vs-missing', ({ lvs }) => {
  if (lvs.kernel !== false) return undefined;
  return {
    is: 'The kernel has no ip_vs.',
    should: 'ip_vs is loaded, at every boot too (/etc/modules-load.d/weir.conf).',
    why: 'This node balances nothing: as MASTER it would serve every producer by itself, or none.',
    mend: ['modprobe ip_vs', 'systemctl restart keepalived'],
  };
});

const noIpvsadm = ofNode('ipvsadm-missing', ({ lvs }) => {
  if (lvs.ipvsadm !== false) return undefined;
  return {
    is: 'ipvsadm is not installed.',
    should: 'Weir changes weights by ipvsadm.',
    why: 'No drain and no weight reaches the table of this node.',
    mend: ['apt-get install ipvsadm'],
  };
});

const noService = perPool('table-without-service', ({ pool, seen: { service, instance }, facts }) => {
  // Under notify-swap only the MASTER has the table.
  const expected = pool.lvs.loopGuard !== 'notify-swap' || instance?.state === MASTER;
  if (service !== null || !expected || !facts.keepalived.running) return undefined;
  return {
    is: `The LVS table has no service for ${pool.vip.address}:${pool.vip.port}.`,
    should: 'keepalived keeps one, with every member that answers its check.',
    why: 'Producers reach the MASTER only, or are refused. Emptied by hand (ipvsadm -C), keepalived never fills it again.',
    mend: RESTART,
  };
});

const templates = perPool('quiescent-templates', ({ pool, seen: { service }, facts, wanted }) => {
  const key = 'net.ipv4.vs.expire_quiescent_template';
  if (service?.persistent !== true || facts.sysctls[key] !== 0) return undefined;
  return {
    is: `The service of ${pool.vip.address} is persistent, and ${key} is 0.`,
    should: `With persistence ${key} is 1.`,
    why: 'A drained member goes on getting its old clients: a drain never ends.',
    mend: setSysctl(key, wanted),
  };
});

const nodestConn = ofNode('expire-nodest-conn', ({ sysctls }, wanted) => {
  const key = 'net.ipv4.vs.expire_nodest_conn';
  if (sysctls[key] !== 0) return undefined;
  return {
    is: `${key} is 0.`,
    should: 'It is 1.',
    why: 'Packets to a member that was taken out vanish: its producers hang instead of reconnecting, and Weir cannot move them.',
    mend: setSysctl(key, wanted),
  };
});

function setSysctl(key: string, { layout, node }: Wanted): string[] {
  return [`sysctl -w ${key}=1`, `# over a reboot: ${layout.sysctl}, from weir render --node ${node} --apply`];
}

interface Gap {
  readonly why: string;
  readonly mend: readonly string[];
}

const RESTART = ['# the VIP goes to the other node meanwhile', 'systemctl restart keepalived'];

/** Says why this node would schedule again what another director has sent to it; undefined where it would not. */
function gapIn(view: PoolView): Gap | undefined {
  if (!view.seen.service || !keepsVip(view.pool)) return undefined;
  return GAPS[view.pool.lvs.loopGuard](view);
}

const GAPS: Readonly<Record<PoolConfig['lvs']['loopGuard'], (view: PoolView) => Gap | undefined>> = {
  'backup-only'({ seen: { instance }, facts: { lvs, sysctls, pools }, wanted }) {
    const key = 'net.ipv4.vs.backup_only';
    if (sysctls[key] === 0) return { why: `${key} is 0`, mend: setSysctl(key, wanted) };
    const { daemons } = lvs;
    if (daemons === undefined || instance?.state === undefined) return undefined;
    const mend = [
      ...RESTART,
      '# a reload can lose the sync daemon (keepalived 2.2.7); see that it is back:',
      SHOW_DAEMONS,
    ];
    if (daemons.length === 0) return { why: 'no sync daemon runs, and backup_only does nothing without', mend };
    // The daemon follows one instance: with a second one that is MASTER elsewhere, see masters-apart.
    const master = Object.values(pools).some((facts) => facts.instance?.state === MASTER);
    if (instance.state !== BACKUP || master || daemons.includes('backup')) return undefined;
    return { why: 'the sync daemon does not know that this node is BACKUP', mend };
  },
  'notify-swap': ({ seen: { instance }, wanted: { layout } }) =>
    instance?.state === BACKUP
      ? {
          why: 'this node is BACKUP and has the table nevertheless',
          mend: [
            '# what keepalived runs at each change of state, and it takes the state that it finds:',
            layout.notifyScript,
          ],
        }
      : undefined,
  'ingress-mark'({ pool, seen: { service, marked }, wanted: { node } }) {
    if (service?.mark === undefined) {
      return { why: 'the table counts by address, not by mark', mend: [`weir render --node ${node} --apply`] };
    }
    // Somebody else's mark is set by somebody else's rules.
    if (marked !== false || service.mark !== fwmarkOf(pool)) return undefined;
    return {
      why: 'nothing marks what clients send',
      mend: ['systemctl restart weir-address.service', `tc filter show dev ${deviceOf(pool, node)} ingress`],
    };
  },
};

const guard = perPool('no-loop-guard', (view) => {
  const gap = gapIn(view);
  if (gap === undefined) return undefined;
  return {
    is: `The loop guard ${view.pool.lvs.loopGuard} does not work here: ${gap.why}.`,
    should: 'Only the director that a producer reached schedules its connection.',
    why: 'What the other director hands to this node is scheduled again: connections go in circles or hang.',
    mend: gap.mend,
  };
});

/** Says what is wrong with the sync daemons. One too many was left by a keepalived that was killed, or started by hand. */
function wrongDaemon(daemons: readonly string[], master: boolean): Gap | undefined {
  const [role, other] = master ? ['MASTER', 'backup'] : ['BACKUP', 'master'];
  const stop = [`ipvsadm --stop-daemon ${other}`, SHOW_DAEMONS];
  if (daemons.length === 2) {
    return { why: `This node is ${role}, and the sync daemons for master and for backup both run.`, mend: stop };
  }
  if (!master || daemons[0] !== 'backup') return undefined;
  return { why: 'This node is MASTER, and its sync daemon runs as backup.', mend: [...RESTART, SHOW_DAEMONS] };
}

function unboundDaemon({ says, path }: ConfigurationFacts): Gap | undefined {
  if (says?.syncDaemon === undefined || says.syncDaemon.instance !== undefined) return undefined;
  return {
    why: `lvs_sync_daemon in ${path} names no VRRP instance.`,
    mend: ['# name the instance behind the interface there; then:', ...RESTART, SHOW_DAEMONS],
  };
}

const syncDaemon = ofNode('sync-daemon', (facts, { groups: [group], pools }) => {
  const guarded = pools.filter((pool) => keepsVip(pool) && pool.lvs.loopGuard === 'backup-only');
  if (guarded.length === 0 || group === undefined) return undefined;
  const master = guarded.some(({ name }) => facts.pools[name]?.instance?.state === MASTER);
  // Without an instance both run on every node, and stopping one does not last.
  const gap = unboundDaemon(facts.configuration) ?? wrongDaemon(facts.lvs.daemons ?? [], master);
  if (gap === undefined) return undefined;
  return {
    is: gap.why,
    should: `One runs, as what the instance is: lvs_sync_daemon ${group.interface} ${group.name}.`,
    why: 'With the one for backup a MASTER hands out nothing and serves all by itself; without it a BACKUP has no loop guard.',
    mend: gap.mend,
  };
});

export const LVS_CHECKS: readonly Check[] = [noKernel, noIpvsadm, noService, templates, nodestConn, guard, syncDaemon];
