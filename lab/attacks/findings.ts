/**
 * The attacks that were made on Weir before it had edges, each with what came of it then, and what held already. Every one has
 * an attack in the catalogue that is made again (test/lab-unit/attacks.test.ts).
 */

export const FINDINGS = {
  H1: "the broker's password in clear on stderr: 70 times in 12 s with a wrong one, 40 times in 4 s after a rotation",
  H2: 'a job with weight "50" or until "never" was carried out; after a restart the node refused every job',
  H3: 'a job of an entry from the future was done, and every honest one refused from then on, over restarts',
  H4: 'with the hold file there, a desired lease had b at weight 0 on both directors within 4 s, for 364 days',
  H5: 'a drain by nobody was done; rules put into the broker drained within 18 s; answers, sweeps and requests were taken',
  M1: '`SUDO_USER=U0APPROVER weir approve` approved one’s own request; so did another host name',
  M2: '11 of 15 bodies stopped the evaluation for 30 s each; one bad lease had both nodes page that the broker is lost',
  M3: 'a FIFO in the place of keepalived’s dump blinded the node until it was restarted',
  M4: 'systemd-analyze security: 9.6 UNSAFE for the node; no way to hand it a secret',
  M5: 'any local user was the broker of `weir up`, which ran as root: CONFIG SET, SHUTDOWN, holds in anybody’s name',
  M6: '512 silent connections locked everybody out for 30 s; 200 that do not read held the evaluation up for 24 s',
  M7: 'a weir.yaml of another user in the folder that root stood in was used; pid_file became shell of root',
  M8: '`//evil.example/login` was gone on to, before any token was asked for',
  M9: 'a member that answers without an end: 1,064 MB in 7 s, and it stayed',
  M10: 'a click from another team, app and channel approved and drained',
  L1: '`silence __proto__=x` silenced everything; `resume constructor` made a stream',
  L2: 'escape sequences of a broker, a rule file and a silence reached the terminal',
  L3: '/readyz told strangers what the broker answered',
  L4: 'keepalived --signum was started with the whole environment: 7 secrets',
  L5: 'the recording was readable by every local user (0755, 0644)',
  L6: '`weir render --out` wrote through a link that somebody else had put there',
  L7: 'four records cut from the end of a node’s audit: "unbroken"; rewritten in both places: "unbroken"',
  L8: 'without a token a proxy’s X-Forwarded-For was served',
  L9: '40 posts of alerts: 6 MB more in the broker, each time; fingerprint `__proto__` was lost',
  L10: 'broker.url with ?password=x was taken and printed',
  L11: 'a request of Slack is taken again after the broker has lost its memory',
  L12: '27 packages in the lock file without a hash; no license field',
  L13: 'a worker whose password had been changed was still there 16 min after SIGTERM',
  'held: http': '401 on all but the probes; nothing smuggled; no traversal, CORS or rebinding',
  'held: xss': 'no name or text from outside became markup',
  'held: slack': 'signature, time, and the same request a second time were looked at',
  'held: mail and webhooks': 'a self-signed certificate was refused, a redirect not followed',
  'held: broker': 'rediss:// looked at chain and name',
  'held: node': 'jobs for others, -C as a member, weights out of range, the last member that serves: refused',
  'held: yaml and cel': 'bombs, depths, doubled keys and endless expressions had an end, without secrets',
  'held: files': 'modes of what a node writes; a single changed record was found',
} as const;

export type FindingId = keyof typeof FINDINGS;
