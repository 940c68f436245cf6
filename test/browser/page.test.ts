import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Status } from '../../src/model/people/status.ts';
import { createHandlers } from '../../src/tell/http/handlers.ts';
import { createHttpServer, type HttpServer } from '../../src/tell/http/server.ts';
import { secret } from '../tell/fixtures/news.ts';
import { ALL, decision, drained, healthy, hostile, pool, stalled, status } from '../tell/fixtures/status.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let shown: Status | Error;
const servers: HttpServer[] = [];
const pages: Page[] = [];
/** What a browser complains of: errors, refused styles and scripts, missing files. */
let complaints: string[];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  for (const server of servers.splice(0)) await server.stop();
});

afterAll(() => browser?.close());

async function serve(token?: string): Promise<string> {
  const handlers = createHandlers({
    status: async () => {
      if (shown instanceof Error) throw shown;
      return shown;
    },
    incidents: async () => [],
    ages: async () => ({ upMs: 1_000, pools: [['logs', 100]] }),
    ready: async () => [],
    metrics: async () => '',
  });
  const server = createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    handlers,
    ...(token && { token: secret(token) }),
  });
  servers.push(server);
  return server.start();
}

async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  pages.push(page);
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return page;
}

it('shows members, findings and decisions, and the browser has nothing to complain of', async () => {
  shown = stalled;
  const page = await open(await serve());

  expect(await page.title()).toBe('▲ 1 · logs · Weir');
  await expect.poll(() => page.getByRole('article', { name: 'Member a' }).textContent()).toContain('71 %');
  expect(await page.getByRole('region', { name: 'Findings' }).textContent()).toContain(
    'Downstream stalled: 2 of 2 filling',
  );
  const decisions = page.getByRole('region', { name: 'Decisions' });
  expect(await decisions.textContent()).toContain('common cause: 2 of 2 members');
  await decisions.locator('summary').first().click();
  expect(await decisions.textContent()).toContain('The pool has settled.');
  expect(complaints).toEqual([]);
});

it('refreshes in place: new figures, while scroll position and open details stay', async () => {
  shown = stalled;
  const page = await open(await serve(), { viewport: { width: 900, height: 500 } });
  await page.locator('summary').first().click();
  await page.evaluate('scrollTo(0, 600)');
  await page.evaluate(`document.querySelector('h2').mark = 'same element'`);

  const [before] = stalled.pools;
  const newer = decision({ at: stalled.at, action: 'shed_clients' });
  shown = {
    ...stalled,
    at: stalled.at + 2_000,
    pools: [{ ...before, decisions: [newer, ...(before?.decisions ?? [])] } as (typeof stalled.pools)[number]],
  };

  await expect.poll(() => page.locator('.when time').textContent(), { timeout: 50_000 }).toMatch(/:11$/);
  expect(await page.locator('tr[id^="decision-"]').count()).toBe(3);
  expect(await page.locator('tr[id^="decision-"]').first().textContent()).toContain('shed_clients b');
  expect(await page.locator('details[open]').textContent()).toContain('common cause');
  expect(await page.evaluate('scrollY')).toBe(600);
  expect(await page.evaluate(`document.querySelector('h2').mark`)).toBe('same element');
  expect(complaints).toEqual([]);
});

it('waits while text is selected, and goes on afterwards', async () => {
  shown = stalled;
  const page = await open(await serve());
  await page.evaluate(`getSelection().selectAllChildren(document.querySelector('.headline'))`);
  shown = healthy;
  await expect
    .poll(() => page.locator('#live').textContent(), { timeout: 50_000 })
    .toBe('waits while text is selected');
  expect(await page.locator('.headline').textContent()).toContain('Downstream stalled');
  await page.evaluate('getSelection().removeAllRanges()');
  await expect
    .poll(() => page.locator('.headline').textContent(), { timeout: 50_000 })
    .toContain('No finding. 2 of 2 members serving.');
  expect(await page.title()).toBe('logs · Weir');
});

it('says that it is old when Weir gives no answer, and recovers by itself', async () => {
  shown = drained;
  const page = await open(await serve());
  shown = new Error('The broker cannot be reached: check broker.url.');
  const lost = page.getByRole('alert');
  await expect.poll(() => lost.isVisible(), { timeout: 50_000 }).toBe(true);
  expect(await lost.textContent()).toMatch(
    /No answer from Weir since .*: what stands here is old\. The broker cannot be reached/,
  );
  shown = healthy;
  await expect.poll(() => lost.isVisible(), { timeout: 50_000 }).toBe(false);
  expect(await page.locator('main').getAttribute('class')).toBeFalsy();
  expect(await page.locator('.headline').textContent()).toContain('No finding.');
});

it('names that are markup stay text, at first and after a refresh', async () => {
  shown = healthy;
  const page = await open(await serve());
  shown = hostile;
  await expect
    .poll(() => page.locator('h2').textContent(), { timeout: 50_000 })
    .toContain('<script>window.pwned=1</script>');
  await page.reload();
  expect(await page.locator('h2').textContent()).toContain('<script>window.pwned=1</script>');
  expect(await page.evaluate('window.pwned')).toBeUndefined();
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(complaints).toEqual([]);
});

it('a screen reader hears names of findings once, not figures every two seconds', async () => {
  shown = stalled;
  const page = await open(await serve());
  expect(await page.getByRole('status').textContent()).toBe('Firing: downstream-stalled logs.');
  expect(await page.locator('[aria-live]').count()).toBe(1);
});

it('works without scripts: the browser asks again by itself', async () => {
  shown = stalled;
  const page = await open(await serve(), { javaScriptEnabled: false });
  expect(await page.locator('.headline').textContent()).toContain('Downstream stalled');
  shown = healthy;
  await expect.poll(() => page.locator('.headline').textContent(), { timeout: 50_000 }).toContain('No finding.');
});

it('the token opens the page by a link, also by one from another site', async () => {
  shown = healthy;
  const base = await serve('let-me-in');
  const page = await open('about:blank');
  expect((await page.goto(base))?.status()).toBe(401);

  await page.setContent(`<a href="${base}/?token=let-me-in">Weir</a>`);
  await page.getByRole('link').click();
  await expect.poll(() => page.url(), { timeout: 50_000 }).toBe(`${base}/`);
  await expect.poll(() => page.locator('.headline').textContent()).toContain('No finding.');
  expect(await page.evaluate('document.cookie')).toBe('');

  shown = drained;
  await expect
    .poll(() => page.locator('.headline').textContent(), { timeout: 50_000 })
    .toContain('b cannot be written to');
  // A link elsewhere without the token: the browser keeps the Strict cookie back at first.
  await page.goto('about:blank');
  await page.setContent(`<a href="${base}/">Weir</a>`);
  await page.getByRole('link').click();
  await expect.poll(() => page.locator('.headline').count(), { timeout: 50_000 }).toBe(1);
});

it.each(Object.keys(ALL))('%s fits a phone, a tablet and a wall screen without sideways scrolling', async (name) => {
  shown = ALL[name] as Status;
  const base = await serve();
  const page = await open(base);
  for (const width of [360, 820, 1_400, 2_560]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${width} px`).toBeLessThanOrEqual(
      0,
    );
  }
});

it('two pools have a way to each', async () => {
  shown = status(pool(), pool({ name: 'audit' }));
  const page = await open(await serve());
  await page.getByRole('navigation').getByRole('link', { name: 'audit' }).click();
  expect(page.url()).toMatch(/#pool-audit$/);
  expect(await page.getByRole('region', { name: 'audit' }).count()).toBe(1);
});
