import { formatHostPort } from '../lib/host-port.ts';
import { type BrokerConfig, isEmbedded, type WeirConfig } from '../model/configuration/config.ts';
import { embeddedBrokerPath } from './embedded/embedded.ts';

export interface BrokerAddress extends BrokerConfig {
  /** To connect to, and in sentences; where Sentinels say where it is, only in sentences. */
  readonly url: string;
  readonly isEmbedded: boolean;
}

/** Where the broker is: as configured, or the embedded one's socket. */
export function brokerAddress({ broker, stateDir }: Pick<WeirConfig, 'broker' | 'stateDir'>): BrokerAddress {
  return { ...broker, url: urlOf(broker, stateDir), isEmbedded: isEmbedded(broker) };
}

function urlOf({ url, sentinels, tls }: BrokerConfig, stateDir: string): string {
  if (sentinels !== undefined) return `${sentinels.name}@${sentinels.at.map(formatHostPort).join(',')}`;
  if (url === undefined) return embeddedBrokerPath(stateDir);
  return tls === undefined ? url : url.replace(/^redis:/, 'rediss:');
}
