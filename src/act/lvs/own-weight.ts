/**
 * keepalived's own idea of a member's weight. Where Weir built keepalived.conf each member has a FILE_CHECK with a track
 * file, whose number is added to the configured weight. Measured (2.2.7): the table follows in 0.05 s without a program,
 * and a member that keepalived adds again comes back at that weight at once; with ipvsadm alone it comes back at the
 * configured one and has it until the next poll, 1 to 8 s. It outlives SIGHUP. keepalived writes only when its own weight
 * changes, so somebody else's weight stays: ipvsadm has the last word.
 */

import { readTrackFile, writeTrackFile } from '../../lib/files/track-file.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { weightFile } from '../../model/configuration/run-files.ts';

/** Sets the weight that keepalived gives the member. False where the table will not follow: keepalived has no such file, or that weight already. */
export type SetOwnWeight = (pool: PoolConfig, member: string, weight: number) => Promise<boolean>;

/** @param runDir keepalived.run_dir of weir.yaml. */
export function createSetOwnWeight(runDir: string): SetOwnWeight {
  return async (pool, member, weight) => {
    const path = weightFile(runDir, pool.name, member);
    const now = await readTrackFile(path);
    const value = weight - (pool.members[member]?.weight ?? 0);
    if (now === undefined || value === now) return false;
    await writeTrackFile(path, value);
    return true;
  };
}
