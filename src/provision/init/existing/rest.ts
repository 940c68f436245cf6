/**
 * Finds what a keepalived.conf has and weir.yaml has no key for: everything that is not listed here as understood, in any
 * block. `weir render` would lose it, and people are told. Pure.
 */

import { posix } from 'node:path';
import { listed } from '../keepalived/lines.ts';
import { allOf, lastOf, type Statement } from '../keepalived/syntax.ts';
import type { ExistingInstance } from './instance.ts';
import { weightFileOf } from './member.ts';
import type { Candidate, LeftOut } from './pools.ts';
import { sentenceOf } from './rest-meaning.ts';

export interface RestOf {
  readonly conf: readonly Statement[];
  readonly candidates: readonly Candidate[];
  readonly leftOut: readonly LeftOut[];
  /** Whether a program is one that `weir render` made. */
  readonly isRendered: (program: string) => boolean;
}

/** Keywords whose value is taken over, or is what `weir render` writes by itself. */
const UNDERSTOOD: Readonly<Record<string, string>> = {
  global_defs: 'router_id script_user enable_script_security vrrp_version lvs_sync_daemon',
  vrrp_instance: `interface virtual_router_id priority advert_int version preempt nopreempt authentication
    virtual_ipaddress virtual_ipaddress_excluded track_file lvs_sync_daemon_interface`,
  virtual_server: 'real_server lb_algo lvs_sched protocol weight ip_family sh-fallback mh-fallback',
  real_server: 'weight',
  TCP_CHECK: '',
};

/** Values that `weir render` writes for everybody. Another value in their place would be lost. */
const RENDERED: Readonly<Record<string, string>> = {
  state: 'BACKUP',
  delay_loop: '1',
  connect_timeout: '1',
  retry: '1',
  delay_before_retry: '1',
  garp_lower_prio_repeat: '5',
  garp_lower_prio_delay: '1',
};

const METHODS = /^(lvs_method|lb_kind)$/;
const NOTIFY = /^notify(_(master|backup|fault|stop|deleted))?$/;
const FIFOS: Readonly<Record<string, string>> = { vrrp_notify_fifo: 'vrrp.fifo', lvs_notify_fifo: 'lvs.fifo' };
/** Up to so many are named; the rest is counted. */
const MAX_NAMED = 6;
/** Keywords whose value is a secret. */
const SECRET = /pass|key|secret/i;

/** Returns lines about what would be lost, indented below the first; empty when nothing would be. */
export function restOf(rest: RestOf): string[] {
  const lines = [...topOf(rest), ...instancesOf(rest), ...tablesOf(rest)];
  if (lines.length === 0) return [];
  return [
    'NOTE: this stands in keepalived.conf and has no word in weir.yaml. Weir leaves that file as it is, and keepalived goes on with it; but what `weir render` makes would be without:',
    ...lines.map((line) => `    ${line}`),
  ];
}

function topOf({ conf, candidates }: RestOf): string[] {
  return conf.flatMap((statement): string[] => {
    const { words, block } = statement;
    const [keyword, name] = words;
    switch (keyword.text) {
      case 'global_defs':
        return sentenceOf(statement, 'global_defs', unknownIn('global_defs', block));
      case 'vrrp_instance':
      case 'virtual_server':
        return [];
      case 'track_file':
      case 'vrrp_track_file':
        return isOwnTrackFile(statement) ? [] : sentenceOf(statement, '', [textOf(statement)]);
      case 'virtual_server_group': {
        const isUsed = candidates.some(({ table }) => table.statement?.words[2]?.text === name?.text);
        return sentenceOf(statement, '', [
          isUsed ? `virtual_server_group ${name?.text} as one of several, not its addresses` : textOf(statement),
        ]);
      }
      case 'vrrp_sync_group':
        return sentenceOf(statement, '', [`vrrp_sync_group ${name?.text ?? ''}`], keyword.text);
      default:
        return sentenceOf(statement, '', [textOf(statement)], keyword.text);
    }
  });
}

function isOwnTrackFile(statement: Statement): boolean {
  const file = posix.basename(lastOf(statement.block, 'file')?.words[1]?.text ?? '');
  return file.startsWith('handover') || file.startsWith('weight-');
}

function instancesOf({ conf, candidates, isRendered }: RestOf): string[] {
  const pools = new Map(candidates.map(({ instance }) => [instance.statement, instance]));
  return allOf(conf, 'vrrp_instance').flatMap((statement): string[] => {
    const instance = pools.get(statement);
    const name = `vrrp_instance ${statement.words[1]?.text ?? ''}`;
    if (instance === undefined) {
      const vips = allOf(statement.block, 'virtual_ipaddress', 'virtual_ipaddress_excluded')
        .flatMap((statement) => statement.block ?? [])
        .map(({ words }) => words[0].text);
      const which = vips.length === 0 ? '' : ` with ${listed(vips)}`;
      return sentenceOf(statement, '', [`${name}${which}`], 'vrrp_instance');
    }
    const own = candidates.filter((candidate) => candidate.instance === instance).map(({ vip }) => vip.address);
    return [
      ...vipsOf(statement, name, instance, own),
      ...sentenceOf(statement, name, [
        ...unknownIn('vrrp_instance', statement.block, ({ words }) => {
          return NOTIFY.test(words[0].text) && isRendered(words[1]?.text ?? '');
        }),
        ...trackFilesOf(statement),
      ]),
    ];
  });
}

