/** What keepalived has against what `weir init` has made of the same file. Pure. */

import type { PoolConfig } from '../../../../src/model/configuration/config.ts';
import type { Generated } from '../written/generate.ts';
import type { Shown, ShownInstance, ShownService } from './dump.ts';
import type { Verdict } from './judge.ts';
import type { Understood } from './understood.ts';
import { untold } from './untold.ts';
import { names, short } from './words.ts';

export interface Difference {
  /** Of one kind with others: `pool.weight`. */
  readonly kind: string;
  readonly keepalived: string;
  readonly init: string;
}

const METHODS: Readonly<Record<string, string>> = { DR: 'direct-routing', NAT: 'nat', TUN: 'tunnel' };
/** These know a weight only as 0 or not, and weir.yaml wants equal ones (domain fact T16). */
const BLIND_TO_WEIGHTS = ['rr', 'lc'];

export function differences(generated: Generated, { code, shown }: Verdict, understood: Understood): Difference[] {
  const found: Difference[] = [];
  const add = (kind: string, keepalived: unknown, init: unknown) => {
    found.push({ kind, keepalived: String(keepalived), init: String(init) });
  };
  const { words, pools, isRefused, notLoaded } = understood;
  if (isRefused) {
    // A place with what was expected there: init has not understood the file.
    const isPlaced = /^\S+:\d+:\d+ /.test(words);
    if (isPlaced && code === 0 && shown.services.length > 0) add('refused', 'takes it without a word', words);
    if (!isPlaced) unnamed(shown.services, [], words, add);
    return found;
  }
  if (notLoaded !== undefined) {
    add('not loaded', `exit code ${code}`, notLoaded);
    return found;
  }
  if (code !== 0 && !names(words, `exit code ${code}`)) add('complaint untold', `exit code ${code}`, 'no word of it');
  // Its VRRP process has ended: a virtual_router_id is missing, or twice there.
  if (shown.instances.length === 0 && !words.includes('starts no VRRP'))
    add('VRRP does not run', `exit code ${code}`, 'a pool, as if it did');
  for (const pool of shown.instances.length === 0 ? [] : pools)
    comparePool(pool, shown, understood.words, generated.own, add);
  unnamed(shown.services, pools, words, add);
  for (const { name, vips, excluded } of shown.instances) {
    const mine = pools.map(({ vip }) => vip.address);
    const isTaken = vips.some((vip) => mine.includes(short(vip)));
    if (!isTaken && !names(words, name)) add('instance untold', `vrrp_instance ${name}`, 'no word of it');
    for (const vip of [...vips, ...excluded].map(short)) {
      if (!mine.includes(vip) && !names(words, vip)) add('VIP untold', `${vip} in ${name}`, 'no word of it');
    }
  }
  for (const what of untold(generated.nodes, pools, words)) add(`untold ${what}`, what, 'no word of it');
  return found;
}

/**
 * What the kernel has of the pools, once keepalived was started with the file, against what `weir init` has made of it.
 * Who is not in the table by the words of init may be missing there, or is.
 */
export function tableDifferences(services: readonly ShownService[], { pools, words }: Understood): Difference[] {
  const found: Difference[] = [];
  const add: Add = (kind, keepalived, init) => {
    found.push({ kind, keepalived: String(keepalived), init: String(init) });
  };
  const [never, goes] = [saidOf('never in', words), saidOf('taken out of', words)];
  for (const pool of pools) {
    const isHere = ({ address }: { readonly address: string }) =>
      ![...never, ...goes].some(
        (one) => one.address === short(address) && (one.port ?? pool.vip.port) === pool.vip.port,
      );
    const left = services.map((one) => ({ ...one, servers: one.servers.filter(isHere) }));
    const members = Object.entries(pool.members).filter(([, member]) => isHere(member));
    compareToTable({ ...pool, members: Object.fromEntries(members) }, left, words, add);
  }
  for (const { heads, servers } of services) {
    for (const { address } of servers) {
      const isRefused = never.some((one) => one.address === short(address) && one.port === heads[0]?.port);
      if (isRefused) add('is in the table', address, 'never');
    }
  }
  unnamed(services, pools, words, add);
  return found;
}

/** The real servers that init says this of. */
function saidOf(what: string, words: string): { readonly address: string; readonly port?: number }[] {
  const found = words.matchAll(new RegExp(`real_server (\\S+)(?: (\\d+))? is ${what} the table`, 'g'));
  return [...found].map(([, address = '', port]) => ({
    address: short(address),
    ...(port !== undefined && port !== '0' && { port: Number(port) }),
  }));
}

function compareToTable(pool: PoolConfig, services: readonly ShownService[], words: string, add: Add): void {
  const service = serviceOf(pool, services);
  if (service === undefined) {
    add('pool of nobody', 'no such virtual server', `${pool.vip.address} ${pool.vip.port}`);
    return;
  }
  compareService(pool, service, sameBy(add));
  compareSayings(service, words, add);
}

