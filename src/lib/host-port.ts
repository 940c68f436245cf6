import type { HostPort } from '../model/configuration/config.ts';

/** `127.0.0.1:6379`, `[::1]:6379` */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
