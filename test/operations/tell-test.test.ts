/** `weir tell test`: a real Slack stand-in, mail server and webhook, each taking it and refusing it. */

import { afterEach, expect, it } from 'vitest';
import { startSlackStandIn } from '../../lab/slack/stand-in.ts';
import { parseConfig } from '../../src/config/load.ts';
import { nobodyTold } from '../../src/operations/destinations.ts';
import { tellTest, triedText } from '../../src/operations/tell-test.ts';
import { startHttp } from '../support/http.ts';
import { startSmtp } from '../support/smtp.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const POOL = `
pools:
  logs:
    vip: {address: 10.0.0.9, port: 6379}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members: {a: {address: 10.0.0.1, priority: 254}, b: {address: 10.0.0.2, priority: 250}}
`;

const ANN = { by: 'ann@bastion', via: 'terminal' } as const;

async function world() {
  const slack = await startSlackStandIn({ botToken: 'xoxb-good' });
  const smtp = await startSmtp();
  const bodies: string[] = [];
  const web = await startHttp((request, response) => {
    request.on('data', (part) => bodies.push(String(part)));
    request.on('end', () => response.writeHead(request.url === '/no' ? 503 : 200).end('x'));
  });
  ends.push(...[slack, smtp, web].map((one) => () => one.stop()));
  const config = (token: string, hook: string) =>
    parseConfig({
      ...{ file: 'weir.yaml', env: {}, cwd: '/', root: false },
      text: `${POOL}tell:
  slack: {token: ${token}, channel: "#log", api_url: "${slack.apiUrl}"}
  mail: {smtp: "smtp://127.0.0.1:${smtp.port}", from: weir@example.com, to: [ann@example.com]}
  routes:
    - {match: {severity: [page]}, slack: ["#log"], mail: [ann@example.com]}
    - {match: {}, webhook: {url: "${web.url}${hook}"}}
`,
    });
  return { slack, smtp, web, bodies, config };
}

it('each destination of a route has it, and is said to', async () => {
  const { slack, smtp, bodies, config, web } = await world();
  const tried = await tellTest(config('xoxb-good', '/yes'), '1', ANN);

  expect(triedText(tried)).toBe('slack:#log: delivered.\nmail:ann@example.com: delivered.');
  expect(slack.roots('#log')[0]?.text).toContain('A test of slack:#log, which ann@bastion asked for');
  expect(smtp.mails[0]?.subject).toContain('A test of mail:ann@example.com');

  expect(triedText(await tellTest(config('xoxb-good', '/yes'), 'webhook', ANN))).toBe(
    `webhook:${web.url}/yes: delivered.`,
  );
  expect(bodies.join('')).toContain('Nothing has happened');
});

it('who refuses it is told with why', async () => {
  const { smtp, config } = await world();
  smtp.refuse = true;
  const tried = await tellTest(config('xoxb-bad', '/no'), '1', ANN);

  expect(tried).toMatchObject([
    {
      place: 'slack:#log',
      fault: expect.stringMatching(/Slack said (invalid_auth|not_authed)\. Check tell\.slack\.token/),
    },
    { place: 'mail:ann@example.com', fault: expect.stringMatching(/did not arrive: .*451/) },
  ]);
  expect(await tellTest(config('xoxb-good', '/no'), '2', ANN)).toMatchObject([{ fault: expect.stringMatching(/503/) }]);
});

it.each([
  ['3', /There is no route 3: weir\.yaml has 2/],
  ['0', /There is no route 0/],
  ['slack:#nope', /There is no destination slack:#nope: weir\.yaml tells slack:#log, mail:ann@example\.com, webhook:/],
])('%s is none', async (about, sentence) => {
  const { config } = await world();
  await expect(tellTest(config('xoxb-good', '/yes'), about, ANN)).rejects.toThrow(sentence);
});

it('a route that leads nowhere is no delivery', async () => {
  const lonely = parseConfig({
    ...{ file: 'weir.yaml', env: {}, cwd: '/', root: false },
    text: POOL,
  });
  await expect(tellTest(lonely, '1', ANN)).rejects.toThrow('Route 1 leads nowhere');
});

it('a weir.yaml that names nobody says so, and so does a role when it starts', async () => {
  const config = parseConfig({ file: 'weir.yaml', text: POOL, env: {}, cwd: '/', root: false });
  await expect(tellTest(config, 'slack', ANN)).rejects.toThrow(/names nobody under `tell`: nobody is told of anything/);
  expect(nobodyTold(config.tell)).toMatch(/names nobody under `tell`/);
  const text = `${POOL}tell: {routes: [{match: {}, webhook: {url: "http://127.0.0.1:1/x"}}]}\n`;
  expect(nobodyTold(parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: false }).tell)).toBeUndefined();
});
