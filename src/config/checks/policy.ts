/** Checks `policy` of a weir.yaml whose every value is well-formed. */

import { scheduleFault } from '../../lib/recurring.ts';
import { LONGEST_LEASE_MS } from '../../model/decisions/action.ts';
import { formatDuration } from '../../model/duration.ts';
import { MAX_HOLD_MS } from '../../model/people/hold.ts';
import type { WrittenConfig } from '../schema.ts';
import type { Complaint } from './complaint.ts';

export function checkPolicy({ policy, pools }: WrittenConfig): Complaint[] {
  const { approval, roles, maintenance } = policy;
  const complaints: Complaint[] = [];
  const { length: approvers } = roles.approver;
  if (approvers > 0 && approval.quorum > approvers) {
    const message = `policy.approval.quorum is ${approval.quorum}, and policy.roles.approver names ${approvers}: nothing could ever be approved`;
    complaints.push({ path: ['policy', 'approval', 'quorum'], message });
  }
  const { steps } = policy.raise;
  if (steps.at(-1) !== 100 || steps.some((step, i) => i > 0 && step <= (steps[i - 1] ?? 0))) {
    const message = `policy.raise.steps is ${steps.join(', ')}, expected rising shares in percent, the last one 100`;
    complaints.push({ path: ['policy', 'raise', 'steps'], message });
  }
  if (policy.longest <= 0 || policy.longest > LONGEST_LEASE_MS) {
    const message = `policy.longest is ${formatDuration(policy.longest)}, expected more than nothing and 30d at most`;
    complaints.push({ path: ['policy', 'longest'], message });
  }
  maintenance.forEach((window, i) => {
    const complain = (key: string, message: string) =>
      complaints.push({ path: ['policy', 'maintenance', i, key], message });
    const fault = scheduleFault(window.schedule, window.timezone);
    if (fault !== undefined) complain(fault.startsWith('"') ? 'schedule' : 'timezone', fault);
    if (window.for <= 0 || window.for > MAX_HOLD_MS) {
      complain('for', `for is ${formatDuration(window.for)}, expected more than nothing and 24h at most`);
    }
    const names = Object.keys(pools).join(', ');
    const pool = window.pool === undefined ? undefined : pools[window.pool];
    if (window.pool !== undefined && pool === undefined) {
      complain('pool', `there is no pool ${window.pool}, only ${names}`);
    } else if (window.member !== undefined && pool === undefined) {
      complain('member', 'member goes with pool: say which pool it is in');
    } else if (window.member !== undefined && pool?.members[window.member] === undefined) {
      const members = Object.keys(pool?.members ?? {}).join(', ');
      complain('member', `pool ${window.pool} has no member ${window.member}, only ${members}`);
    }
  });
  return complaints;
}
