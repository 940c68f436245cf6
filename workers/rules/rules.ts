/** The rules of a worker: it watches its folder, and evaluates by the rules that all workers have agreed on. */

import type { Redis } from 'ioredis';
import {
  agreeOn,
  type FolderReport,
  forgetReports,
  readAgreedHash,
  readReport,
  reportFolder,
} from '../../src/broker/rules.ts';
import { sealOf } from '../../src/broker/seal/sealed.ts';
import { defined } from '../../src/lib/defined.ts';
import { every } from '../../src/lib/every.ts';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import { messageOf, WeirError } from '../../src/model/error.ts';
import { readFolderTexts, TESTED_WITH } from '../../src/operations/pack.ts';
import { inOneLine, rulesInForce, sealRules } from '../../src/operations/rules-in-force.ts';
import { type RuleText, signatureOf } from '../../src/rules/files/folder.ts';
import { checkFolder } from '../../src/rules/testing/accept-folder.ts';

/** The time between two looks at the folder, in ms. A change is read when two looks saw the same. */
const LOOK_MS = 1_000;

/** So many looks pass between two reports. */
const REPORT_EVERY = 10;

export interface RulesDependencies {
  readonly redis: Redis;
  readonly folder: string;
  /** This worker's name, the same after a restart and with another folder. */
  readonly worker: string;
  /** Its name in the version before, so that its old report counts as its own. */
  readonly formerly?: string;
  /** Digest of a folder that needs no tests: of the pack that ships. */
  readonly accepted?: string;
  /** Broker time in ms. Throws when the broker does not answer. */
  brokerNow(): Promise<number>;
  /** Other rules are in force; `by` is the worker whose folder they come from. */
  onChange(ruleSet: RuleSet, by: string): void;
  /** The folder is rejected, with a sentence, or (undefined) accepted again; called when that changes. */
  onFault(fault: string | undefined): void;
  /** Rules that no worker has sealed stood in the broker; those before are put there again. */
  onForged(): void;
  onError(error: unknown, doing: string): void;
}

