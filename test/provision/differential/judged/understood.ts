/** What `weir init` makes of a configuration: pools as weir.yaml has them when it is loaded, and its words. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../../../src/config/load.ts';
import type { PoolConfig } from '../../../../src/model/configuration/config.ts';
import { messageOf, WeirError } from '../../../../src/model/error.ts';
import {
  type ExistingPool,
  type FromKeepalived,
  fromKeepalived,
} from '../../../../src/provision/init/from-keepalived.ts';
import { includedFiles, readKeepalivedConf, readProgram } from '../../../../src/provision/init/keepalived/files.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import type { Files } from '../written/layout.ts';
import type { Verdict } from './judge.ts';
import { withShortAddresses } from './words.ts';

export interface Understood {
  /** Empty where it has refused. */
  readonly pools: readonly PoolConfig[];
  /** Everything that people are told, in weir.yaml and beside it; or why it has refused. */
  readonly words: string;
  /** Whether it has written nothing. */
  readonly isRefused: boolean;
  /** Why what it has written does not load. */
  readonly notLoaded?: string;
}

/** Into a new folder. @returns its path */
export async function writeFiles(files: Files): Promise<string> {
  const dir = await tempDir();
  for (const [path, { text, isExecutable }] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text, { mode: isExecutable ? 0o755 : 0o644 });
  }
  return dir;
}

export interface Reader {
  readonly configId: string;
  /** The addresses of the server that it is read on. */
  readonly own: readonly string[];
  /** What keepalived says of the file. */
  readonly verdict: Pick<Verdict, 'code' | 'lines'>;
}

/** As the command makes it, but for the kernel's table. */
export function made(
  source: ExistingPool['source'],
  include: Include,
  { configId, own, verdict }: Reader,
): FromKeepalived {
  return fromKeepalived({
    source,
    surroundings: { include, configId },
    server: { hostName: 'here.example.com', addresses: ['127.0.0.1', ...own], hosts: '' },
    readProgram,
    configTest: { lines: verdict.lines, exitCode: verdict.code },
  });
}

type Include = ExistingPool['surroundings']['include'];

/** @throws what is no sentence for people: a crash */
export function understand(file: string, reader: Reader): Understood {
  try {
    const { yaml, remarks, additions, rest } = made(readKeepalivedConf(file), includedFiles, reader);
    const words = [yaml.replaceAll(/\n *# /g, ' '), ...remarks, ...additions, ...rest].join('\n');
    return { ...load(yaml), words: withShortAddresses(words), isRefused: false };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { pools: [], words: withShortAddresses(messageOf(error)), isRefused: true };
  }
}

function load(text: string): Pick<Understood, 'pools' | 'notLoaded'> {
  try {
    const env = new Proxy({}, { get: () => 'x' });
    return { pools: Object.values(parseConfig({ file: 'weir.yaml', text, env, cwd: '/', root: true }).pools) };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { pools: [], notLoaded: messageOf(error) };
  }
}
