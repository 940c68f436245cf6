import type { BrokerConfig, WeirConfig } from '../model/configuration/config.ts';
import { embeddedBrokerPath } from './embedded/embedded.ts';

export interface BrokerAddress extends BrokerConfig {
  readonly url: string;
  readonly isEmbedded: boolean;
}

/** Where the broker is: as configured, or the embedded one's socket. */
export function brokerAddress({ broker, stateDir }: Pick<WeirConfig, 'broker' | 'stateDir'>): BrokerAddress {
  return { ...broker, url: broker.url ?? embeddedBrokerPath(stateDir), isEmbedded: broker.url === undefined };
}
