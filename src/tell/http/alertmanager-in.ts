/**
 * Parses what an Alertmanager sends to a webhook (version 4 of its payload). Grafana's alerting sends the same with
 * more fields, as version 1. An alert that cannot be read is left out, with a word why, and the others are taken. Pure.
 */

import { createHash } from 'node:crypto';
import { dictionary } from '../../lib/dictionary.ts';
import { fieldsOf } from '../../lib/fields.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import { atMost, type ExternalAlert, MAX_FIRING } from '../../model/readings/alert.ts';

const VERSIONS: ReadonlySet<unknown> = new Set(['4', '1', 4, 1]);

/** The longest label name, label value and alert name, in characters. Longer ones are cut. */
const MAX_TEXT = 200;

/** The most labels of one alert, and the most characters of all of them together. */
const MAX_LABELS = 40;
const MAX_LABEL_TEXT = 1_000;

/** The most ends of alerts for one pool in one message: more alerts are not known to fire. */
const MAX_RESOLVED = 5 * MAX_FIRING;

/** The most alerts of one message: three times as many as an ordinary one of the largest size has. */
const MAX_READ = 25_000;

/** So many examples are named in a sentence. */
const SHOWN = 3;

/** So many names of unknown pools are compared with Weir's, to say which was meant. */
const MAX_COMPARED = 20;

/** An alert that says that it is one of Weir's own incidents, come back. Anybody may say so. */
export interface Claim {
  readonly incident: string;
  readonly rule: string;
  readonly pool: string;
  readonly target: string;
}

export interface SentAlert extends ExternalAlert {
  readonly claim?: Claim;
}

export interface PoolAlerts {
  readonly pool: string;
  readonly alerts: readonly SentAlert[];
}

export interface TakenAlerts {
  readonly told: readonly PoolAlerts[];
  /** What was left out though somebody may have meant it for Weir, a sentence for each reason. */
  readonly left: readonly string[];
  /** A sentence about alerts of pools that Weir does not have: others use the label `pool` too. */
  readonly foreign?: string;
}

/** An alert without a label `pool` is for every pool. `problem`: it is no such message at all. */
export function parseAlertmanager(json: unknown, pools: readonly string[]): TakenAlerts | { readonly problem: string } {
  const { version = '4', alerts } = fieldsOf(json);
  const problem = problemOf(version, alerts);
  if (problem !== undefined) {
    return {
      problem: `This is no message of an Alertmanager (version 4) or of Grafana's alerting (version 1): ${problem}.`,
    };
  }
  const all = alerts as unknown[];
  const read = all.slice(0, MAX_READ).map(toAlert);
  const readable = read.filter((alert) => typeof alert === 'object');
  const { told, cut } = perPool(readable, pools);
  const { misspelt, foreign } = ofOthers(readable, pools);
  const odd = read.flatMap((one, index) => (typeof one === 'string' ? [`alerts.${index}: ${one}`] : []));
  return {
    told,
    left: [
      ...(odd.length === 0 ? [] : [`Not read: ${some(odd)}.`]),
      ...misspelt,
      ...(all.length > MAX_READ ? [`Left out: ${all.length - MAX_READ} of ${all.length}, whatever they say.`] : []),
      ...(cut.length === 0
        ? []
        : [`Left out, of more than ${MAX_FIRING} that fire or ${MAX_RESOLVED} that are over: ${some(cut)}.`]),
    ],
    ...(foreign.length > 0 && { foreign: `For pools that are not Weir's: ${some(foreign)}.` }),
  };
}

function problemOf(version: unknown, alerts: unknown): string | undefined {
  if (!Array.isArray(alerts)) return 'it has no list of alerts';
  return VERSIONS.has(version) ? undefined : `its version is ${shown(version)}`;
}

function claimOf(one: unknown): Claim | undefined {
  const { annotations, labels } = fieldsOf(one);
  const { weir_incident: incident } = fieldsOf(annotations);
  if (typeof incident !== 'string') return undefined;
  const { alertname, pool, target } = fieldsOf(labels);
  return { incident: cutOff(incident), rule: String(alertname), pool: String(pool), target: String(target) };
}

