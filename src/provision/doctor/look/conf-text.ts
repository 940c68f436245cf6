/** Reads keepalived's configuration from its statements. Pure. */

import { existingServer } from '../../init/existing/existing.ts';
import type { Statement } from '../../init/keepalived/syntax.ts';
import type { ConfigurationSays } from '../facts.ts';

/** Keywords whose value is a program that keepalived runs (keepalived.conf.5). */
const RUNS =
  /^(?:notify|notify_(?:master|backup|fault|stop|deleted|master_rx_lower_pri|up|down)|quorum_(?:up|down)|script|misc_path|(?:vrrp_|lvs_)?notify_fifo_script)$/;

/** @throws WeirError 'config' with the place of a value that cannot be. */
export function saysOf(conf: readonly Statement[]): ConfigurationSays {
  const all = everyOne(conf);
  const programs = all
    .filter(({ words }) => RUNS.test(words[0].text))
    .map(({ words }) => words[1]?.text.split(/\s/)[0]);
  const { syncDaemon } = existingServer(conf);
  return {
    scripts: [...new Set(programs.filter((program) => program?.startsWith('/') === true))] as string[],
    scriptSecurity: all.some(({ words }) => words[0].text === 'enable_script_security'),
    ...(syncDaemon !== undefined && { syncDaemon }),
    trackFiles: trackFilesOf(all),
  };
}

function trackFilesOf(all: readonly Statement[]): ConfigurationSays['trackFiles'] {
  const named = (keyword: string, from: readonly Statement[]) =>
    from.filter(({ words }) => words[0].text === keyword).map(({ words }) => words[1]?.text);
  const checks = all.filter(({ words }) => words[0].text === 'FILE_CHECK');
  const checked = new Set(checks.flatMap(({ block }) => named('track_file', block ?? [])));
  return all.flatMap(({ words, block }) => {
    if (words[0].text !== 'track_file' || block === undefined) return [];
    return named('file', block).flatMap((path) =>
      path === undefined ? [] : [{ path, checked: checked.has(words[1]?.text) }],
    );
  });
}

/** Returns the files that the statements come from, included ones too. */
export function filesOf(conf: readonly Statement[]): string[] {
  return [...new Set(everyOne(conf).map(({ words }) => words[0].file))];
}

/** Whether both say the same, whatever files and layout they have. */
export function isSame(one: readonly Statement[], other: readonly Statement[]): boolean {
  return JSON.stringify(textsOf(one)) === JSON.stringify(textsOf(other));
}

type Texts = readonly (string | Texts)[];

function textsOf(conf: readonly Statement[]): Texts {
  return conf.map(({ words, block }) => [
    words.map(({ text }) => text),
    ...(block === undefined ? [] : [textsOf(block)]),
  ]);
}

function everyOne(conf: readonly Statement[]): Statement[] {
  return conf.flatMap((statement) => [statement, ...everyOne(statement.block ?? [])]);
}

/** Shortens what keepalived says about its configuration. */
export function complaintsOf(output: string, file: string): string {
  const lines = linesSaid(output, file);
  return lines.slice(0, 3).join('; ') + (lines.length > 3 ? `; and ${lines.length - 3} lines more` : '');
}

/** Removes the times and the file's passwords from what keepalived says about its configuration. */
export function linesSaid(output: string, file: string): string[] {
  const passwords = [...file.matchAll(/\bauth_pass[ \t]+"?([^\s"]+)/g)].map(([, password = '']) => password);
  return output
    .split('\n')
    .map((line) => line.replace(/^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: /, '').trim())
    .filter((line) => line !== '')
    .map((line) => passwords.reduce((text, password) => text.replaceAll(password, '[secret]'), line));
}
