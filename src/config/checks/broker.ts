/** Checks `broker` of a weir.yaml whose every value is well-formed. */

import { isLoopback } from '../../lib/ip-address.ts';
import type { WrittenConfig } from '../schema.ts';
import { checkTls } from '../tls-schema.ts';
import type { Complaint } from './complaint.ts';

type WrittenBroker = WrittenConfig['broker'];

export function checkBroker({ broker, pools }: WrittenConfig): Complaint[] {
  const path = ['broker', 'tls'];
  return [
    ...checkWhich(broker),
    ...(broker.tls === undefined ? [] : checkTls(broker.tls, path)),
    ...(broker.sentinels === undefined ? [] : checkSentinels(broker, broker.sentinels)),
    ...(broker.url === undefined || broker.url.startsWith('/') ? [] : checkUrl(broker, broker.url, pools)),
  ];
}

/** A broker is at a URL, where Sentinels say, or embedded; each has keys of its own. */
function checkWhich(broker: WrittenBroker): Complaint[] {
  const { url, sentinels, listen, name, tls } = broker;
  const complaints: Complaint[] = [];
  const complain = (key: string, message: string) => complaints.push({ path: ['broker', key], message });
  const other = url === undefined ? 'broker.sentinels' : 'broker.url';
  const isElsewhere = url !== undefined || sentinels !== undefined;
  if (url !== undefined && sentinels !== undefined) {
    complain('sentinels', 'broker.sentinels say where the broker is, and so does broker.url: keep one of the two');
  }
  if (isElsewhere && listen !== undefined) {
    complain('listen', `broker.listen is for the embedded broker and ${other} for another one: keep one of the two`);
  }
  if (sentinels !== undefined && name === undefined) {
    complain(
      'sentinels',
      'broker.sentinels needs broker.name: the name by which they know the master (`SENTINEL MASTERS`)',
    );
  }
  for (const key of ['name', 'sentinel_username', 'sentinel_password'] as const) {
    if (broker[key] !== undefined && sentinels === undefined) complain(key, `broker.${key} goes with broker.sentinels`);
  }
  if (listen !== undefined && broker.password === undefined) {
    complain('listen', `broker.listen on ${listen.host} can be reached by others: it needs broker.password too`);
  }
  if (!isElsewhere && broker.username !== undefined) {
    complain('username', 'broker.username goes with broker.url: the embedded broker has one user, and that is default');
  }
  if (tls !== undefined && (url?.startsWith('/') || url?.startsWith('unix:') || !isElsewhere)) {
    const which = isElsewhere ? 'broker.url is the path of a socket' : 'the embedded broker has none';
    complain('tls', `broker.tls is for a broker that is reached over a network, and ${which}`);
  }
  return complaints;
}

/** What they say is believed: where somebody else answers for them, the password goes to whom that one names. */
function checkSentinels(broker: WrittenBroker, sentinels: NonNullable<WrittenBroker['sentinels']>): Complaint[] {
  const complaints: Complaint[] = [];
  for (const [index, { host, port }] of sentinels.entries()) {
    const path = ['broker', 'sentinels', index];
    if (sentinels.findIndex((one) => one.host === host && one.port === port) < index) {
      complaints.push({ path, message: `the Sentinel ${host}:${port} is listed already` });
    }
    const open = openTo(host, broker, broker.tls !== undefined);
    if (open === undefined || broker.insecure) continue;
    complaints.push({
      path,
      message: `a Sentinel is beyond this machine, and what it leads to ${open}; broker.insecure: true takes it as it is`,
    });
  }
  return complaints;
}

function checkUrl(broker: WrittenBroker, written: string, pools: WrittenConfig['pools']): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (message: string) => complaints.push({ path: ['broker', 'url'], message });
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^(rediss?|unix):$/.test(url.protocol)) {
    complain('broker.url is no address of a Redis, expected redis://host:port, rediss://host:port or /path/to/socket');
    return complaints;
  }
  if (url.search !== '') complain('broker.url has a ?query, which would be printed: each setting has a key of its own');
  if (url.password !== '') complain('broker.url holds a password, which would be printed: put it in broker.password');
  else if (url.username !== '') complain('broker.url holds a user: put it in broker.username');
  const isTls = broker.tls !== undefined || url.protocol === 'rediss:';
  const open = url.protocol === 'unix:' ? undefined : openTo(url.hostname, broker, isTls);
  if (open !== undefined && !broker.insecure) {
    complain(`broker.url is beyond this machine and ${open}; broker.insecure: true takes it as it is`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  for (const [name, pool] of Object.entries(pools)) {
    const port = Number(url.port || 6379);
    const member = Object.values(pool.members).find(({ address }) => address === host);
    if (host === pool.vip.address || (member !== undefined && port === pool.vip.port)) {
      complain(
        `broker.url is a Redis of pool ${name}: the pool is what fills up, the broker must be a Redis of its own`,
      );
    }
  }
  return complaints;
}

/** What strangers could do there, in a part of a sentence: whoever can write into the broker commands every node. */
function openTo(host: string, { password }: WrittenBroker, isTls: boolean): string | undefined {
  if (isLoopback(host)) return undefined;
  if (password === undefined) return 'has no broker.password: whoever reaches it commands every node';
  return isTls
    ? undefined
    : 'is spoken to without TLS (broker.tls): whoever hears it has the password, and commands every node';
}
