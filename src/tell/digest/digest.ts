/** The digest: what happened in a day, in figures and sentences, for those who were not there. Pure. */

import { noun } from '../../lib/text/units.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Silence } from '../../model/people/silence.ts';
import type { TrendPoint } from '../../model/readings/trend.ts';
import type { NearMiss } from '../incidents/state.ts';
import { refusingRail } from '../wording/summary.ts';

export interface PoolDigest {
  readonly name: string;
  /** Incidents that were open at some time of the day, oldest first. */
  readonly incidents: readonly Incident[];
  /** Decisions of the day, without drills. */
  readonly decisions: readonly Decision[];
  /** Near misses of the day only. */
  readonly nearMisses: readonly NearMiss[];
  /** Rules that have never fired since counting began. */
  readonly neverFired: readonly string[];
  /** When counting began, in broker ms. */
  readonly countsSince: number;
  readonly silences: readonly Silence[];
  readonly trend: readonly TrendPoint[];
}

export interface DigestData {
  /** Broker times in ms. */
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  readonly pools: readonly PoolDigest[];
}

interface Figures {
  readonly incidents: number;
  readonly open: number;
  readonly acted: number;
  readonly verified: number;
  readonly refused: number;
  readonly nearMisses: number;
}

function figuresOf(pools: readonly PoolDigest[]): Figures {
  const incidents = pools.flatMap((pool) => pool.incidents);
  const decisions = pools.flatMap((pool) => pool.decisions);
  const acted = decisions.filter(({ verdict }) => verdict === 'act');
  return {
    incidents: incidents.length,
    open: incidents.filter(({ resolvedAt }) => resolvedAt === undefined).length,
    acted: acted.length,
    verified: acted.filter(({ state }) => state === 'verified').length,
    refused: decisions.filter(({ verdict }) => verdict === 'refuse').length,
    nearMisses: pools.flatMap((pool) => pool.nearMisses).reduce((all, { times }) => all + times.length, 0),
  };
}

/** Was it a good night? "2 incidents, all resolved; 3 actions, all seen; 1 refused." */
export function headline(pools: readonly PoolDigest[]): string {
  const { incidents, open, acted, verified, refused, nearMisses } = figuresOf(pools);
  const resolved = open === 0 ? 'all resolved' : `${open} still open`;
  const seen = verified === acted ? 'all verified' : `${acted - verified} not verified`;
  return [
    incidents === 0 ? 'No incident' : `${incidents} ${noun(incidents, 'incident')}, ${resolved}`,
    acted === 0 ? 'no action' : `${acted} ${noun(acted, 'action')}, ${seen}`,
    `${refused} refused`,
    `${nearMisses} near ${noun(nearMisses, 'miss', 'misses')}`,
  ].join('; ');
}

/** One of the lists of a pool: its heading, and a sentence for each. */
export interface DigestList {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** The lists of a pool. Empty ones are left out; `when` writes the times. */
export function listsOf(pool: PoolDigest, when: (ms: number) => string): DigestList[] {
  const { incidents, decisions, nearMisses, neverFired, silences, countsSince } = pool;
  const refused = decisions.filter(({ verdict }) => verdict === 'refuse');
  const acted = decisions.filter(({ verdict }) => verdict === 'act');
  const others = decisions.filter(({ verdict }) => verdict === 'ask' || verdict === 'shadow');
  const lists: DigestList[] = [
    { heading: 'Incidents', lines: incidents.map((incident) => incidentSentence(incident, when)) },
    {
      heading: 'Actions',
      lines: acted.map((decision) => `${when(decision.at)} ${actionSentence(decision)}: ${decision.state}`),
    },
    {
      heading: 'Refused',
      lines: refused.map((decision) => `${when(decision.at)} ${actionSentence(decision)}: ${refusal(decision)}`),
    },
    {
      heading: 'Asked, or in shadow',
      lines: others.map(
        (decision) => `${when(decision.at)} ${actionSentence(decision)}: ${decision.verdict}, ${decision.state}`,
      ),
    },
    { heading: 'Near misses', lines: nearMisses.map((nearMiss) => nearSentence(nearMiss, when)) },
    {
      heading: 'Silences in force',
      lines: silences.map(({ by, reason, until }) => `by ${by} until ${when(until)}: ${reason}`),
    },
    { heading: `Rules that have not fired since ${when(countsSince)}`, lines: neverFired },
  ];
  return lists.filter(({ lines }) => lines.length > 0);
}

function incidentSentence(
  { openedAt, resolvedAt, title, severity, mutedBy, rule }: Incident,
  when: (ms: number) => string,
) {
  const end = resolvedAt === undefined ? 'still open' : formatDuration(resolvedAt - openedAt);
  const muted = mutedBy === undefined ? '' : `, muted by ${mutedBy}`;
  return `${when(openedAt)} ${severity} ${title} (${rule}): ${end}${muted}`;
}

function actionSentence({ action, target, by }: Decision): string {
  return `${action} ${target}, wanted by ${by}`;
}

function refusal(decision: Decision): string {
  const rail = refusingRail(decision);
  return rail === undefined ? 'no rail is on record' : `rail ${rail.rail}: ${rail.sentence}`;
}

function nearSentence({ rule, target, times }: NearMiss, when: (ms: number) => string): string {
  const last = times.at(-1) ?? 0;
  return `${rule} on ${target} nearly fired ${times.length} ${noun(times.length, 'time')}, last at ${when(last)}`;
}
