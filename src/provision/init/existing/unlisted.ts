/**
 * Real servers that keepalived takes without a word, also with --config-test, and that are not in the kernel's table all
 * the same. Seen with keepalived 2.2.7 and Linux 6.1 (test/lab/init.test.ts); 2.4.3 does the same by its source. Pure.
 */

import { allOf, type Statement } from '../keepalived/syntax.ts';
import type { Tell } from './values.ts';

/** Reports a real server that never gets into the table. @param port undefined where it has none, or 0 */
export function tellUnlisted(server: Statement, port: number | undefined, tell: Tell): void {
  const label = server.words
    .slice(0, 3)
    .map(({ text }) => text)
    .join(' ');
  tellThresholds(server, label, tell);
  if (port === undefined) tellBlindCheck(server, label, tell);
}

/** ip_vs_ctl.c, ip_vs_add_dest(): ERANGE. An upper one of 0 is none, and is below every lower one. */
function tellThresholds({ block }: Statement, label: string, tell: Tell): void {
  const lower = thresholdOf(block, 'lthreshold') ?? 0;
  const upper = thresholdOf(block, 'uthreshold');
  if (lower <= (upper ?? 0)) return;
  const [place] = allOf(block, 'lthreshold').at(-1)?.words ?? [];
  if (place === undefined) return;
  tell(
    place,
    `MEND: ${label} is never in the table: the kernel refuses one whose lthreshold (${lower}) is above its uthreshold (${upper ?? 'none'}), and keepalived says so in its log alone. Set uthreshold to ${lower} or more, or take lthreshold away.`,
  );
}

/** The last that keepalived takes (check_parser.c, uthreshold_handler()). */
function thresholdOf(block: readonly Statement[] | undefined, keyword: string): number | undefined {
  const taken = allOf(block, keyword).filter(({ words }) => /^\d+$/.test(words[1]?.text ?? ''));
  return taken.length === 0 ? undefined : Number(taken.at(-1)?.words[1]?.text);
}

/** A check has the server's address before that gets the port of the virtual server (check_api.c, queue_checker()). */
function tellBlindCheck({ block }: Statement, label: string, tell: Tell): void {
  const blind = allOf(block, 'TCP_CHECK').find((check) => allOf(check.block, 'connect_port').length === 0);
  if (blind === undefined) return;
  tell(
    blind.words[0],
    `MEND: ${label} is taken out of the table: its TCP_CHECK connects to port 0, for the check does not get the port of the virtual server. Write the port behind the address, or connect_port into TCP_CHECK.`,
  );
}
