/** Weir itself on this node, the files that it and keepalived believe, and the clocks. */

import { type Check, ofNode, perPool } from '../check.ts';
import type { FileFact } from '../facts.ts';

/** Two clocks that differ by less than this are the same for people who compare logs, in ms. */
const MAX_SKEW_MS = 1_000;

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** The sticky bit: in such a folder (/tmp) only the owner of a file removes it. */
const STICKY = 0o1000;

const noNode = ofNode('node-not-running', ({ weir }, { node, config }) => {
  if (weir.nodePid !== null) return undefined;
  return {
    is: `No weir node runs on ${config.stateDir}.`,
    should: `weir node --name ${node} runs on this server.`,
    why: 'Nobody watches this director, no drain reaches its table, and a lease that it holds ends only when it runs again.',
    mend: ['systemctl start weir-node', 'journalctl -u weir-node -n 20'],
  };
});

const noCapability = ofNode('no-cap-net-admin', ({ weir }, { layout }) => {
  if (weir.netAdmin !== false) return undefined;
  return {
    is: `weir node (pid ${weir.nodePid}) runs without CAP_NET_ADMIN.`,
    should: 'It runs as root, or with this capability.',
    why: 'It sees trouble and cannot change the LVS table: every drain of this node fails.',
    mend: [
      `# ${layout.nodeUnit}: no User=, or AmbientCapabilities=CAP_NET_ADMIN; then:`,
      'systemctl daemon-reload && systemctl restart weir-node',
    ],
  };
});

const leases = ofNode('lease-file', ({ weir }, { config }) => {
  if (weir.leaseTrouble === undefined) return undefined;
  return {
    is: weir.leaseTrouble,
    should: 'The file can be read, or is not there.',
    why: 'Weir forgets nothing that it holds, so it stops instead: no weight is changed and none given back.',
    mend: [
      '# look at the weights (ipvsadm -Ln), move the file away, set the weights right by hand:',
      `mv ${config.stateDir}/leases.json ${config.stateDir}/leases.json.broken && systemctl restart weir-node`,
    ],
  };
});

const unsealed = perPool('not-sealed', ({ pool, seen }) => {
  if (seen.unsealed === undefined) return undefined;
  return {
    is: `${seen.unsealed.join(', ')} wrote into pool ${pool.name} without a seal within the last minute.`,
    should: 'All seal what they write, as seal.mode says here.',
    why: "Whoever has the broker's password can write the same in their name. With seal.mode: require they are not heard.",
    mend: ['# each needs a key of its role, and a version that knows seals (docs/rotation.md):', 'weir seal new'],
  };
});

const writable: Check = {
  name: 'writable-by-others',
  find({ files }) {
    const open = files.filter(othersMayWrite).map(({ path }) => path);
    const foreign = files.filter(({ ofRoot, uid }) => ofRoot && uid !== 0).map(({ path }) => path);
    const all = [...new Set([...open, ...foreign])];
    if (all.length === 0) return [];
    return [
      {
        is: `Others than root may write ${all.join(', ')}.`,
        should: 'Nobody but root may write what keepalived and Weir believe.',
        why: 'Whoever writes there moves the VIP, changes the rules or runs a program as root.',
        mend: [
          ...(foreign.length > 0 ? [`chown root:root ${foreign.join(' ')}`] : []),
          ...(open.length > 0 ? [`chmod go-w ${open.join(' ')}`] : []),
        ],
      },
    ];
  },
};

function othersMayWrite({ mode, uid, gid, folder }: FileFact): boolean {
  if (folder && (mode & STICKY) !== 0) return false;
  // A group of one's own, or root's, lets in nobody else.
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && gid !== 0 && gid !== uid);
}

const skew: Check = {
  name: 'clock-skew',
  find: ({ clocks }, { node }) =>
    Object.entries(clocks).flatMap(([other, { aheadMs, uncertainMs }]) => {
      if (Math.abs(aheadMs) - uncertainMs <= MAX_SKEW_MS) return [];
      const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1);
      return [
        {
          is: `The clock of ${other} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${node}.`,
          should: 'Clocks of the nodes agree within a second.',
          why: 'Logs of the two nodes cannot be put in one order. Weir itself goes by the time of its broker.',
          mend: ['# on the node that is wrong:', 'timedatectl set-ntp true && timedatectl timesync-status'],
        },
      ];
    }),
};

export const WEIR_CHECKS: readonly Check[] = [noNode, noCapability, leases, unsealed, writable, skew];
