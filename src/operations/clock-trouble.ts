import { formatDuration } from '../model/duration.ts';

/** What people are told about a broker's clock that is not followed. @param lead as BrokerClock has it, in ms. */
export function clockTrouble(lead: number): string | undefined {
  if (lead === 0) return undefined;
  const apart = formatDuration(Math.round(Math.abs(lead) / 1_000) * 1_000);
  const next =
    lead < 0
      ? 'follows that clock once the clocks of two nodes have agreed with it for a minute'
      : 'ends this message once the clocks of two nodes have agreed with it for a minute';
  return (
    `The clock of the broker is ${apart} ${lead < 0 ? 'ahead of' : 'behind'} Weir's time, for it has stepped. ` +
    `Weir goes on as before, and ${next}. See that NTP runs on the host of the broker.`
  );
}
