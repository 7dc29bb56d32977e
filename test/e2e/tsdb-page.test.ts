import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TimeseriesStore, type StoreServer, type TimeseriesStoreOptions } from '@tallykit/tsdb';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browserObstacle, startBrowser } from '../servers/browser.ts';
import { skipBecause } from './skip-because.ts';

const obstacle = browserObstacle();
const results = fileURLToPath(new URL('../../.test-results/', import.meta.url));
const HOSTILE = '<img src=x onerror="window.hacked=1">';
const STEP = 10;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let store: TimeseriesStore;
let server: StoreServer;
/** Everything that the page asked for, said or complained about. */
const requests: string[] = [];
const complaints: string[] = [];
/** Seconds since 1970. */
let now: number;

beforeAll(async () => {
  mkdirSync(results, { recursive: true });
  if (obstacle === undefined) browser = await startBrowser();
});
afterAll(() => browser?.close());

beforeEach((running) => {
  if (obstacle !== undefined) skipBecause(running, obstacle);
  now = Date.parse('2026-11-22T12:00:04Z') / 1000;
});
afterEach(async () => {
  await context?.close();
  await server?.close();
  await store?.shutdown({ timeoutMillis: 1 });
});

/** A store whose time stands still. */
function createStore(options: TimeseriesStoreOptions = {}): TimeseriesStore {
  store = new TimeseriesStore({ now: () => now * 1000, ...options });
  return store;
}

async function open(hash = '', colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
  server = await store.listen();
  requests.length = 0;
  complaints.length = 0;
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme,
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  page = await context.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  await page.goto(server.url + hash);
}

const card = (name: string) => page.locator('article.card', { has: page.getByText(name, { exact: true }) });
const shownNames = () => page.locator('article.card:visible h3').allTextContents();

/** The row of the detail's table that begins with this, as numbers. */
async function row(label: string): Promise<number[]> {
  const cells = await page.locator('.legend tbody tr', { hasText: label }).locator('td').allTextContents();
  return cells.slice(1).map((text) => Number.parseFloat(text.replaceAll(',', '')));
}

/** Something of everything, for an hour. */
function recordShop(): void {
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  for (let back = 3600; back >= 0; back -= STEP) {
    const timeMillis = (now - back) * 1000;
    const wave = 1 + 0.4 * Math.sin(back / 600) + 0.15 * Math.sin(back / 97);
    for (const region of ['eu', 'us', 'ap']) {
      const tags = { region };
      for (const [name, rate] of [
        ['orders.created', 40],
        ['jobs.started', 25],
        ['jobs.finished', 24],
        ['cache.hits', 300],
      ] as const) {
        store.record({ name, value: Math.round(wave * rate * (0.8 + 0.4 * random())), tags, timeMillis });
      }
      if (random() < 0.05)
        store.record({ name: 'jobs.failed', value: 1 + Math.round(3 * random()), tags, timeMillis });
    }
    store.record({
      type: 'gauge',
      name: 'queue.depth',
      value: Math.round(220 * wave + 30 * random()),
      unit: '{job}',
      timeMillis,
    });
    store.record({
      type: 'gauge',
      name: 'process.memory',
      value: 3e8 * (1 + 0.1 * wave),
      unit: 'By',
      timeMillis,
    });
    for (const [name, middle] of [
      ['http.duration', 3.2],
      ['db.query', 1.4],
      ['jobs.duration', 5],
    ] as const) {
      for (let each = 0; each < 25; each += 1) {
        store.record({
          type: 'distribution',
          name,
          value: wave * Math.exp(middle + 0.5 * normal()),
          unit: 'ms',
          tags: { route: each % 2 ? '/cart' : '/orders' },
          timeMillis,
        });
      }
    }
  }
}

