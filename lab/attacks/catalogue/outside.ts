/** Servers that Weir talks to, and that are not what they should be. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostAttack, heldUnless } from '../attack.ts';
import { type Host, isUp } from '../host.ts';
import { startEndlessServer } from '../tools/endless-reply.ts';

const endless: HostAttack = {
  of: 'M9',
  tries: 'a member whose answer is 2 GB, asked by a worker for 7 s',
  async run(host) {
    const member = await startEndlessServer(2);
    host.ends(() => member.stop());
    const broker = await host.redis('broker-endless', '--appendonly', 'yes');
    const { path } = await host.config('endless', {
      broker: `{url: "redis://127.0.0.1:${broker.port}"}`,
      port: member.port,
    });
    const worker = host.start(['worker', '-c', path]);
    await isUp(worker);
    await sleep(7_000);
    const most = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const asked = member.connections();
    await worker.end();
    return heldUnless(most > 500 || asked === 0, `${most.toFixed(0)} MiB at most; it was asked ${asked} times`);
  },
};

interface SelfSigned {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A certificate that nobody has signed, for this address. */
function selfSigned(host: Host): SelfSigned {
  const [key, cert] = [join(host.dir, 'self.key'), join(host.dir, 'self.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

const channels: HostAttack = {
  of: 'held: mail and webhooks',
  tries: 'webhooks to a self-signed server, and to one that sends on to another',
  async run(host) {
    let got = 0;
    const tls = createServer(selfSigned(host), (_, response) => {
      got += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    const target = createPlain((_, response) => {
      got += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(tls, 'listening'), once(target, 'listening')]);
    const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    const away = createPlain((_, response) => {
      response.writeHead(307, { Location: `http://127.0.0.1:${portOf(target)}/` }).end();
    }).listen(0, '127.0.0.1');
    await once(away, 'listening');
    for (const server of [tls, target, away]) host.ends(() => server.close());
    const codes: (number | null)[] = [];
    const said: string[] = [];
    for (const url of [`https://127.0.0.1:${portOf(tls)}/`, `http://127.0.0.1:${portOf(away)}/`]) {
      const { path } = await host.config('webhook', {
        broker: '{url: "redis://127.0.0.1:1"}',
        more: ['tell:', '  routes:', `    - {webhook: {url: "${url}"}}`],
      });
      const { code, text } = await host.weir(['tell', 'test', 'webhook', '-c', path]);
      codes.push(code);
      said.push(text.trim().split('\n').at(-1) ?? '');
    }
    // 2: it was not tried.
    return heldUnless(
      got > 0 || codes.some((code) => code === 0 || code === 2),
      `neither got anything: ${said.join('; ')}`,
    );
  },
};

const unverified: HostAttack = {
  of: 'held: broker',
  tries: 'a rediss:// broker with a certificate that nobody has signed',
  async run(host) {
    selfSigned(host);
    const tls = [
      '--tls-port',
      '16397',
      '--tls-cert-file',
      join(host.dir, 'self.crt'),
      '--tls-key-file',
      join(host.dir, 'self.key'),
    ];
    await host.redis(
      'broker-tls',
      ...tls,
      '--tls-auth-clients',
      'no',
      '--tls-ca-cert-file',
      join(host.dir, 'self.crt'),
    );
    const { path } = await host.config('tls', { broker: '{url: "rediss://127.0.0.1:16397", password: x}' });
    const { code, text } = await host.weir(['status', '-c', path]);
    return heldUnless(code === 0 || !/certificate|self.signed/i.test(text), text.trim().split('\n')[0] ?? '');
  },
};

export const OUTSIDE_ATTACKS: readonly HostAttack[] = [endless, channels, unverified];
