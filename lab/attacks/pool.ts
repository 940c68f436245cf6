/** A pool of real processes on loopback (the bench of the faults) that somebody with the broker's password attacks. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { newKeyPair } from '../../src/broker/seal/keys.ts';
import type { SealMode } from '../../src/model/configuration/seal.ts';
import { type BenchOptions, startBench } from '../chaos/bench/bench.ts';
import { NODES } from '../chaos/bench/nodes.ts';
import { configFile } from '../chaos/bench/roles.ts';
import type { Bench } from '../chaos/bench/type.ts';
import { until } from '../until.ts';
import type { Tree } from '../weir/weir-yaml.ts';
import type { Ended, Host, RunOptions } from './host.ts';

export interface Pool {
  readonly bench: Bench;
  readonly host: Host;
  readonly mode: SealMode;
  /** `weir` as a terminal of this pool, with the terminal's key. */
  weir(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Ends a node's process and starts it again. */
  restart(name: 'a' | 'b'): Promise<void>;
  /** The path of the weir.yaml of node a or b, or of the terminal. */
  config(name: 'a' | 'b' | 'terminal'): string;
}

export interface PoolAndModes extends AsyncDisposable {
  /** Starts every process of the pool anew with this mode. */
  in(mode: SealMode): Promise<Pool>;
}

const ROLES = ['node', 'worker', 'terminal'] as const;
type Keys = Readonly<Record<(typeof ROLES)[number], ReturnType<typeof newKeyPair>>>;

export async function startPool(host: Host, options: BenchOptions = { scale: 10 }): Promise<PoolAndModes> {
  const bench = await startBench(options);
  const keys: Keys = { node: newKeyPair(), worker: newKeyPair(), terminal: newKeyPair() };
  let now: SealMode = 'off';
  await writeTerminal(bench, keys, now);
  return {
    async in(mode) {
      if (mode !== now) {
        now = mode;
        await restartAll(bench, keys, mode);
      }
      const config = (name: 'a' | 'b' | 'terminal') => configFile(bench.dir, name);
      return {
        ...{ bench, host, mode, config },
        weir: (args, how) => host.weir([...args, '-c', config('terminal')], how),
        restart: (name) => restartNode(bench, name),
      };
    },
    [Symbol.asyncDispose]: () => bench.stop(),
  };
}

async function restartAll(bench: Bench, keys: Keys, mode: SealMode): Promise<void> {
  for (const name of ['worker', ...NODES]) {
    const own = name === 'worker' ? keys.worker : keys.node;
    bench.edit(name, (tree) => withSeal(tree, keys, mode, own.privateText));
  }
  await bench.worker().kill('SIGTERM');
  await bench.startWorker();
  for (const node of NODES) await restartNode(bench, node);
  await writeTerminal(bench, keys, mode);
  await bench.calm();
}

async function restartNode(bench: Bench, name: 'a' | 'b'): Promise<void> {
  await bench.node(name).kill('SIGTERM');
  await bench.startNode(name);
}

async function writeTerminal(bench: Bench, keys: Keys, mode: SealMode): Promise<void> {
  const tree = parse(await readFile(configFile(bench.dir, 'direct'), 'utf8')) as Tree;
  await writeFile(configFile(bench.dir, 'terminal'), stringify(withSeal(tree, keys, mode, keys.terminal.privateText)));
}

function withSeal(tree: Tree, keys: Keys, mode: SealMode, key: string): Tree {
  if (mode === 'off') return tree;
  const open = Object.fromEntries(ROLES.map((role) => [role, [keys[role].publicText]]));
  return { ...tree, seal: { mode, key, public: open } };
}

/** What keeps `b` where it was: both tables and the pool, after the attack has had so long to show, in ms. */
export async function weightsAfter(
  bench: Bench,
  ms: number,
): Promise<{ readonly changed: boolean; readonly text: string }> {
  const until = performance.now() + ms;
  for (;;) {
    const weights = NODES.map((node) => JSON.stringify(bench.weights(node)));
    const changed = weights.some((text) => text !== '{"a":100,"b":100}');
    const text = NODES.map((node) => `b at ${bench.weights(node).b} on ${node}`).join(', ');
    if (changed || performance.now() > until) return { changed, text };
    await sleep(100);
  }
}

/** Gives back what an attack took, as a person would, and waits until nothing is left of it. */
export async function giveBack({ bench, weir }: Pool): Promise<void> {
  for (const member of NODES) await weir(['restore', `logs/${member}`]);
  await bench.calm(60_000);
}

/** A drain of b that waits for another person's yes; a busy machine is asked again. @returns its decision. */
export async function waitingDrain({ bench, weir }: Pool): Promise<string> {
  return until(
    async () => {
      const waits = async () => (await bench.status()).waiting?.[0]?.id;
      if ((await waits()) === undefined)
        await weir(['drain', 'logs/b', '--ask', '--reason', 'to be approved by another']);
      return waits();
    },
    60_000,
    'a decision that waits',
    2_000,
  );
}

/** A person's own drain is done, and given back. */
export async function honestDrain({ bench, weir }: Pool): Promise<boolean> {
  const isDrained = () => NODES.every((node) => bench.weights(node).b === 0);
  // A busy machine has no fresh readings for a moment, and then the rails refuse.
  const drained = await until(
    async () => {
      if (!isDrained()) await weir(['drain', 'logs/b', '--reason', 'an honest one']);
      return isDrained();
    },
    60_000,
    'b drained',
    2_000,
  ).catch(() => false);
  await weir(['restore', 'logs/b']);
  await bench.calm(60_000);
  return drained;
}

/** The state_dir of a node. */
export function stateFile(bench: Bench, node: 'a' | 'b', ...path: readonly string[]): string {
  return join(bench.stateDir(node), ...path);
}
