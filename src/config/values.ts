/** The kinds of values in weir.yaml, as zod schemas whose messages say what was expected. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { shortAddress } from '../lib/ip-address.ts';
import type { HostPort } from '../model/configuration/config.ts';
import { secret } from './secret.ts';

const SIZE = 'expected a size such as "4GiB", "64mb" or a number of bytes';
const SIZE_FORM = /^(\d+(?:\.\d+)?)\s*([kmgt])?(i?b)?$/i;
const POWER: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/**
 * "4GiB", "64mb", "512k", 1048576; to bytes. A unit with b counts by 1024, as in redis.conf ("1mb => 1024*1024 bytes");
 * without b by 1000 ("1m => 1000000 bytes").
 */
export function sizeBytes() {
  return z
    .union([z.number(), z.string()], { error: SIZE })
    .refine((value) => parseSize(value) > 0, { error: SIZE })
    .transform(parseSize);
}

function parseSize(value: number | string): number {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : Number.NaN;
  const [, amount, unit = '', byte] = SIZE_FORM.exec(value.trim()) ?? [];
  return Math.round(Number(amount) * (byte === undefined ? 1000 : 1024) ** (POWER[unit.toLowerCase()] as number));
}

/** A value that is never printed. */
export function secretText() {
  return z.string({ error: 'expected text, best as $NAME from the environment' }).min(1).transform(secret);
}

export function text() {
  return z.string().min(1);
}

/** An id of Slack. @param letters those that ids of its kind begin with. */
export function slackId(letters: string) {
  const error = `expected an id of Slack such as ${letters[0]}012AB3CD`;
  return z.string({ error }).regex(new RegExp(`^[${letters}][A-Z0-9]{2,20}$`), { error });
}

/** A path that stands in keepalived.conf, units and scripts as it is: it needs no quotes there, and has none. */
export function plainPath() {
  const error = 'expected an absolute path of letters, digits and . _ - /';
  return z.string({ error }).regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, { error });
}

const LIST_KEY = 'expected the key of a list: Weir counts lists, and neither streams nor channels';

/** The key of a Redis list. A value of another type is no key. */
export function listKey() {
  return z.string({ error: LIST_KEY }).min(1);
}

/** An address in the spelling of inet_ntop(3), because it is compared with what the kernel and keepalived print. */
export function ipAddress() {
  const message = 'expected an IP address';
  return z
    .string({ error: message })
    .refine((value) => isIP(value) !== 0 && !value.includes('%'), { error: message })
    .transform(shortAddress);
}

export function wholeNumber(min: number, max: number) {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const NAME = 'expected small letters, digits and "-", not at the ends';

/**
 * Names of pools and members become broker keys (`:` separates those), queue names (BullMQ refuses `:`), file names and
 * arguments of programs (a leading `-` would be an option).
 */
export function name() {
  return z.string().regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, { error: NAME });
}

/** A network interface as the kernel allows it (IFNAMSIZ 16), and no option of a program. */
export function networkInterface() {
  const error = 'expected the name of a network interface, such as eth0';
  return z.string({ error }).regex(/^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,14}$/, { error });
}

const HTTP_URL = 'expected an address such as "http://192.168.81.60:9600", without a password in it';

/** An http(s) address without credentials; a trailing slash is dropped. */
export function httpUrl() {
  return z
    .string({ error: HTTP_URL })
    .refine((value) => isHttpUrl(value), { error: HTTP_URL })
    .transform((value) => value.replace(/\/+$/, ''));
}

/** An http(s) address that anybody who knows it may use: kept as it is written, and never printed. */
export function secretHttpUrl() {
  return z
    .string({ error: HTTP_URL })
    .refine((value) => isHttpUrl(value), { error: HTTP_URL })
    .transform(secret);
}

function isHttpUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

const LISTEN = 'expected host:port, such as "127.0.0.1:8480" or "[::1]:8480"';

/** `127.0.0.1:8480`, `[::1]:8480`, `localhost:8480` */
export function listenAddress() {
  return z
    .string({ error: LISTEN })
    .refine((value) => parseHostPort(value) !== undefined, { error: LISTEN })
    .transform((value) => parseHostPort(value) as HostPort);
}

const HOST_PORT = 'expected host:port, such as "10.0.0.21:26379" or "[fd00::21]:26379"';

/** `10.0.0.21:26379`, `[fd00::21]`; where a port is left out it is `usual`. */
export function hostPort(usual: number) {
  const parse = (value: string) => {
    const found = parseHostPort(value) ?? parseHostPort(`${value}:${usual}`);
    return found !== undefined && found.port > 0 ? found : undefined;
  };
  return z
    .string({ error: HOST_PORT })
    .refine((value) => parse(value) !== undefined, { error: HOST_PORT })
    .transform((value) => parse(value) as HostPort);
}

function parseHostPort(value: string): HostPort | undefined {
  const [, six, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(value) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (six !== undefined && isIP(six) !== 6) return undefined;
  return { host, port };
}

const HOURS = 'expected hours of the day such as "22:00-06:30"';

/** "22:00-06:30"; to minutes after midnight. */
export function hoursOfDay() {
  return z
    .string({ error: HOURS })
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, { error: HOURS })
    .transform((hours) => {
      const [from = 0, to = 0] = hours.split('-').map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
      return { from, to };
    });
}