/** Returns the alert, or in words why it cannot be read. */
function toAlert(one: unknown): SentAlert | string {
  const { status, labels: given, fingerprint, startsAt } = fieldsOf(one);
  if (status !== 'firing' && status !== 'resolved') return `the status is ${shown(status)}, not firing or resolved`;
  const labels = boundedLabels(fieldsOf(given));
  const claim = claimOf(one);
  const since = typeof startsAt === 'string' && /^\d{4}-\d\d-\d\dT/.test(startsAt) ? Date.parse(startsAt) : Number.NaN;
  return {
    fingerprint: fingerprintOf(fingerprint, fieldsOf(given)),
    name: (labels.alertname || 'unnamed').replaceAll(/\s+/g, '_'),
    labels,
    firing: status === 'firing',
    ...(Number.isFinite(since) && { startsAt: since }),
    ...(claim !== undefined && { claim }),
  };
}

/** Returns the same fingerprint every time the alert is told, whatever of its labels is cut. */
function fingerprintOf(given: unknown, labels: Readonly<Record<string, unknown>>): string {
  if (typeof given === 'string' && /^[0-9A-Za-z][\w.:-]{0,63}$/.test(given)) return given;
  const byName = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  const text = typeof given === 'string' && given !== '' ? given : JSON.stringify(byName);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function boundedLabels(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const all = Object.entries(given).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  const isWanted = ([name]: readonly [string, unknown]) => name === 'alertname' || name === 'pool';
  const wantedFirst = [...all.filter(isWanted), ...all.filter((label) => !isWanted(label))];
  const kept: [string, string][] = [];
  let length = 0;
  for (const [name, value] of wantedFirst.slice(0, MAX_LABELS)) {
    const label = [cutOff(name), cutOff(String(value))] as [string, string];
    length += label.join('').length;
    if (length > MAX_LABEL_TEXT) break;
    kept.push(label);
  }
  return dictionary(kept);
}

/** Returns what each pool is told, and in words of which pools something was left out. */
function perPool(alerts: readonly SentAlert[], pools: readonly string[]) {
  const named = new Set(alerts.map(({ labels }) => labels.pool));
  const ofAll = alerts.filter(({ labels }) => !labels.pool);
  const ofAllKept = bounded(ofAll);
  const cut: string[] = [];
  const told = pools.flatMap((pool): PoolAlerts[] => {
    const its = named.has(pool) ? alerts.filter(({ labels }) => !labels.pool || labels.pool === pool) : ofAll;
    const kept = named.has(pool) ? bounded(its) : ofAllKept;
    if (kept.length < its.length) cut.push(`${pool} ${its.length - kept.length} of ${its.length}`);
    return kept.length === 0 ? [] : [{ pool, alerts: kept }];
  });
  return { told, cut };
}

/** Keeps the order. Ends of alerts have room of their own: nothing else ends an alert before a day has passed. */
function bounded(alerts: readonly SentAlert[]): SentAlert[] {
  const firing = atMost(
    alerts.filter((alert) => alert.firing),
    MAX_FIRING,
  );
  const over = alerts.filter((alert) => !alert.firing).slice(0, MAX_RESOLVED);
  const kept = new Set([...firing, ...over]);
  return alerts.filter((alert) => kept.has(alert));
}

/** Finds names of pools that Weir does not have. Those that may be misspelt get a sentence each. */
function ofOthers(alerts: readonly ExternalAlert[], pools: readonly string[]) {
  const poolNames = new Set(pools);
  const names = new Set(alerts.flatMap(({ labels: { pool } }) => (pool && !poolNames.has(pool) ? [pool] : [])));
  const guesses = new Map([...names].slice(0, MAX_COMPARED).map((name) => [name, didYouMean(name, pools)]));
  const misspelt = [...guesses].flatMap(([name, guess]) => (guess === '' ? [] : [`There is no pool ${name}${guess}`]));
  const foreign = [...names].filter((name) => !guesses.get(name));
  return { misspelt: misspelt.slice(0, SHOWN), foreign };
}

function some(all: readonly string[]): string {
  const more = all.length > SHOWN ? ` and ${all.length - SHOWN} more` : '';
  return `${all.slice(0, SHOWN).join(', ')}${more}`;
}

/** Never cuts between the two halves of one character. */
function cutOff(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, '');
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cutOff(value));
  return value === undefined ? 'missing' : typeof value === 'number' ? String(value) : 'no text';
}
