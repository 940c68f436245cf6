/** Reads a message of an Alertmanager as the webhook does. */

import type { ReadPart } from '../../model/readings/readout.ts';
import { parseJson } from '../../observe/captured/json.ts';
import { parseAlertmanager } from '../../tell/http/alertmanager-in.ts';
import { LARGE_BODY_LIMIT } from '../../tell/http/body.ts';

/** As it would be posted to /hooks/alertmanager where these are the pools. @throws WeirError 'usage' where it is no JSON. */
export function readAlerts(file: string, text: string, pools: readonly string[]): ReadPart {
  const json = parseJson(file, text);
  const size = Buffer.byteLength(text);
  if (size > LARGE_BODY_LIMIT)
    return refused(`It is refused: a body of ${LARGE_BODY_LIMIT} bytes at most is expected, this one has ${size}.`);
  const parsed = parseAlertmanager(json, pools);
  if ('problem' in parsed) return refused(`It is refused: ${parsed.problem}`);
  const told = parsed.told.map(({ pool, alerts }) => {
    const names = (firing: boolean) => alerts.filter((alert) => alert.firing === firing).map(({ name }) => name);
    return [pool, { firing: names(true), resolved: names(false) }] as const;
  });
  const troubles = [...parsed.left, ...(parsed.foreign === undefined ? [] : [parsed.foreign])];
  return { about: 'alerts', pools: Object.fromEntries(told), troubles };
}

function refused(trouble: string): ReadPart {
  return { about: 'alerts', pools: {}, troubles: [trouble] };
}
