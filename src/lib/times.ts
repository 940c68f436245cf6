/** Times as people read them: local to the process that tells, to the second. */

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** "UTC" or "UTC+02:00": what the local times are local to. */
export function zoneOf(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const abs = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
}

/** Local time of day: "03:12:09". */
export function formatClock(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local date: "2026-11-23". */
function formatDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Time of day; with the date in front when that is not today's: "03:12:09", "2026-11-22 23:58:01". */
export function formatWhen(ms: number, now: number): string {
  return formatDay(ms) === formatDay(now) ? formatClock(ms) : `${formatDay(ms)} ${formatClock(ms)}`;
}

/** Local ISO 8601 with seconds and offset: "2026-11-23T03:12:09+01:00". */
export function formatIso(ms: number): string {
  const zone = zoneOf(ms);
  return `${formatDay(ms)}T${formatClock(ms)}${zone === 'UTC' ? 'Z' : zone.slice(3)}`;
}

/** "03:12" in a time zone; left out: the process's own. */
export function formatMinute(ms: number, timeZone?: string): string {
  return formatterOf('minute', timeZone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** "2026-11-23 03:12" in a time zone. */
export function formatDayMinute(ms: number, timeZone: string): string {
  const day = formatterOf('day', timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
  return `${day} ${formatMinute(ms, timeZone)}`;
}

/** Making a formatter costs more than all that it formats. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(kind: string, timeZone: string | undefined, options: Intl.DateTimeFormatOptions) {
  const key = `${kind} ${timeZone ?? ''}`;
  // en-CA writes dates as ISO 8601 has them.
  const made = formatters.get(key) ?? new Intl.DateTimeFormat('en-CA', { ...options, ...(timeZone && { timeZone }) });
  formatters.set(key, made);
  return made;
}