describe('the page', () => {
  test('shows what was recorded: in the cards, and in each bucket of the detail', async () => {
    createStore();
    // A different number in each bucket, so that a number tells its time.
    const buckets = 90;
    for (let index = 0; index < buckets; index += 1) {
      const timeMillis = (now - index * STEP) * 1000;
      store.record({
        name: 'orders',
        value: 1000 + index,
        timeMillis,
        tags: { plan: index % 3 ? 'pro' : 'free' },
      });
      for (const value of [1, 2, 3, 94])
        store.record({ type: 'distribution', name: 'size', value: value + index, timeMillis });
    }
    // 94,005 in all.
    const total = Array.from({ length: buckets }, (_, index) => 1000 + index).reduce(
      (sum, value) => sum + value,
    );
    await open('#range=900');
    await expect.poll(() => card('orders').locator('.figure').first().textContent()).toBe('94Kin all');

    await card('orders').click();
    await expect.poll(() => row('increase')).toEqual([1000, 0, 1089, total]);
    const plot = (await page.locator('#detail-chart .u-over').boundingBox())!;
    const first = Math.floor(now / STEP) * STEP - 90 * STEP;
    for (const back of [80, 41, 3]) {
      const seconds = Math.floor(now / STEP) * STEP - back * STEP;
      const share = (seconds - first) / (91 * STEP);
      await page.mouse.move(plot.x + plot.width * share, plot.y + plot.height / 2);
      await expect.poll(async () => (await row('increase'))[0]).toBe(1000 + back);
      const time = new Date(seconds * 1000).toLocaleTimeString('en-US', {
        timeZone: 'UTC',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
      expect(await page.locator('.legend thead').textContent()).toContain(time);
    }

    await page.selectOption('#split', 'plan');
    const free = Array.from({ length: buckets }, (_, index) => (index % 3 ? 0 : 1000 + index)).reduce(
      (sum, value) => sum + value,
    );
    await expect.poll(async () => (await row('free')).at(-1)).toBe(free);
    expect((await row('pro')).at(-1)).toBe(total - free);
    await page.keyboard.press('Escape');

    await card('size').click();
    await expect.poll(() => row('values')).toEqual([4, 0, 4, 4 * buckets]);
    expect((await row('mean'))[0]).toBe(25);
    expect((await row('smallest'))[0]).toBe(1);
    expect((await row('largest'))[0]).toBe(94);
    expect(Math.abs((await row('p50'))[0]! - 2)).toBeLessThan(0.2);
    expect((await row('p99'))[0]).toBe(94);
    expect(complaints).toEqual([]);
  });

  test('shows names and tags as text, runs nothing of theirs, and asks no other host', async () => {
    createStore();
    store.record({ name: HOSTILE, value: 3, unit: HOSTILE, tags: { [HOSTILE]: HOSTILE } });
    store.record({ name: '</script><script>window.hacked=1</script>', value: 1 });
    store.record({ name: `${HOSTILE}.group`, value: 1 });
    await open(`#tag=${encodeURIComponent(`${HOSTILE}:${HOSTILE}`)}`);
    await expect.poll(shownNames).toHaveLength(3);
    expect(await shownNames()).toContain(HOSTILE);
    await card(HOSTILE).click();
    await expect.poll(() => page.locator('#detail-name').textContent()).toBe(HOSTILE);
    expect(await page.evaluate('document.activeElement.id')).toBe('detail-close');
    await page.selectOption('#split', HOSTILE);
    await expect.poll(() => page.locator('.legend tbody').textContent()).toContain(HOSTILE);
    await page.keyboard.press('Escape');
    await page.focus('#tag');
    await expect.poll(() => page.locator('#tag-suggestions option').count()).toBe(1);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('is looked through by search, group, tag and range, and keeps all that in its address', async () => {
    createStore();
    recordShop();
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type('JOBS fin');
    await expect.poll(shownNames).toEqual(['jobs.finished']);
    await page.fill('#search', 'nothing like it');
    await expect.poll(() => page.locator('#empty').textContent()).toBe('No metric has a name like that.');
    await page.fill('#search', '');
    await page.click('#groups >> text=jobs');
    await expect.poll(shownNames).toEqual(['jobs.duration', 'jobs.failed', 'jobs.finished', 'jobs.started']);

    const whole = await card('jobs.started').locator('.figure').first().textContent();
    await page.fill('#tag', 'region:eu');
    await page.press('#tag', 'Enter');
    await expect.poll(() => card('jobs.started').locator('.figure').first().textContent()).not.toBe(whole);
    const sums = await store.getSums({
      names: ['jobs.started'],
      start: now - 3600,
      end: now,
      tags: { region: 'eu' },
    });
    const shown = await card('jobs.started').locator('.figure b').first().textContent();
    expect(shown).toBe(sums.get('jobs.started')!.toLocaleString('en-US'));

    await page.click('#ranges >> text=7d');
    await expect
      .poll(() => page.locator('#summary').textContent())
      .toBe('4 metrics of this process, last 7d in steps of 1 h');
    await page.selectOption('#resolution', '1d');
    await expect.poll(() => page.locator('#summary').textContent()).toContain('in steps of 1 d');
    expect(new URL(page.url()).hash).toBe('#group=jobs&range=604800&step=1d&tag=region%3Aeu');
    await page.reload();
    await expect.poll(shownNames).toHaveLength(4);
    expect(await page.locator('.chip').textContent()).toBe('region:eu');
    await page.click('.chip');
    await expect.poll(() => new URL(page.url()).hash).toBe('#group=jobs&range=604800&step=1d');
    expect(complaints).toEqual([]);
  });

  test('updates by itself, and not while it is told not to', async () => {
    createStore();
    store.record({ name: 'orders', value: 1 });
    await open();
    await page.clock.install();
    await page.reload();
    const total = () => card('orders').locator('.figure b').first().textContent();
    await expect.poll(total).toBe('1');
    store.record({ name: 'orders', value: 41 });
    store.record({ name: 'later', value: 1 });
    await page.clock.runFor(6000);
    await expect.poll(total).toBe('42');
    await expect.poll(shownNames).toEqual(['later', 'orders']);
    await page.click('#live');
    store.record({ name: 'orders', value: 1 });
    const asked = requests.length;
    await page.clock.runFor(60_000);
    expect(requests).toHaveLength(asked);
    await page.click('#live');
    await page.clock.runFor(6000);
    await expect.poll(total).toBe('43');
  });

  test('stays usable with 2,000 series: draws only what can be seen', async () => {
    createStore();
    for (let index = 0; index < 2000; index += 1) {
      for (let back = 0; back < 3600; back += 300) {
        store.record({
          name: `service${index % 40}.metric${index}`,
          value: index,
          timeMillis: (now - back) * 1000,
        });
      }
    }
    await open();
    await expect.poll(() => page.locator('#summary').textContent()).toContain('2,000 metrics');
    await expect.poll(() => page.locator('.card canvas').count()).toBeGreaterThan(8);
    for (const position of [20_000, 80_000, 150_000, 0]) {
      await page.evaluate(`scrollTo(0, ${position})`);
      await expect.poll(() => page.locator('.card canvas').count()).toBeGreaterThan(8);
      expect(await page.locator('.card canvas').count()).toBeLessThan(60);
    }
    await page.fill('#search', 'metric1999');
    await expect.poll(shownNames).toEqual(['service39.metric1999']);
    await expect
      .poll(() => card('service39.metric1999').locator('.figure b').first().textContent())
      .toBe('24K');
    expect(await page.locator('#groups button').count()).toBe(41);
    expect(complaints).toEqual([]);
  });

  test('says when Redis is away, and when the server is', async () => {
    createStore({ redis: 'redis://127.0.0.1:1' });
    store.record({ name: 'orders', value: 1 });
    await open();
    await expect.poll(() => page.locator('#banner').textContent()).toContain('Redis does not answer');
    await expect.poll(shownNames).toEqual(['orders']);
    await server.close();
    await page.fill('#tag', 'a:b');
    await page.press('#tag', 'Enter');
    await expect.poll(() => page.locator('#banner').textContent()).toContain('The server does not answer');
  });

  test('says that nothing was recorded yet', async () => {
    createStore();
    await open();
    await expect.poll(() => page.locator('#empty').textContent()).toContain('Nothing has been recorded yet');
    expect(complaints).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('has %s colours, as the system has', async (scheme) => {
    createStore();
    recordShop();
    await open('', scheme);
    await expect.poll(() => page.locator('.card:visible canvas').count()).toBeGreaterThan(8);
    const color = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await color()).toBe(scheme === 'light' ? 'rgb(245, 246, 248)' : 'rgb(14, 17, 23)');
    await page.screenshot({ path: `${results}tsdb-overview-${scheme}.png` });
    await card('http.duration').click();
    await expect.poll(() => row('values')).toHaveLength(4);
    const plot = (await page.locator('#detail-chart .u-over').boundingBox())!;
    await page.mouse.move(plot.x + plot.width * 0.6, plot.y + plot.height / 2);
    await page.screenshot({ path: `${results}tsdb-detail-${scheme}.png` });
    await page.keyboard.press('Escape');
    await page.click('#theme');
    expect(await color()).toBe(scheme === 'light' ? 'rgb(14, 17, 23)' : 'rgb(245, 246, 248)');
    await page.reload();
    await expect.poll(color).toBe(scheme === 'light' ? 'rgb(14, 17, 23)' : 'rgb(245, 246, 248)');
    expect(complaints).toEqual([]);
  });
});
