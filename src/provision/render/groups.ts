import type { YamlPath } from '../../lib/yaml/file.ts';
import type { MemberConfig, PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf } from '../../model/configuration/fwmark.ts';
import { WeirError } from '../../model/error.ts';

/** Pools of one node that move together: they share one VRRP instance. */
export interface Group {
  /** As keepalived calls the instance. */
  readonly name: string;
  readonly interface: string;
  readonly routerId: number;
  readonly pools: readonly PoolConfig[];
  /** This node in the first of the pools; in the others it has the same priority. */
  readonly self: MemberConfig;
  readonly peers: readonly MemberConfig[];
}

/**
 * The VRRP instances of a node, one for each interface and virtual_router_id.
 * @throws WeirError 'config' when no pool has the node.
 */
export function groupsOf(pools: readonly PoolConfig[], node: string): Group[] {
  const groups = new Map<string, Group>();
  for (const pool of pools) {
    const self = pool.members[node];
    if (self === undefined) continue;
    const device = self.interface ?? pool.vrrp.interface;
    const key = `${device} ${pool.vrrp.virtualRouterId}`;
    const group = groups.get(key);
    groups.set(key, {
      name: `VI_${pool.vrrp.virtualRouterId}`,
      interface: device,
      routerId: pool.vrrp.virtualRouterId,
      pools: [...(group?.pools ?? []), pool],
      self: group?.self ?? self,
      peers: group?.peers ?? Object.values(pool.members).filter((member) => member.name !== node),
    });
  }
  if (groups.size > 0) return [...groups.values()];
  const names = [...new Set(pools.flatMap((pool) => Object.keys(pool.members)))].sort();
  throw new WeirError('config', `No pool has a member ${node}; there are ${names.join(', ')}.`);
}

/** A sentence about a value of weir.yaml, that says what to change. */
export interface Refusal {
  readonly path: YamlPath;
  readonly message: string;
}

/** @throws WeirError 'config' when there is one, a line each with the place that `at` gives it. */
export function throwRefusals(refused: readonly Refusal[], at: (path: YamlPath) => string): void {
  if (refused.length === 0) return;
  throw new WeirError('config', refused.map(({ path, message }) => `${at(path)} ${message}`).join('\n'));
}

/** What cannot be built although every value is well-formed. */
export function refusals(groups: readonly Group[], node: string): Refusal[] {
  const pools = groups.flatMap((group) => group.pools);
  const of = (guard: PoolConfig['lvs']['loopGuard']) => pools.filter((pool) => isLooping(pool, guard));
  const problems: Refusal[] = [];
  const perKernel = [...of('backup-only'), ...of('notify-swap')];
  const another = groups[1]?.pools[0]?.name;
  if (another !== undefined && perKernel.length > 0) {
    const names = groups.map((group) => `${group.pools.map(({ name }) => name).join(', ')} (${group.routerId})`);
    const message = `${perKernel.map(({ name }) => name).join(', ')}: lvs.loop_guard ${perKernel[0]?.lvs.loopGuard} works for a whole kernel, and node ${node} has ${groups.length} VRRP instances: ${names.join(' and ')}. With the MASTER of one here and of the other elsewhere one of them would not be balanced. Give them the same vrrp.virtual_router_id, or use lvs.loop_guard: ingress-mark.`;
    problems.push({ path: ['pools', another, 'vrrp', 'virtual_router_id'], message });
  }
  const odd = pools.find((pool) => pool.lvs.loopGuard !== pools[0]?.lvs.loopGuard);
  if (odd !== undefined) {
    const message = `${pools.map(({ name }) => name).join(', ')}: pools on one node need the same lvs.loop_guard, they have ${pools.map((pool) => pool.lvs.loopGuard).join(' and ')}.`;
    problems.push({ path: ['pools', odd.name, 'lvs', 'loop_guard'], message });
  }
  for (const group of groups) {
    const without = group.peers.filter((peer) => peer.mac === undefined).map(({ name }) => name);
    const [first] = group.pools.filter((pool) => isLooping(pool, 'ingress-mark'));
    if (without[0] === undefined || first === undefined) continue;
    const message = `${group.pools.map(({ name }) => name).join(', ')}: lvs.loop_guard ingress-mark tells clients from directors by their MAC: give members.${without.join(', ')} a mac.`;
    problems.push({ path: ['pools', first.name, 'members', without[0]], message });
  }
  for (const pool of pools) {
    const mark = fwmarkOf(pool);
    const twin = pools.find((other) => mark !== undefined && fwmarkOf(other) === mark);
    if (twin === undefined || twin === pool) continue;
    const message = `${twin.name}, ${pool.name}: their ports ${twin.vip.port} and ${pool.vip.port} make the same mark for lvs.loop_guard ingress-mark: change vip.port or vrrp.virtual_router_id of one of them.`;
    problems.push({ path: ['pools', pool.name, 'vip', 'port'], message });
  }
  for (const pool of pools.filter((candidate) => candidate.lvs.scheduler === 'dh')) {
    const message = `${pool.name}: the scheduler dh sends clients to the same member for ever and refuses them while it has weight 0, so that a drain would lose logs: use wrr, or sh.`;
    problems.push({ path: ['pools', pool.name, 'lvs', 'scheduler'], message });
  }
  return problems;
}

/** NAT changes the destination, so that nothing is scheduled twice; the others need the guard. */
function isLooping(pool: PoolConfig, guard: PoolConfig['lvs']['loopGuard']): boolean {
  return pool.lvs.forwarding !== 'nat' && pool.lvs.loopGuard === guard;
}
