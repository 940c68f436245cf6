/** Puts the built files on this server. They are tested, swapped all together, and undone if keepalived refuses them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../../lib/files/replace-file.ts';
import type { YamlPath } from '../../lib/yaml/file.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { Built } from '../render/files.ts';
import { throwRefusals } from '../render/groups.ts';
import type { Layout } from '../render/layout.ts';
import { tableNow } from '../render/table-file.ts';
import { testCandidate } from './candidate.ts';
import { settleKernel } from './kernel.ts';
import { createLastGood, differing, type LastGood } from './last-good.ts';
import type { Machine, Say, Undo } from './machine.ts';
import { hasRead, NotRunning, startNode, startOrReload } from './reload.ts';
import { lacking, requirePrivileges } from './requirements.ts';
import { makeRunFolder } from './run-folder.ts';
import { look, type Seen } from './verify-applied.ts';

export interface Application {
  readonly node: string;
  /** Builds the files for a root folder. */
  readonly buildBelow: (root: string) => readonly [Built, Layout];
  readonly root: string;
  readonly stateDir: string;
  readonly uid: number;
  readonly machine: Machine;
  /** Where a value of weir.yaml stands. */
  at(path: YamlPath): string;
  readonly say: Say;
  /** How long keepalived may take to show it, in ms. */
  readonly takesWithinMs?: number;
}

const TAKES_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 250;

/**
 * Applies it. A second run changes nothing.
 * @throws WeirError 'config' when this server or a program refuses it, with nothing changed; 'unverified' when keepalived
 * does not show it, with the last good files back, or does not run.
 */
export async function apply(application: Application): Promise<void> {
  const { node, root, machine, say, at, buildBelow } = application;
  await requirePrivileges(application.uid, machine);
  const [built, layout] = buildBelow(root);
  throwRefusals(await lacking(built.groups, node, machine), at);
  await requireOwnKeepalived(layout, machine);
  await testCandidate(buildBelow, machine);

  const all = [...built.files, ...(await tableNow(built, layout, machine))];
  const files = await differing(all);
  const lastGood = createLastGood(application.stateDir);
  const wasCutShort = await lastGood.left();
  const sentences: string[] = [];
  const tell: Say = (sentence) => {
    sentences.push(sentence);
    say(sentence);
  };
  const undo: Undo = [];
  const changed = files.map(({ path }) => path);
  try {
    await makeRunFolder(built.groups, layout.run, machine, tell);
    if (files.length > 0) await lastGood.keep(files);
    for (const file of files) {
      await replaceFile(file.path, file.text, file.mode);
      tell(`${file.path} written.`);
    }
    await settleKernel(built, layout, { machine, say: tell, undo, changed });
    await startOrReload(built, layout, { machine, say: tell, undo, changed, wasCutShort });
    const { notes } = await untilTaken(built, layout, application);
    await lastGood.forget();
    for (const note of notes) say(note);
  } catch (error) {
    throw await takeBack(error, { lastGood, undo, machine, reloads: files.length > 0 || wasCutShort });
  }
  await startNode(layout, { machine, say: tell, changed });
  say(sentences.length === 0 ? `Nothing was changed: ${node} is as weir.yaml says.` : `${node} is as weir.yaml says.`);
}

/** A keepalived that was started with another file would never read this one. */
async function requireOwnKeepalived(layout: Layout, machine: Machine): Promise<void> {
  const running = await machine.keepalived();
  if (running === undefined || running.confFile === layout.keepalivedConf) return;
  throw new WeirError(
    'unverified',
    `keepalived (pid ${running.pid}) reads ${running.confFile} and not ${layout.keepalivedConf}, so nothing was changed: start it with --use-file ${layout.keepalivedConf}, or without that option where this is its usual place.`,
  );
}

async function untilTaken(built: Built, layout: Layout, application: Application): Promise<Seen> {
  const { machine, takesWithinMs = TAKES_WITHIN_MS } = application;
  const lookOnce = async (): Promise<Seen> => {
    const unread = (await hasRead(built, layout, machine)) === false;
    const seen = await look(built, machine).catch((error: unknown) => ({ wrong: [messageOf(error)], notes: [] }));
    return unread ? { ...seen, wrong: [`It has not read ${layout.keepalivedConf}.`, ...seen.wrong] } : seen;
  };
  const giveUpAtMs = performance.now() + takesWithinMs;
  let seen = await lookOnce();
  while (seen.wrong.length > 0 && performance.now() < giveUpAtMs) {
    await sleep(LOOK_EVERY_MS);
    seen = await lookOnce();
  }
  if (seen.wrong.length === 0) return seen;
  const within = `keepalived did not take it within ${takesWithinMs / 1_000} s.`;
  throw new WeirError('unverified', `${within} ${seen.wrong.join(' ')}`);
}

/** Undoes the files first, since later steps may read them. A step that fails is told, and the others still run. */
async function takeBack(
  error: unknown,
  { lastGood, undo, machine, reloads }: { lastGood: LastGood; undo: Undo; machine: Machine; reloads: boolean },
): Promise<unknown> {
  if (error instanceof NotRunning) {
    await lastGood.forget();
    return error;
  }
  const failed: string[] = [];
  const attempt = (step: () => Promise<unknown>) => step().catch((one: unknown) => failed.push(messageOf(one)));
  await attempt(() => lastGood.putBack());
  for (const step of undo.toReversed()) await attempt(step);
  if (reloads) {
    await attempt(async () => {
      const running = await machine.keepalived();
      if (running !== undefined) process.kill(running.pid, 'SIGHUP');
    });
  }
  const back = reloads
    ? 'The last good files are back, and keepalived was told to read them.'
    : 'Nothing was written that would have to be taken back.';
  const rest = failed.length === 0 ? '' : ` Not taken back: ${failed.join(' ')}`;
  const code = error instanceof WeirError ? error.code : 'system';
  return new WeirError(code, `${messageOf(error)} ${back}${rest}`, { cause: error });
}
