import { oneLine } from '../../lib/text/plain-text.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import type { MemberSignals } from '../../model/readings/signals.ts';
import { formatSignal } from '../wording/figures.ts';
import { type Html, html } from '../wording/html.ts';
import { summarizeMember } from '../wording/summary.ts';
import { badge } from './badge.ts';

type MemberSignal = keyof MemberSignals;

/** The heading, and the signals of a cell: a second one stands below the first. */
const COLUMNS: readonly (readonly [head: string, signal: MemberSignal, below?: MemberSignal])[] = [
  ['Weight', 'weight'],
  ['Connections', 'active_connections'],
  ['Memory', 'memory_bytes', 'memory_limit_bytes'],
  ['Growth', 'memory_growth'],
  ['Full in', 'seconds_to_full'],
  ['Queue', 'queue_depth', 'queue_growth'],
  ['In', 'inflow_rate', 'push_rate'],
  ['Out', 'consume_rate', 'take_rate'],
  ['Refused', 'refused_rate'],
  ['Consumers', 'consumers'],
  ['Role', 'role', 'maxmemory_policy'],
];

export function membersTable({ facts }: PoolStatus): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Members, all figures"><table>
<thead><tr><th scope="col">Member</th><th scope="col">State</th>${COLUMNS.map(([head, signal]) => html`<th scope="col"${textual(signal)}>${head}</th>`)}</tr></thead>
<tbody>${Object.entries(facts.members).map(([name, member]) => row(name, member))}</tbody>
</table></div>`;
}

function row(name: string, member: MemberSignals): Html {
  return html`<tr><th scope="row">${oneLine(name)}</th><td>${badge(summarizeMember(member))}</td>${COLUMNS.map(
    ([, signal, below]) =>
      html`<td${textual(signal)}>${show(member, signal)}${below !== undefined && member[below] !== undefined && html`<br><span class="dim">${below === 'memory_limit_bytes' && 'of '}${show(member, below)}</span>`}</td>`,
  )}</tr>`;
}

/** Numbers stand to the right, words to the left. */
function textual(signal: MemberSignal): Html {
  return signal === 'role' ? html`` : html` class="num"`;
}

function show(member: MemberSignals, signal: MemberSignal): string {
  return oneLine(formatSignal(`member.${signal}`, member[signal]));
}
