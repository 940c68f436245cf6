import { oneLine } from '../../lib/text/plain-text.ts';
import { formatBytes, formatCount, formatRatio } from '../../lib/text/units.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import type { ConsumerSignals, MemberSignals } from '../../model/readings/signals.ts';
import { formatSignal, UNKNOWN } from '../wording/figures.ts';
import { type Html, html } from '../wording/html.ts';
import { summarizeConsumer, summarizeDirector, summarizeMember } from '../wording/summary.ts';
import { badge, meter } from './badge.ts';

/** The way of a log line through the pool, left to right. A pipe is as thick as its flow is large. */
export function flow(pool: PoolStatus): Html {
  const { members, consumers } = pool.facts;
  const entries = Object.entries(members);
  const rates = entries.flatMap(([, member]) => [member.inflow_rate ?? 0, member.consume_rate ?? 0]);
  const widest = Math.max(1, ...rates);
  return html`<div class="flow">
<div class="box ends producers"><h4>Producers</h4>${producers(pool)}</div>
<div class="pipe ${pipeClass(pool.facts.pool.inflow_rate, widest)} first"><span class="label">${formatSignal('pool.inflow_rate', pool.facts.pool.inflow_rate)}</span></div>
<div class="box ends"><h4>LVS</h4><p><code>${oneLine(pool.vip)}</code></p>${directors(pool)}</div>
<div class="lanes">${entries.map(([name, member]) => lane(name, member, widest))}</div>
<div class="box ends"><h4>Consumers</h4>${
    Object.keys(consumers).length === 0
      ? html`<p class="dim">None is watched: name them under <code>consumers:</code>.</p>`
      : Object.entries(consumers).map(([name, consumer]) => consumerLine(name, consumer))
  }</div>
</div>`;
}

function producers({ facts }: PoolStatus): Html {
  const counts = Object.values(facts.members).map((member) => member.active_connections);
  const knownCounts = counts.filter((count) => count !== undefined);
  if (knownCounts.length === 0) return html`<p class="dim">How many is not known.</p>`;
  const total = knownCounts.reduce((sum, count) => sum + count, 0);
  return html`<p><b>${formatCount(total)}</b> connections</p>`;
}

function directors({ facts }: PoolStatus): Html[] {
  return Object.entries(facts.directors).map(
    ([name, director]) => html`<p class="row"><b>${oneLine(name)}</b> ${badge(summarizeDirector(director))}</p>`,
  );
}

function lane(name: string, member: MemberSignals, widest: number): Html {
  const summary = summarizeMember(member);
  const show = (signal: keyof MemberSignals) => formatSignal(`member.${signal}`, member[signal]);
  const { memory_ratio: ratio, memory_limit_bytes: limit, queue_growth: growth, weight } = member;
  const { active_connections: connections } = member;
  const filling = member.filling === true || member.full === true;
  return html`<div class="lane" id="lane-${encodeURIComponent(name)}">
<div class="pipe ${weight === 0 ? 'shut' : pipeClass(member.inflow_rate, widest)}"><span class="label">${weight === undefined ? 'weight ?' : html`weight <b>${weight}</b>${member.held === true && ', held'}`}</span><span class="label below">${connections !== undefined && `${formatCount(connections)} conn. · `}${show('inflow_rate')}</span></div>
<article class="box member ${summary.level}" aria-label="Member ${oneLine(name)}">
<p class="row"><b class="name">${oneLine(name)}</b> ${badge(summary)}</p>
${ratio === undefined ? html`<p class="dim">Memory not known.</p>` : html`${meter(ratio, filling ? (ratio >= 0.95 ? 'bad' : 'warn') : 'good')}<p class="row"><span><b>${formatRatio(ratio)}</b>${limit !== undefined && ` of ${formatBytes(limit)}`}</span> <span class="${filling ? 'strong' : 'dim'}">${fullIn(show('seconds_to_full'))}</span></p>`}
<p class="row"><span>Queue <b>${show('queue_depth')}</b></span> <span class="dim">${growth === undefined ? '' : signed(growth)}</span></p>
</article>
<div class="pipe ${pipeClass(member.consume_rate, widest)}"><span class="label below">${show('consume_rate')}</span></div>
</div>`;
}

function fullIn(text: string): string {
  if (text === UNKNOWN) return '';
  return text === 'full' || text === 'not filling' ? text : `full in ${text}`;
}

function signed(growth: number): string {
  const text = formatCount(growth);
  return `${growth > 0 && text !== '0' ? '+' : ''}${text}/s`;
}

function consumerLine(name: string, consumer: ConsumerSignals): Html {
  const out = consumer.events_out_rate;
  const busy = consumer.worker_utilization;
  return html`<div class="consumer"><p><code>${oneLine(name)}</code></p><p>${badge(summarizeConsumer(consumer))}</p>${out !== undefined && html`<p><b>${formatSignal('consumer.events_out_rate', out)}</b> out${busy !== undefined && `, ${formatSignal('consumer.worker_utilization', busy)} busy`}</p>`}</div>`;
}

/** Five widths. A pipe without a flow, or with an unknown one, is thin and dashed. */
function pipeClass(rate: number | undefined, widest: number): string {
  if (rate === undefined) return 'shut';
  if (rate < 1) return 'idle';
  return `w${Math.max(1, Math.min(5, Math.ceil((rate / widest) * 5)))}`;
}
