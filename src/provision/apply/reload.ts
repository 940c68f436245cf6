/** Makes keepalived read its files again. */

import { readFile } from 'node:fs/promises';
import { messageOf, WeirError } from '../../model/error.ts';
import type { Built, BuiltFile } from '../render/files.ts';
import type { Layout } from '../render/layout.ts';
import type { Machine, Say, Undo } from './machine.ts';
import { isCopyOf } from './running.ts';
import { lostDaemon } from './verify-applied.ts';

interface Starting {
  readonly machine: Machine;
  readonly say: Say;
  readonly undo: Undo;
  readonly changed: readonly string[];
  readonly wasCutShort: boolean;
}

/** Tells keepalived only when it has read something else than what its files say now. */
export async function startOrReload(built: Built, layout: Layout, input: Starting): Promise<void> {
  const { machine, say, undo, changed } = input;
  const running = await machine.keepalived();
  if (machine.hasSystemd) {
    if (changed.some((path) => path.includes('/systemd/system/'))) await machine.run('systemctl', ['daemon-reload']);
    await machine.run('systemctl', ['enable', '--quiet', '--now', 'weir-address.service']);
  }
  if (running !== undefined) {
    if (machine.hasSystemd) await machine.run('systemctl', ['enable', '--quiet', 'keepalived.service']);
    if (machine.hasSystemd && changed.includes(layout.keepalivedDropIn)) {
      say(
        `keepalived goes on with the environment that it was started with: ${layout.keepalivedDropIn} counts from its next start on.`,
      );
    }
    const why = await whyReload(built, layout, input);
    if (why === undefined) return;
    process.kill(running.pid, 'SIGHUP');
    say(`keepalived was told to read its configuration again${why}.`);
  } else if (machine.hasSystemd) {
    undo.push(() => machine.run('systemctl', ['stop', 'keepalived.service']));
    await machine.run('systemctl', ['enable', '--quiet', '--now', 'keepalived.service']);
    say('keepalived was started.');
  } else {
    throw new NotRunning(
      `keepalived does not run here, and there is no systemd to start it: the files are in place, start it with \`keepalived --use-file ${layout.keepalivedConf}\` and run this again to see that it took them.`,
    );
  }
}

/**
 * Has systemd run the node, now and after a reboot. What was applied stays in force where it does not.
 * @throws WeirError 'unverified' when it does not come up.
 */
export async function startNode(layout: Layout, { machine, say, changed }: Omit<Starting, 'undo' | 'wasCutShort'>) {
  if (!machine.hasSystemd) return;
  const systemctl = (...args: string[]) => machine.run('systemctl', [...args, NODE]);
  const ran = await systemctl('is-active', '--quiet').then(
    () => true,
    () => false,
  );
  try {
    await systemctl('enable', '--quiet', ...(ran ? [] : ['--now']));
    if (ran && changed.includes(layout.nodeUnit)) await systemctl('restart');
  } catch (error) {
    const why = `${messageOf(error)} \`journalctl -u ${NODE} -n 20\` has its own words.`;
    throw new WeirError('unverified', `All is applied, but ${NODE} does not run: ${why}`, { cause: error });
  }
  if (!ran) say(`${NODE} was started.`);
  else if (changed.includes(layout.nodeUnit)) say(`${NODE} was started again, for its unit is another one.`);
}

const NODE = 'weir-node.service';

/** What else there is to say of the reason; undefined: there is none. */
async function whyReload(built: Built, layout: Layout, { machine, changed, wasCutShort }: Starting) {
  // Where keepalived keeps no copy of what it has read, only the files can tell.
  const mustRead = changed.includes(layout.keepalivedConf) || changed.includes(layout.table) || wasCutShort;
  const hasReadIt = (await hasRead(built, layout, machine)) ?? !mustRead;
  if (!hasReadIt) return '';
  const instances = await machine.instances();
  const lost = typeof instances === 'string' ? [] : await lostDaemon(built.groups, instances, machine);
  return lost.length === 0 ? undefined : `, which brings the sync daemon back: ${lost.join(' ').replace(/\.$/, '')}`;
}

/** keepalived does not run. The files are as good as before, since nobody has refused them. */
export class NotRunning extends WeirError {
  constructor(message: string) {
    super('unverified', message);
  }
}

/** Whether keepalived has read what its files say now; undefined where it keeps no copy of what it has read. */
export async function hasRead({ files }: Built, layout: Layout, { keepalived }: Machine): Promise<boolean | undefined> {
  const { copy } = (await keepalived()) ?? {};
  if (copy === undefined) return undefined;
  const { text } = files.find(({ path }) => path === layout.keepalivedConf) as BuiltFile;
  return isCopyOf(copy, text, await readFile(layout.table, 'utf8').catch(() => ''));
}
