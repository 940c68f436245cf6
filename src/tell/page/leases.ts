import { oneLine } from '../../lib/text/plain-text.ts';
import { formatIso, formatWhen } from '../../lib/times.ts';
import type { DesiredLease } from '../../model/decisions/action.ts';
import { formatDuration } from '../../model/duration.ts';
import { ownerText } from '../../model/owner.ts';
import { type Html, html } from '../wording/html.ts';

export function leasesTable(leases: readonly DesiredLease[], now: number): Html {
  const live = leases.filter((lease) => lease.endedAt === undefined);
  if (live.length === 0)
    return html`<p class="empty">Weir holds nothing: every weight is as keepalived or you set it.</p>`;
  return html`<table class="stack">
<thead><tr><th scope="col">Member</th><th scope="col" class="num">Weight</th><th scope="col">Until</th><th scope="col">By</th><th scope="col">Reason</th></tr></thead>
<tbody>${live.map((lease) => row(lease, now))}</tbody>
</table>`;
}

function row(lease: DesiredLease, now: number): Html {
  const leftMs = lease.until - now;
  const left = leftMs > 0 ? `${formatDuration(leftMs)} left` : 'past its time';
  return html`<tr id="lease-${encodeURIComponent(lease.id)}"><th scope="row">${oneLine(lease.member)}</th><td class="num"><span class="phone">weight </span>${lease.weight}</td><td class="nowrap"><time datetime="${formatIso(lease.until)}">${formatWhen(lease.until, now)}</time> <span class="dim">${left}</span></td><td>${oneLine(ownerText(lease.owner))}</td><td>${oneLine(lease.reason)}</td></tr>`;
}