function sameBy(add: Add): Same {
  return (kind, keepalived, init) => {
    const [one, other] = [JSON.stringify(keepalived), JSON.stringify(init)];
    if (one !== other) add(kind, one, other);
  };
}

type Add = (kind: string, keepalived: unknown, init: unknown) => void;
type Same = Add;

function comparePool(
  pool: PoolConfig,
  { services, instances }: Shown,
  words: string,
  own: readonly string[],
  add: Add,
): void {
  compareToTable(pool, services, words, add);
  const instance = instances.find(({ vips }) => vips.map(short).includes(pool.vip.address));
  if (instance === undefined) add('VIP of nobody', 'no instance with it', pool.vip.address);
  else {
    compareInstance(pool, instance, own, sameBy(add));
    const device = instance.devices[instance.vips.map(short).indexOf(pool.vip.address)];
    // A VMAC above that interface is told as use_vmac.
    const isVmac = device?.endsWith(`@${instance.interface}`) === true && /use_vmac/.test(words);
    const isElsewhere = device !== '' && device !== instance.interface && !isVmac;
    if (isElsewhere && !new RegExp(`${pool.vip.address} is on ${device}`).test(words)) {
      add('interface of the VIP untold', device, 'no word of it');
    }
  }
}

/** What weir.yaml has no value for and a sentence says. */
function compareSayings({ scheduler, hasFallback, isPersistent }: ShownService, words: string, add: Add): void {
  const refuses = scheduler === 'dh' || (['sh', 'mh'].includes(scheduler) && !hasFallback);
  const about = `the scheduler ${scheduler} refuses`;
  if (refuses && !words.includes(about)) add('fallback untold', `${scheduler} without`, 'no word of it');
  if (isPersistent && !/persisten/.test(words)) add('persistence untold', 'persistent', 'no word of it');
}

function compareService(pool: PoolConfig, service: ShownService, same: Same): void {
  const members = Object.values(pool.members);
  const isBlind = BLIND_TO_WEIGHTS.includes(service.scheduler);
  const largest = Math.max(...service.servers.map(({ weight }) => weight));
  const isMark = service.heads.every(({ mark }) => mark !== undefined);
  same('scheduler', service.scheduler, pool.lvs.scheduler);
  if (!isMark) same('protocol', service.protocol, 'TCP');
  same('method', [...new Set(service.servers.map(({ method }) => METHODS[method] ?? method))], [pool.lvs.forwarding]);
  same(
    'members and weights',
    service.servers.map(({ address, weight }) => `${short(address)} ${isBlind ? largest : weight}`).sort(),
    members.map(({ address, weight }) => `${address} ${weight}`).sort(),
  );
  // In a group, one without a port has that of the entry (ipvswrapper.c, ipvs_group_cmd).
  const ports = new Set(service.servers.map(({ port }) => port).filter((port) => port !== 0));
  if (!isMark && ports.size > 0) same('port of members', [...ports], [pool.vip.port]);
}

function compareInstance(
  { vrrp, members }: PoolConfig,
  instance: ShownInstance,
  own: readonly string[],
  same: Same,
): void {
  same('interface', instance.interface, vrrp.interface);
  same('router id', instance.routerId, vrrp.virtualRouterId);
  same('VRRP version', instance.version, vrrp.version);
  same('advert interval', instance.advertIntervalMs, vrrp.advertIntervalMs);
  same('preempt', instance.preempt, vrrp.preempt);
  same('password', instance.authentication === 'SIMPLE_PASSWORD', vrrp.auth !== undefined);
  const self = Object.values(members).find(({ address }) => own.includes(address));
  if (self !== undefined) same('own priority', Math.min(instance.priority, 254), self.priority);
}

function serviceOf({ vip }: PoolConfig, services: readonly ShownService[]): ShownService | undefined {
  const exact = services.find(({ heads }) =>
    heads.some(({ address, port }) => address !== undefined && short(address) === vip.address && port === vip.port),
  );
  return exact ?? services.find(({ heads }) => heads.some(({ mark }) => mark !== undefined));
}

/** Virtual servers that are no pool and are not said to be left out either. */
function unnamed(services: readonly ShownService[], pools: readonly PoolConfig[], words: string, add: Add): void {
  for (const { heads } of services) {
    for (const { address, port, mark } of heads) {
      const isPool = pools.some(
        ({ vip }) => address !== undefined && vip.address === short(address) && vip.port === port,
      );
      const isNamed =
        mark === undefined
          ? address === undefined || (names(words, short(address)) && (port === 0 || names(words, String(port))))
          : new RegExp(`\\b(fwmark|mark) ${mark}\\b`).test(words);
      if (!isPool && !isNamed)
        add('virtual server untold', mark === undefined ? `${address} ${port}` : `fwmark ${mark}`, 'no word of it');
    }
  }
}
