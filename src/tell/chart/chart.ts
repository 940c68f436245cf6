/** The course of a pool as a picture: memory with its forecast, queue depth below it. SVG, pure. */

import { scaleLinear, scaleTime } from 'd3-scale';
import { line as lineOf } from 'd3-shape';
import { oneLine, trimTo } from '../../lib/text/plain-text.ts';
import { formatCount, formatRatio } from '../../lib/text/units.ts';
import { formatMinute } from '../../lib/times.ts';
import { MAX_SECONDS_TO_FULL } from '../../model/readings/signals.ts';
import type { TrendPoint } from '../../model/readings/trend.ts';
import { formatSecondsToFull } from '../wording/figures.ts';
import { type Html, html } from '../wording/html.ts';

export interface ChartOptions {
  readonly title: string;
  /** Broker time in ms, where the seen part ends and the forecast begins. */
  readonly now: number;
  /** Absent: the process's own zone. */
  readonly timeZone?: string;
}

/** A point in time (ms) and a value. */
type Point = readonly [at: number, value: number];

interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** The point that the forecast reaches. */
  readonly forecast?: Point;
}

const WIDTH = 800;
const LEFT = 64;
const RIGHT = 690;
const PANELS = { memory: { top: 52, bottom: 240 }, depth: { top: 282, bottom: 380 } };

/** The colours of Okabe and Ito, for the colour-blind. Each line also has its own dashes, and its name at its end. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
const DASHES = ['', '9 3', '3 3', '12 3 3 3', '6 6', '1 4'];

/** A forecast further off than this is not drawn. In s. */
const FORECAST_WITHIN_S = 21_600;

/** The forecast takes at most this share of the width, so that enough is left for what was seen. */
const FORECAST_SHARE = 0.35;

/** Lines that a picture can hold. */
const MAX_SERIES = 6;

