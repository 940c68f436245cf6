/** Amounts as people read them: the same text for the same number wherever it stands. Pure. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in powers of 1024, as Redis and weir.yaml count them: "512 B", "3.2 GiB". Of a rate, `/s` is for the caller. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.5 ? String(Math.round(value)) : value.toFixed(1);
  return `${sign(bytes, text)}${text} ${BYTE_UNITS[unit]}`;
}

/** "time" for one, "times" for none or several: the word that goes with a number. */
export function noun(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

const COUNT_UNITS = ['', ' k', ' M', ' G', ' T'];

/** A number of things: "0", "0.4", "9,876", "12.3 k", "1.2 M". */
export function formatCount(count: number): string {
  let value = Math.abs(count);
  if (value < 9_999.5) {
    const text =
      value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
    return `${sign(count, text)}${text}`;
  }
  let unit = 0;
  while (value >= 999.5 && unit < COUNT_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = value >= 99.5 ? String(Math.round(value)) : value.toFixed(1);
  return `${sign(count, text)}${text}${COUNT_UNITS[unit]}`;
}

function sign(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? '-' : '';
}

/** 0..1 as a percentage: "71 %", and "99.6 %" near the end, where a rounded 100 would say that it is full. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  return percent > 99 && percent < 100 ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %` : `${Math.round(percent)} %`;
}
