/** One configuration from one seed. Pure. */

import { createChance } from '../../../model-check/chance.ts';
import { breakText, breakTree } from './faults.ts';
import { globalBlocks } from './globals.ts';
import { type Files, write } from './layout.ts';
import { lvsBlocks } from './lvs.ts';
import { sceneOf } from './scene.ts';
import type { Node } from './statement.ts';
import { type Traits, trackers, vrrpBlocks } from './vrrp.ts';

export interface Generated {
  readonly seed: number;
  readonly files: Files;
  readonly configId: string;
  /** The addresses of the server that it is read on. */
  readonly own: readonly string[];
  /** What is wrong with it, by name; none: keepalived should take it without a word. */
  readonly faults: readonly string[];
  /** What is in force; none where lines of it were damaged. */
  readonly nodes: readonly Node[];
}

export function generate(seed: number): Generated {
  const chance = createChance(seed * 7_919 + 17);
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 8; skipped++) chance.int(2);
  const scene = sceneOf(chance);
  const traits: Traits = { version: chance.once(3) ? 3 : 2 };
  const good = [
    ...globalBlocks(chance, scene, traits),
    ...trackers(chance),
    ...vrrpBlocks(chance, scene, traits),
    ...lvsBlocks(chance, scene),
  ];
  const kind = chance.int(10);
  const tree = kind < 3 ? breakTree(chance, good, scene) : { nodes: good, faults: [] };
  const files = write(chance, tree.nodes, scene.configId);
  const text = kind === 3 ? breakText(chance, files) : { files, faults: [] };
  return {
    seed,
    files: text.files,
    configId: scene.configId,
    own: scene.own,
    faults: [...tree.faults, ...text.faults],
    nodes: text.faults.length > 0 ? [] : tree.nodes,
  };
}
