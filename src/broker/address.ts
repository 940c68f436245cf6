import type { BrokerConfig, WeirConfig } from '../model/configuration/config.ts';
import { embeddedBrokerPath } from './embedded/embedded.ts';

/** Where the broker is: as configured, or the embedded one's socket. */
export function brokerAddress(config: WeirConfig): BrokerConfig & { readonly url: string } {
  return { ...config.broker, url: config.broker.url ?? embeddedBrokerPath(config.stateDir) };
}
