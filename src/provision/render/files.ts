/** Lists every file that Weir makes for a node, in the order of writing. A new one is added here. Pure. */

import { join } from 'node:path';
import type { YamlPath } from '../../lib/yaml/file.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { type Group, groupsOf, refusals, throwRefusals } from './groups.ts';
import { ingressRules } from './ingress-mark.ts';
import { keepalivedConf } from './keepalived-conf.ts';
import type { Layout } from './layout.ts';
import { notifyScript, tableOnMaster } from './notify-swap.ts';
import { modules, sysctlFile, tmpfiles } from './system.ts';
import { addressUnit, keepalivedDropIn, nodeUnit, workerUnit } from './units.ts';

export interface BuiltFile {
  readonly path: string;
  readonly text: string;
  /** The file's permission bits. Nobody but root may write any of them (docs/hazards.md#t38). */
  readonly mode: number;
}

export interface Built {
  readonly groups: readonly Group[];
  readonly files: readonly BuiltFile[];
}

const READABLE = 0o644;
const PROGRAM = 0o755;
/** It has the VRRP password in it. */
const PRIVATE = 0o600;

/**
 * What a node needs, made of weir.yaml.
 * @param at says where a value of weir.yaml stands; left out: in which file.
 * @throws WeirError 'config' when it cannot be built, a sentence a line.
 */
export function build(
  config: WeirConfig,
  node: string,
  layout: Layout,
  at: (path: YamlPath) => string = () => `${config.file}:`,
): Built {
  const groups = groupsOf(Object.values(config.pools), node);
  throwRefusals(refusals(groups, node), at);
  const guards = new Set(groups.flatMap((group) => group.pools.map(({ lvs }) => lvs.loopGuard)));
  const file = (path: string, text: string, mode = READABLE): BuiltFile => ({ path, text, mode });
  return {
    groups,
    files: [
      file(layout.modules, modules(node, groups)),
      file(layout.sysctl, sysctlFile(node, groups)),
      file(layout.tmpfiles, tmpfiles(node, groups, layout.run, guards.has('notify-swap') ? layout.table : undefined)),
      ...(guards.has('ingress-mark') ? [file(layout.ingressRules, ingressRules(node, groups))] : []),
      ...(guards.has('notify-swap')
        ? [
            file(layout.tableOnMaster, tableOnMaster(groups)),
            file(
              layout.notifyScript,
              notifyScript({ node, groups, layout, pidFile: config.keepalived.pidFile }),
              PROGRAM,
            ),
          ]
        : []),
      file(layout.addressUnit, addressUnit(node, groups, layout)),
      file(layout.nodeUnit, nodeUnit(node, config.stateDir, layout)),
      file(layout.keepalivedDropIn, keepalivedDropIn(node, config.keepalived.dumpFile)),
      file(layout.keepalivedConf, keepalivedConf({ node, groups, layout }), PRIVATE),
    ],
  };
}

/** What systemd needs for a worker. @param root as of a layout. */
export function workerFiles(root: string): readonly BuiltFile[] {
  return [{ path: join(root, '/etc/systemd/system/weir-worker.service'), text: workerUnit(), mode: READABLE }];
}
