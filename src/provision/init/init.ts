/** `weir init --from FILE`: reads the file and what it includes, and makes a weir.yaml of it. */

import { WeirError } from '../../model/error.ts';
import type { Run } from '../doctor/look/parts.ts';
import { askKeepalived, remarksOfTest } from './config-test.ts';
import { type ExistingPool, type FromKeepalived, fromKeepalived } from './from-keepalived.ts';
import { includedFiles, readKeepalivedConf, readProgram } from './keepalived/files.ts';
import { withDetails } from './keepalived/lines.ts';

export interface Around {
  readonly server: ExistingPool['server'];
  /** The configuration id that `@name` in front of a line means: `-i` of keepalived, else the host's name. */
  readonly configId: string;
  readonly run: Run;
}

/**
 * @throws WeirError 'config': the file cannot be read, a place in it and what was expected, or why no pool is in it, in one
 * line; below that, indented, what more there is to say and what keepalived says of it.
 */
export async function initFrom(file: string, { server, configId, run }: Around): Promise<FromKeepalived> {
  const source = readKeepalivedConf(file);
  const configTest = await askKeepalived(run, file, source.text, configId);
  try {
    return fromKeepalived({
      source,
      surroundings: { include: includedFiles, configId },
      server,
      readProgram,
      configTest,
    });
  } catch (error) {
    if (!(error instanceof WeirError) || configTest.lines.length === 0) throw error;
    throw new WeirError(error.code, withDetails(error.message, remarksOfTest(configTest, false)), { cause: error });
  }
}
