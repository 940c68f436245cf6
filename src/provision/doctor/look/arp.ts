/** Asks the network who has the VIP. */

import { messageOf } from '../../../model/error.ts';
import { isMissing, type Note, type ProgramError, type Run } from './parts.ts';

/**
 * The MACs of the other hosts that say they have the VIP. Asked with the node's own address as the sender: left to
 * itself, arping takes the VIP from lo for it, and every host that hears that would send the VIP's packets here.
 */
export async function askArp(
  { run, note }: { readonly run: Run; readonly note: Note },
  where: { readonly vip: string; readonly device: string; readonly own: string },
): Promise<string[] | undefined> {
  const what = `Who answers to ARP for ${where.vip}`;
  try {
    const version = await run('arping', ['-V']);
    if (!version.includes('iputils')) {
      note(`${what}: arping here is another one than that of iputils (apt-get install iputils-arping).`);
      return undefined;
    }
    // Broadcasts only (-b): it would ask whoever answered first alone from then on.
    return parseAnswers(
      await run('arping', ['-b', '-c', '2', '-w', '3', '-I', where.device, '-s', where.own, where.vip]),
    );
  } catch (error) {
    // Nobody answered: that is its exit code 1 with nothing to say.
    if ((error as ProgramError).exitCode === 1 && (error as ProgramError).stderr === '') return [];
    const why = isMissing(error) ? 'arping is not installed (apt-get install iputils-arping).' : messageOf(error);
    note(`${what}: ${why}`);
    return undefined;
  }
}

/** `Unicast reply from 192.168.81.229 [02:00:00:00:00:0A]  0.6ms`; each MAC once, in lower case. */
export function parseAnswers(text: string): string[] {
  const macs = [...text.matchAll(/reply from \S+ \[([0-9a-fA-F:]{17})\]/g)].map(([, mac = '']) => mac.toLowerCase());
  return [...new Set(macs)].sort();
}
