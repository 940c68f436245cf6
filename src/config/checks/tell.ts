/** Checks `tell` of a weir.yaml whose every value is well-formed. */

import { scheduleFault } from '../../lib/recurring.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { YamlPath } from '../../lib/yaml/file.ts';
import type { WrittenConfig } from '../schema.ts';
import type { WrittenDestinations, WrittenRoute } from '../tell-schema.ts';
import type { Complaint } from './complaint.ts';

type Complain = (path: YamlPath, message: string) => void;

export function checkTell({ tell, pools }: WrittenConfig): Complaint[] {
  const complaints: Complaint[] = [];
  const complain: Complain = (path, message) => complaints.push({ path: ['tell', ...path], message });
  const { mail, slack, quiet, digest, group, routes = [] } = tell;
  const smtp = mail?.smtp.reveal() ?? 'smtp://x';
  if (!URL.canParse(smtp) || !/^smtps?:$/.test(new URL(smtp).protocol)) {
    complain(
      ['mail', 'smtp'],
      'tell.mail.smtp is no mail server, expected smtp://user:password@host:port or smtps://...',
    );
  }
  if (slack !== undefined && !/^(#\S+|[A-Z0-9]{9,})$/.test(slack.channel)) {
    complain(
      ['slack', 'channel'],
      `tell.slack.channel is "${slack.channel}", expected "#name" in quotes or a channel's id`,
    );
  }
  const has = { slack: slack !== undefined, mail: mail !== undefined };
  routes.forEach((route, i) => {
    checkRoute(route, Object.keys(pools), has, (path, message) => complain(['routes', i, ...path], message));
  });
  if (group.interval < 1_000) complain(['group', 'interval'], 'tell.group.interval must be 1s or longer');
  if (group.repeat < 60_000) complain(['group', 'repeat'], 'tell.group.repeat must be 1m or longer');
  if (quiet !== undefined) checkZone(quiet.timezone, ['quiet', 'timezone'], complain);
  if (digest !== undefined) {
    const fault = scheduleFault(digest.schedule, digest.timezone);
    if (fault !== undefined) complain(['digest', fault.startsWith('"') ? 'schedule' : 'timezone'], fault);
    checkPlaces(digest, has, (path, message) => complain(['digest', ...path], message));
  }
  return complaints;
}

interface Has {
  readonly slack: boolean;
  readonly mail: boolean;
}

function checkRoute(route: WrittenRoute, pools: readonly string[], has: Has, complain: Complain): void {
  route.match.pool?.forEach((pool) => {
    if (!pools.includes(pool)) complain(['match', 'pool'], `there is no pool ${pool}${didYouMean(pool, pools)}`);
  });
  checkZone(route.match.timezone, ['match', 'timezone'], complain);
  checkPlaces(route, has, complain);
  route.escalate.forEach((step, i) => {
    if (step.after <= 0) complain(['escalate', i, 'after'], 'after is nothing, expected a time such as 10m');
    checkPlaces(step, has, (path, message) => complain(['escalate', i, ...path], message));
  });
}

/** A route to a channel that is not configured would tell nobody, and nobody would notice. */
function checkPlaces({ slack, mail, webhook, alertmanager }: WrittenDestinations, has: Has, complain: Complain): void {
  if (slack === undefined && mail === undefined && webhook === undefined && alertmanager === undefined) {
    complain([], 'nobody is told, expected slack, mail, webhook or alertmanager');
  }
  if (slack !== undefined && !has.slack) complain(['slack'], 'tell.slack is not set: there is no token to tell with');
  if (mail !== undefined && !has.mail) complain(['mail'], 'tell.mail is not set: there is no server to send with');
}

function checkZone(zone: string, path: YamlPath, complain: Complain): void {
  const fault = scheduleFault('0 0 * * *', zone);
  if (fault !== undefined) complain(path, fault);
}
