/** Makes a weir.yaml for a pool that runs already, from its keepalived.conf and the kernel's table. Pure. */

import { WeirError } from '../../model/error.ts';
import { hooksOf } from '../render/hooks.ts';
import { type ConfigTest, remarksOfTest, whereItEnds } from './config-test.ts';
import { authVariables } from './existing/auth.ts';
import { type Candidate, sentencesOn } from './existing/pools.ts';
import { asCheck, remarksOnServer } from './existing/remarks.ts';
import { restOf } from './existing/rest.ts';
import { printable } from './keepalived/lines.ts';
import type { SourceFile, Surroundings } from './keepalived/reader.ts';
import type { LiveService } from './live-service.ts';
import { type Names, namesFor, shortName } from './member-names.ts';
import { surveyOf } from './survey.ts';
import { weirYaml } from './weir-yaml.ts';
import { programsOf, writtenPool } from './written-pool.ts';

export interface ExistingPool {
  readonly source: SourceFile;
  readonly surroundings: Surroundings;
  /** The server that the file was read on. */
  readonly server: {
    readonly hostName: string;
    readonly addresses: readonly string[];
    /** The text of /etc/hosts. */
    readonly hosts: string;
    /** The kernel's LVS table; absent where there is none, or it could not be read. */
    readonly services?: readonly LiveService[];
    /** net.ipv4.vs.backup_only; absent where it could not be read. */
    readonly backupOnly?: boolean;
  };
  /** Reads the text of a notify program; undefined when that cannot be done. */
  readonly readProgram: (path: string) => string | undefined;
  readonly configTest: ConfigTest;
}

export interface FromKeepalived {
  readonly yaml: string;
  /** A sentence for each thing that people should know; weir.yaml has them as comments. */
  readonly remarks: readonly string[];
  /** Lines to add to keepalived.conf. */
  readonly additions: readonly string[];
  /** Lines of keepalived.conf that weir.yaml has no key for. */
  readonly rest: readonly string[];
  /** Variables of the environment that the file names. */
  readonly variables: readonly string[];
}

/**
 * Makes the weir.yaml.
 * @throws WeirError 'config' with a place in keepalived.conf and what was expected there, with the reasons why it has no
 * pool, or with the place where keepalived itself ends.
 */
export function fromKeepalived(found: ExistingPool): FromKeepalived {
  const { source, configTest } = found;
  const survey = surveyOf(found);
  const { existing, candidates, leftOut, isHere } = survey;
  const end = whereItEnds(configTest, source.file);
  if (end !== undefined) throw new WeirError('config', end);
  const variables = authVariables(candidates.map(({ instance }) => instance));
  const programs = programsOf(existing, found.readProgram);
  const names = namesOf(found, candidates);
  const pools = candidates.map((candidate, index) =>
    writtenPool(candidate, {
      survey,
      backupOnly: found.server.backupOnly,
      file: source.file,
      programs,
      name: poolName(candidates, index),
      memberNames: names.nameOf,
      authVariable: variables.get(candidate.instance),
    }),
  );
  const hooks = hooksOf(existing, [...new Set(candidates.map(({ instance }) => instance))], programs.changesTable);
  const remarks = [
    ...remarksOfTest(configTest, true),
    ...survey.notes,
    ...sentencesOn(leftOut),
    ...existing.oddities.map(asCheck),
    ...remarksOnServer(existing, pools, isHere),
    ...hooks.remarks,
  ].map(printable);
  const rest = restOf({ conf: survey.conf, candidates, leftOut, isRendered: programs.isRendered }).map(printable);
  return {
    yaml: weirYaml({
      source: source.file,
      pools,
      areHostNames: names.areHostNames,
      remarks,
      additions: hooks.additions,
      rest,
      runDir: hooks.runDir,
      pidFile: existing.pidFile,
    }),
    remarks: [...pools.flatMap(({ name, remarks: own }) => own.map(({ text }) => `${name}: ${text}`)), ...remarks],
    additions: hooks.additions,
    rest,
    variables: [...new Set(variables.values())],
  };
}

function namesOf({ server }: ExistingPool, candidates: readonly Candidate[]): Names {
  const own = new Map(server.addresses.map((address) => [address, shortName(server.hostName)]));
  const addresses = candidates.flatMap(({ table }) => table.members.map(({ address }) => address));
  return namesFor(addresses, server.hosts, own);
}

function poolName(candidates: readonly Candidate[], index: number): string {
  if (candidates.length === 1) return 'logs';
  const ports = candidates.map(({ vip }) => vip.port);
  return new Set(ports).size === ports.length ? `logs-${ports[index]}` : `logs-${index + 1}`;
}