/** A picture of 800 by 420. */
export function chartSvg(trend: readonly TrendPoint[], options: ChartOptions): string {
  const { title, now } = options;
  const memory = seriesOf(trend, now, 'memory');
  const depth = seriesOf(trend, now, 'depth');
  const times = timesOf(trend, memory, now);
  const heading = trimTo(oneLine(title), 90);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 420" width="${WIDTH}" height="420" font-family="DejaVu Sans, sans-serif" font-size="12">
<rect width="${WIDTH}" height="420" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="16" font-weight="bold" fill="#1a1a1a">${heading}</text>
${panel({ label: 'Memory, of its limit', series: memory, times, ...PANELS.memory, max: 1, ticks: 4, format: formatRatio }, options)}
${panel({ label: 'Items in the queues', series: depth, times, ...PANELS.depth, max: topOf(depth), ticks: 2, format: formatCount }, options)}
${timeAxis(times, options)}
</svg>`.toString();
}

/** What the picture shows, in a sentence. */
export function altText(trend: readonly TrendPoint[]): string {
  const last = trend.at(-1);
  if (last === undefined) return 'Nothing is known of the course of this pool.';
  const members = Object.entries(last.members).map(([name, { memory, depth, secondsToFull }]) => {
    const full =
      secondsToFull === undefined || secondsToFull >= FORECAST_WITHIN_S
        ? ''
        : `, full in ${formatSecondsToFull(secondsToFull)}`;
    const items = depth === undefined ? '' : `, ${formatCount(depth)} items`;
    return `${oneLine(name)}: memory ${memory === undefined ? 'not known' : formatRatio(memory)}${full}${items}`;
  });
  return `${members.join('; ')}.`;
}

function seriesOf(trend: readonly TrendPoint[], now: number, figure: 'memory' | 'depth'): Series[] {
  const names = [...new Set(trend.flatMap(({ members }) => Object.keys(members)))].sort().slice(0, MAX_SERIES);
  return names.map((name) => {
    const points = trend.flatMap(({ at, members }): Point[] => {
      const value = members[name]?.[figure];
      return value === undefined ? [] : [[at, value]];
    });
    const seconds = trend.at(-1)?.members[name]?.secondsToFull ?? MAX_SECONDS_TO_FULL;
    const isHeaded = figure === 'memory' && points.length > 0 && seconds > 0 && seconds < FORECAST_WITHIN_S;
    return { name, points, ...(isHeaded && { forecast: [now + seconds * 1_000, 1] as const }) };
  });
}

function topOf(series: readonly Series[]): number {
  return Math.max(1, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
}

type Times = ReturnType<typeof scaleTime<number, number>>;

function timesOf(trend: readonly TrendPoint[], memory: readonly Series[], now: number): Times {
  const first = Math.min(trend[0]?.at ?? now - 3_600_000, now - 60_000);
  const headed = memory.flatMap(({ forecast }) => (forecast === undefined ? [] : [forecast[0]]));
  const latest = now + ((now - first) * FORECAST_SHARE) / (1 - FORECAST_SHARE);
  const last = headed.length === 0 ? now : Math.min(latest, Math.max(...headed));
  return scaleTime<number, number>().domain([first, last]).range([LEFT, RIGHT]);
}

interface Panel {
  readonly label: string;
  readonly series: readonly Series[];
  readonly times: Times;
  readonly top: number;
  readonly bottom: number;
  readonly max: number;
  readonly ticks: number;
  format(value: number): string;
}

function panel({ label, series, times, top, bottom, max, ticks, format }: Panel, { now }: ChartOptions): Html {
  const values = scaleLinear().domain([0, max]).range([bottom, top]);
  if (max !== 1) values.nice(ticks);
  const grid = values.ticks(ticks).map(
    (
      value,
    ) => html`<line x1="${LEFT}" x2="${RIGHT}" y1="${round(values(value))}" y2="${round(values(value))}" stroke="#dddddd"/>
<text x="${LEFT - 8}" y="${round(values(value) + 4)}" text-anchor="end" fill="#555555">${format(value)}</text>`,
  );
  const isEmpty = series.every(({ points }) => points.length === 0);
  const nowAt = round(times(now));
  const isForecast = series.some(({ forecast }) => forecast !== undefined);
  const ends = labelsOf(series, (value) => values(value), top, bottom);
  return html`<text x="${LEFT}" y="${top - 8}" fill="#555555">${label}</text>
${grid}
${isForecast && html`<line class="now" x1="${nowAt}" x2="${nowAt}" y1="${top}" y2="${bottom}" stroke="#888888" stroke-dasharray="2 2"/><text x="${nowAt}" y="${top - 8}" text-anchor="middle" fill="#555555">now</text>`}
${isEmpty && html`<text x="${(LEFT + RIGHT) / 2}" y="${(top + bottom) / 2}" text-anchor="middle" fill="#555555">no data</text>`}
${series.map((one, index) => drawn(one, index, times, (value) => values(value)))}
${ends.map(({ name, y, index }) => html`<text x="${RIGHT + 8}" y="${round(y + 4)}" fill="${COLORS[index]}" font-weight="bold">${name}</text>`)}`;
}

function drawn({ name, points, forecast }: Series, index: number, times: Times, y: (value: number) => number): Html {
  const path = lineOf<Point>(
    ([at]) => round(times(at)),
    ([, value]) => round(y(value)),
  );
  const pieces = piecesOf(points).map((piece) => (piece.length === 1 ? [...piece, ...piece] : piece));
  const last = points.at(-1);
  const color = COLORS[index];
  const end = times.domain()[1]?.getTime() ?? 0;
  return html`${pieces.map(
    (piece) =>
      html`<path class="seen" data-name="${name}" d="${path(piece) ?? ''}" fill="none" stroke="${color}" stroke-width="2.5" stroke-dasharray="${DASHES[index] ?? ''}" stroke-linecap="round"/>`,
  )}${
    forecast !== undefined &&
    last !== undefined &&
    html`<path class="forecast" data-name="${name}" d="${path([last, cutAt(last, forecast, end)]) ?? ''}" fill="none" stroke="${color}" stroke-width="1.5" stroke-dasharray="2 5"/>`
  }`;
}

/** A forecast that leaves the picture ends at its edge. */
function cutAt([fromAt, from]: Point, [toAt, to]: Point, end: number): Point {
  if (toAt <= end) return [toAt, to];
  return [end, from + ((to - from) * (end - fromAt)) / (toAt - fromAt)];
}

/** A line breaks where nothing was seen for longer than three steps. */
function piecesOf(points: readonly Point[]): Point[][] {
  const steps = points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? at));
  const median = [...steps].sort((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0;
  const pieces: Point[][] = [];
  points.forEach((point, i) => {
    const step = i === 0 ? Number.POSITIVE_INFINITY : (steps[i - 1] as number);
    if (step > 3 * median || pieces.length === 0) pieces.push([]);
    pieces.at(-1)?.push(point);
  });
  return pieces;
}

const LABEL_HEIGHT = 14;

/** Names at the ends of their lines, moved apart so that each can be read. */
function labelsOf(series: readonly Series[], y: (value: number) => number, top: number, bottom: number) {
  const labels = series
    .map(({ name, points }, index) => ({ name: trimTo(oneLine(name), 13), index, y: y(points.at(-1)?.[1] ?? 0) }))
    .filter(({ index }) => (series[index]?.points.length ?? 0) > 0)
    .sort((one, other) => one.y - other.y);
  for (const [i, label] of labels.entries()) {
    label.y = Math.max(label.y, i === 0 ? top : (labels[i - 1]?.y ?? 0) + LABEL_HEIGHT);
  }
  const over = Math.max(0, (labels.at(-1)?.y ?? 0) - bottom);
  return labels.map((label) => ({ ...label, y: label.y - over }));
}

function timeAxis(times: Times, { timeZone }: ChartOptions): Html {
  return html`${times
    .ticks(6)
    .map(
      (at) =>
        html`<text x="${round(times(at))}" y="404" text-anchor="middle" fill="#555555">${formatMinute(at.getTime(), timeZone)}</text>`,
    )}`;
}

/** A screen shows no more digits. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
