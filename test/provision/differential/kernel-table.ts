/** What `ipvsadm -Ln` prints of the kernel's table (ipvsadm 1.31), in the form of keepalived's dump. Pure. */

import type { ShownHead, ShownServer, ShownService } from './judged/dump.ts';

const METHODS: Readonly<Record<string, string>> = { Route: 'DR', Masq: 'NAT', Tunnel: 'TUN' };

/** @throws Error where a line is of no known form */
export function parseKernelTable(text: string): ShownService[] {
  const services: (Omit<ShownService, 'servers'> & { servers: ShownServer[] })[] = [];
  for (const line of text.split('\n')) {
    if (/^(IP Virtual Server|Prot LocalAddress| {2}-> RemoteAddress|\s*$)/.test(line)) continue;
    const server = /^ {2}-> (\S+) +(\w+) +(\d+) +\d+ +\d+ *$/.exec(line);
    const service = /^(TCP|UDP|SCTP|FWM) +(\S+)(?: IPv6)? (\w+)(.*)$/.exec(line);
    if (server !== null) {
      const [, where = '', method = '', weight] = server;
      services.at(-1)?.servers.push({
        ...placeOf(where),
        weight: Number(weight),
        method: METHODS[method] ?? method,
      });
    } else if (service !== null) {
      const [, protocol = '', where = '', scheduler = '', flags = ''] = service;
      const head: ShownHead = protocol === 'FWM' ? { mark: Number(where) } : placeOf(where);
      services.push({
        heads: [head],
        scheduler,
        protocol,
        isPersistent: / persistent /.test(flags),
        hasFallback: /(sh|mh)-fallback/.test(flags),
        servers: [],
      });
    } else {
      throw new Error(`A line of ipvsadm that nobody knows: ${line}`);
    }
  }
  return services;
}

function placeOf(text: string): { readonly address: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { address: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}
