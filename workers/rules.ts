/** The rules of a worker: its folder is watched, and what is in force is what all workers have agreed on. */

import type { Redis } from 'ioredis';
import { agreeOn, forgetReports, readAgreed, readAgreedHash, readReport, reportFolder } from '../src/broker/rules.ts';
import { messageOf, WeirError } from '../src/model/error.ts';
import type { RuleSet } from '../src/model/rule.ts';
import { type RuleText, readTexts, signatureOf } from '../src/rules/folder.ts';
import { checkFolder } from '../src/rules/gate.ts';
import { checkRules } from '../src/rules/load.ts';
import type { RunParts } from '../src/rules/testing/simulate.ts';
import { formatProblem } from '../src/yaml.ts';
import { every } from './every.ts';

/** Between two looks at the folder; what was just written is read when two looks saw the same. In ms. */
const LOOK_MS = 1_000;

/** Looks between two reports. */
const REPORT_EVERY = 10;

export interface RulesDependencies {
  readonly redis: Redis;
  readonly folder: string;
  /** This worker's name, the same after a restart. */
  readonly worker: string;
  readonly parts: Omit<RunParts, 'ruleSet'>;
  /** Other rules are in force; `by` is the worker whose folder they come from. */
  onChange(ruleSet: RuleSet, by: string): void;
  /** What stands in the folder is not used, or (undefined) is again; called when it changes. */
  onFault(fault: string | undefined): void;
  onError(error: unknown): void;
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

/**
 * Reads the folder and watches it. What a worker sees in its folder for the first time is put in force for all: an edit,
 * or the start of a new deployment. A worker that is started again with the folder that it had takes what is in force.
 * Anything wrong in the folder leaves the rules in force as they are.
 * @throws WeirError 'rule' with everything that is wrong when there are no rules in force to fall back on.
 */
export async function startRules(deps: RulesDependencies): Promise<RulesKeeper> {
  const { redis, folder, worker } = deps;
  /** What of the folder was last looked into. */
  let handled = await signatureOf(folder);
  let before = handled;
  let fault: string | undefined;
  /** Hash of what stands in the folder, as far as it could be used. */
  let own: string | undefined;
  let looks = 0;

  const first = await readFolder(deps);
  let inForce: Loaded;
  if (first.ok) {
    inForce = first;
    own = first.ruleSet.hash;
  } else {
    const agreed = await agreedRules(deps).catch(() => undefined);
    if (agreed === undefined) throw new WeirError('rule', first.faults.join('\n'));
    inForce = agreed;
    setFault(oneLine(first.faults));
  }

  function setFault(next: string | undefined): void {
    if (next === fault) return;
    fault = next;
    deps.onFault(fault);
  }

  deps.onChange(inForce.ruleSet, worker);

  async function report(): Promise<void> {
    await reportFolder(redis, {
      worker,
      ...(own !== undefined && { hash: own }),
      ...(fault !== undefined && { fault }),
    });
  }

  async function publish(loaded: Loaded, when: 'always' | 'if-none'): Promise<void> {
    await agreeOn(redis, { hash: loaded.ruleSet.hash, texts: loaded.texts, by: worker }, when);
    await report();
  }

  /** Once, as soon as the broker answers. */
  let begun = false;
  async function begin(): Promise<void> {
    if (begun) return;
    await forgetReports(redis);
    const known = await readReport(redis, worker);
    if (first.ok) await publish(first, known?.hash === own ? 'if-none' : 'always');
    else await report();
    begun = true;
  }

  async function look(): Promise<void> {
    await begin();
    looks += 1;
    const now = await signatureOf(folder);
    const settled = now === before;
    before = now;
    if (settled && now !== handled) {
      const read = await readFolder(deps);
      if (read.ok && read.ruleSet.hash !== own) await publish(read, 'always');
      if (read.ok) own = read.ruleSet.hash;
      setFault(read.ok ? undefined : oneLine(read.faults));
      await report();
      handled = now;
    } else if (looks % REPORT_EVERY === 0) await report();
  }

  async function current(): Promise<RuleSet> {
    await begin();
    const hash = await readAgreedHash(redis);
    if (hash === inForce.ruleSet.hash) return inForce.ruleSet;
    // A broker that has lost its memory is given what was in force.
    if (hash === undefined) await publish(inForce, 'if-none');
    const agreed = await agreedRules(deps);
    if (agreed !== undefined && agreed.ruleSet.hash !== inForce.ruleSet.hash) {
      inForce = agreed;
      deps.onChange(agreed.ruleSet, agreed.by);
    }
    return inForce.ruleSet;
  }

  const repeating = every(LOOK_MS, 'rules', look, deps.onError);
  return { current, look, stop: () => repeating.stop() };
}

async function readFolder({
  folder,
  parts,
}: RulesDependencies): Promise<
  ({ readonly ok: true } & Loaded) | { readonly ok: false; readonly faults: readonly string[] }
> {
  try {
    const [rules, tests] = await Promise.all([readTexts([folder], 'rules'), readTexts([folder], 'tests')]);
    const checked = await checkFolder({ rules, tests }, parts);
    return checked.ok ? { ...checked, texts: rules } : checked;
  } catch (error) {
    return { ok: false, faults: [messageOf(error)] };
  }
}

async function agreedRules({ redis }: RulesDependencies): Promise<(Loaded & { readonly by: string }) | undefined> {
  const agreed = await readAgreed(redis);
  if (agreed === undefined) return undefined;
  const { ruleSet, problems } = checkRules(agreed.texts);
  if (ruleSet === undefined) {
    const why = oneLine(problems.map(formatProblem));
    throw new WeirError('rule', `The rules in force, those of ${agreed.by}, cannot be used here: ${why}`);
  }
  return { ruleSet, texts: agreed.texts, by: agreed.by };
}

function oneLine([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
}