export interface RulesKeeper {
  /**
   * The rules in force, for one evaluation.
   * @throws WeirError 'rule' when this worker cannot use what the others have agreed on: it must not evaluate then.
   */
  current(): Promise<RuleSet>;
  /** One look at the folder. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface Loaded {
  readonly ruleSet: RuleSet;
  readonly texts: readonly RuleText[];
}

/** What a worker remembers of its folder, and of the rules in force. */
interface Memory {
  readonly deps: RulesDependencies;
  /** How the folder was read at the start. */
  readonly first: Read;
  /** Signature of the folder as it was loaded last. */
  loaded: string;
  /** Signature at the look before. */
  seen: string;
  /** Hash of the rules in the folder, as far as they could be used. */
  ownHash: string | undefined;
  /** Why the folder is not used. */
  fault: string | undefined;
  inForce: Loaded;
  looks: number;
  /** The broker has heard of this worker's folder. */
  isPublished: boolean;
}

/**
 * Reads the folder and watches it. Rules that are new in it are put in force for all workers: after an edit, at the start of
 * a new deployment, or with another folder than before, also one that the worker once had. A worker that is started again
 * with the folder that it had takes the rules in force. A fault in the folder leaves the rules in force as they are.
 * @throws WeirError 'rule' with every fault where there are no rules in force to fall back on.
 */
export async function startRules(deps: RulesDependencies): Promise<RulesKeeper> {
  const memory = await readFirst(deps);
  const repeating = every(LOOK_MS, 'rules', () => look(memory), deps.onError);
  return { current: () => current(memory), look: () => look(memory), stop: () => repeating.stop() };
}

async function readFirst(deps: RulesDependencies): Promise<Memory> {
  const signature = await signatureOf(deps.folder);
  const first = await readFolder(deps);
  const inForce = first.ok ? first : await fallBack(deps, first.faults);
  const memory: Memory = {
    deps,
    first,
    loaded: signature,
    seen: signature,
    ownHash: first.ok ? first.ruleSet.hash : undefined,
    fault: undefined,
    inForce,
    looks: 0,
    isPublished: false,
  };
  if (!first.ok) setFault(memory, inOneLine(first.faults));
  deps.onChange(inForce.ruleSet, sourceOf(deps));
  return memory;
}

async function fallBack({ redis }: RulesDependencies, faults: readonly string[]): Promise<Loaded> {
  const agreed = await rulesInForce(redis).catch(() => undefined);
  if (agreed === undefined) throw new WeirError('rule', faults.join('\n'));
  return agreed;
}

/** Says for people where rules of this worker come from. */
function sourceOf({ worker, folder }: RulesDependencies): string {
  return `${worker}, folder ${folder}`;
}

function setFault(memory: Memory, fault: string | undefined): void {
  if (fault === memory.fault) return;
  memory.fault = fault;
  memory.deps.onFault(fault);
}

async function look(memory: Memory): Promise<void> {
  await publishOnce(memory);
  const { deps, seen } = memory;
  memory.looks += 1;
  const signature = await signatureOf(deps.folder);
  memory.seen = signature;
  if (signature === seen && signature !== memory.loaded) {
    await load(memory);
    memory.loaded = signature;
  } else if (memory.looks % REPORT_EVERY === 0) await report(memory);
}

async function load(memory: Memory): Promise<void> {
  const read = await readFolder(memory.deps);
  if (read.ok && read.ruleSet.hash !== memory.ownHash) await publish(memory, read, 'always');
  if (read.ok) memory.ownHash = read.ruleSet.hash;
  setFault(memory, read.ok ? undefined : inOneLine(read.faults));
  await report(memory);
}

async function current(memory: Memory): Promise<RuleSet> {
  await publishOnce(memory);
  const { redis, onChange } = memory.deps;
  const hash = await readAgreedHash(redis);
  if (hash === memory.inForce.ruleSet.hash) return memory.inForce.ruleSet;
  // A broker that has lost its memory is given the rules that were in force.
  if (hash === undefined) await publish(memory, memory.inForce, 'if-none');
  const agreed = await rulesInForce(redis);
  // The agreement cannot be read, so the rules that were in force replace it.
  if (agreed === undefined && hash !== undefined) {
    if (sealOf(redis) !== undefined) memory.deps.onForged();
    await publish(memory, memory.inForce, 'always');
  }
  if (agreed !== undefined && agreed.ruleSet.hash !== memory.inForce.ruleSet.hash) {
    memory.inForce = agreed;
    onChange(agreed.ruleSet, agreed.by);
  }
  return memory.inForce.ruleSet;
}

/** Puts the folder in force unless it is the one that was there before a restart. Done once, when the broker answers. */
async function publishOnce(memory: Memory): Promise<void> {
  if (memory.isPublished) return;
  const { deps, first, ownHash } = memory;
  await forgetReports(deps.redis, await deps.brokerNow());
  const before = await reportBefore(deps);
  const isAsItWas = before?.hash === ownHash && (before?.folder ?? deps.folder) === deps.folder;
  if (first.ok) await publish(memory, first, isAsItWas ? 'if-none' : 'always');
  else await report(memory);
  await sealRules(deps.redis);
  memory.isPublished = true;
}

async function reportBefore({ redis, worker, formerly }: RulesDependencies): Promise<FolderReport | undefined> {
  const own = await readReport(redis, worker);
  return own ?? (formerly === undefined ? undefined : await readReport(redis, formerly));
}

async function publish(memory: Memory, { ruleSet, texts }: Loaded, when: 'always' | 'if-none'): Promise<void> {
  const { deps } = memory;
  await agreeOn(deps.redis, { hash: ruleSet.hash, texts, by: sourceOf(deps), at: await deps.brokerNow() }, when);
  await report(memory);
}

async function report({ deps, ownHash, fault }: Memory): Promise<void> {
  await reportFolder(deps.redis, {
    worker: deps.worker,
    folder: deps.folder,
    ...defined({ hash: ownHash, fault }),
    at: await deps.brokerNow(),
  });
}

type Read = ({ readonly ok: true } & Loaded) | { readonly ok: false; readonly faults: readonly string[] };

async function readFolder({ folder, accepted }: RulesDependencies): Promise<Read> {
  try {
    const texts = await readFolderTexts(folder);
    const checked = await checkFolder(texts, TESTED_WITH, accepted);
    return checked.ok ? { ...checked, texts: texts.rules } : checked;
  } catch (error) {
    return { ok: false, faults: [messageOf(error)] };
  }
}
