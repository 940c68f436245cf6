import type { DoctorFinding } from '../../../model/people/doctor.ts';
import type { Check } from '../check.ts';
import type { NodeFacts } from '../facts.ts';
import type { Wanted } from '../wanted.ts';
import { ADDRESS_CHECKS } from './addresses.ts';
import { KEEPALIVED_CHECKS } from './keepalived.ts';
import { LVS_CHECKS } from './lvs.ts';
import { REDIS_CHECKS } from './redis.ts';
import { VRRP_CHECKS } from './vrrp.ts';
import { WEIGHT_CHECKS } from './weights.ts';
import { WEIR_CHECKS } from './weir.ts';

/** Every check, in the order in which findings are told: what moves the VIP first. Adding one is adding it to its list. */
export const CHECKS: readonly Check[] = [
  ...KEEPALIVED_CHECKS,
  ...VRRP_CHECKS,
  ...ADDRESS_CHECKS,
  ...LVS_CHECKS,
  ...WEIGHT_CHECKS,
  ...REDIS_CHECKS,
  ...WEIR_CHECKS,
];

/** Compares the facts with what weir.yaml wants. Pure. */
export function examine(facts: NodeFacts, wanted: Wanted): DoctorFinding[] {
  return CHECKS.flatMap(({ name, find }) => find(facts, wanted).map((finding) => ({ check: name, ...finding })));
}