/** Returns the other addresses of the instance, and the words behind those of the pools. */
function vipsOf(statement: Statement, name: string, instance: ExistingInstance, own: readonly string[]): string[] {
  const others = instance.vips.filter(({ address }) => !own.includes(address));
  const [moved, excluded] = [
    others.filter((address) => !address.isExcluded),
    others.filter((address) => address.isExcluded),
  ];
  const of = (vips: ExistingInstance['vips']) => {
    const shown = vips.slice(0, MAX_NAMED).map(({ address }) => address);
    return listed(vips.length > MAX_NAMED ? [...shown, `${vips.length - MAX_NAMED} more`] : shown);
  };
  const details = instance.vips
    .filter(({ address, details }) => own.includes(address) && details.length > 0)
    .map(({ address, details }) => `${address}${details[0]?.startsWith('/') ? '' : ' '}${details.join(' ')}`);
  return [
    ...(moved.length === 0 ? [] : sentenceOf(statement, '', [`${of(moved)} of ${name}`], 'virtual_ipaddress')),
    ...(excluded.length === 0
      ? []
      : sentenceOf(statement, '', [`${of(excluded)} of ${name} (virtual_ipaddress_excluded)`], 'excluded')),
    ...(details.length === 0 ? [] : sentenceOf(statement, name, details, 'details')),
  ];
}

function trackFilesOf({ block }: Statement): string[] {
  return allOf(block, 'track_file')
    .flatMap((statement) => statement.block ?? [])
    .map(({ words }) => words[0].text)
    .filter((name) => !/^(handover|weight-)/.test(name))
    .map((name) => `track_file ${name}`);
}

function tablesOf({ candidates, leftOut }: RestOf): string[] {
  const seen = new Set<Statement>();
  const taken = candidates.flatMap(({ table, vip }): string[] => {
    const { statement } = table;
    if (statement === undefined || seen.has(statement)) return [];
    seen.add(statement);
    const servers = allOf(statement.block, 'real_server');
    const inServers = new Map<string, string[]>();
    for (const server of servers) {
      const address = server.words[1]?.text ?? '';
      for (const what of serverRest(server, vip.port)) inServers.set(what, [...(inServers.get(what) ?? []), address]);
    }
    const ofServers = [...inServers].map(([what, addresses]) =>
      addresses.length === servers.length ? what : `${what} of ${listed(addresses)}`,
    );
    return sentenceOf(statement, table.label, [...unknownIn('virtual_server', statement.block), ...ofServers]);
  });
  const others = leftOut.filter(({ table }) => table.statement !== undefined && !seen.has(table.statement));
  if (others.length === 0) return taken;
  const labels = [...new Set(others.map(({ table }) => table.label))];
  const count = labels.length > MAX_NAMED ? `the ${labels.length} virtual servers that are left out` : undefined;
  return [...taken, `${count ?? `${listed(labels)}, which ${labels.length === 1 ? 'is' : 'are'} left out`}.`];
}

function serverRest({ block = [] }: Statement, port: number): string[] {
  return block.flatMap((check): string[] => {
    const [keyword] = check.words;
    if (keyword.text === 'FILE_CHECK') return weightFileOf(check) === undefined ? ['FILE_CHECK'] : [];
    if (keyword.text !== 'TCP_CHECK') return unknownIn('real_server', [check]);
    return unknownIn('TCP_CHECK', check.block, ({ words }) => {
      return words[0].text === 'connect_port' && words[1]?.text === String(port);
    });
  });
}

/** @param isKnown says it of what the table does not. */
function unknownIn(
  kind: string,
  block: readonly Statement[] = [],
  isKnown: (statement: Statement) => boolean = () => false,
): string[] {
  const understood = new Set(UNDERSTOOD[kind]?.split(/\s+/));
  const unknown = block.filter((statement) => {
    const [keyword, value] = statement.words;
    if (understood.has(keyword.text)) return false;
    if (RENDERED[keyword.text] === value?.text && value !== undefined) return false;
    if (METHODS.test(keyword.text)) return statement.words.length > 2;
    const fifo = FIFOS[keyword.text];
    if (fifo !== undefined) return posix.basename(value?.text ?? '') !== fifo;
    return !isKnown(statement);
  });
  return [...new Set(unknown.map(textOf))];
}

/** The keyword and its values; of a block its name alone. */
function textOf({ words, block }: Statement): string {
  const [keyword, ...values] = words;
  const shown = SECRET.test(keyword.text) ? [] : values.slice(0, block === undefined ? 6 : 1);
  return [keyword, ...shown].map(({ text }) => text).join(' ');
}
