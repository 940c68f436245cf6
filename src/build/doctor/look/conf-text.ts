/** What keepalived's configuration says, from its text. Pure. */

import type { ConfigurationSays } from '../facts.ts';

/** Keywords whose value is a program that keepalived runs (keepalived.conf.5). */
const RUNS =
  /^(?:notify|notify_(?:master|backup|fault|stop|deleted|master_rx_lower_pri|up|down)|quorum_(?:up|down)|script|misc_path|(?:vrrp_|lvs_)?notify_fifo_script)\s+(.+)$/;

/** Options of lvs_sync_daemon that have a value; a bare word is the instance (keepalived core/global_parser.c). */
const SYNC_OPTIONS: ReadonlySet<string> = new Set(['id', 'maxlen', 'port', 'ttl', 'group']);

/** Its lines without comments and blanks, each space once: what keepalived keeps of a file when it reads it. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => withoutComment(line).trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
}

/** `#` and `!` begin a comment, but not inside quotes. */
function withoutComment(line: string): string {
  let quoted = false;
  for (const [index, character] of [...line].entries()) {
    if (character === '"') quoted = !quoted;
    if (!quoted && (character === '#' || character === '!')) return [...line].slice(0, index).join('');
  }
  return line;
}

export function saysOf(text: string): ConfigurationSays {
  const lines = linesOf(text);
  const scripts = lines.flatMap((line) => programIn(RUNS.exec(line)?.[1]) ?? []);
  const sync = lines.find((line) => line.startsWith('lvs_sync_daemon '))?.split(' ');
  return {
    scripts: [...new Set(scripts)],
    scriptSecurity: lines.some((line) => /^enable_script_security\b/.test(line)),
    ...(sync?.[1] !== undefined && { syncDaemon: syncDaemonOf(sync[1], sync.slice(2)) }),
  };
}

/** The program is the first word, inside quotes or not; `{` begins a block and is none. */
function programIn(value: string | undefined): string | undefined {
  const program = value?.replace(/^"/, '').split(/[\s"]/)[0];
  return program?.startsWith('/') === true ? program : undefined;
}

function syncDaemonOf(device: string, words: readonly string[]): NonNullable<ConfigurationSays['syncDaemon']> {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    if (SYNC_OPTIONS.has(word)) index += 1;
    else return { interface: device, instance: word === 'inst' ? (words[index + 1] ?? '') : word };
  }
  return { interface: device };
}

/**
 * Whether keepalived has read what the file says. `running` is keepalived's own copy of what it read, where every file
 * begins with its path in a comment. undefined: includes, conditions or variables make it differ by itself, and only the
 * times of the files can tell.
 */
export function isSame(running: string, file: string): boolean | undefined {
  const lines = linesOf(file);
  if (lines.some((line) => /^include|^@|[$~]/.test(line))) return undefined;
  return linesOf(running).join('\n') === lines.join('\n');
}

/** The files that keepalived has read, the included ones with them. */
export function filesIn(running: string): string[] {
  return [...new Set([...running.matchAll(/^# (\/\S+)$/gm)].map(([, path = '']) => path))];
}

/** What keepalived says of its configuration, without the time before it and without a password of the file. */
export function complaintsOf(output: string, file: string): string {
  const passwords = linesOf(file).flatMap((line) => /^auth_pass (.+)$/.exec(line)?.[1] ?? []);
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: /, '').trim())
    .filter((line) => line !== '');
  const shown = lines.slice(0, 3).join('; ') + (lines.length > 3 ? `; and ${lines.length - 3} lines more` : '');
  return passwords.reduce((text, password) => text.replaceAll(password, '[secret]'), shown);
}
