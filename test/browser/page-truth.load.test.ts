import { TimeseriesStore } from '@tallykit/tsdb';
import { describe, expect, test } from 'vitest';
import { redisObstacle, startRedis } from '../servers/redis.ts';
import { skipBecause } from '../e2e/skip-because.ts';
import {
  card,
  complaints,
  createStore,
  figures,
  hashOf,
  now,
  open,
  page,
  pass,
  requests,
  row,
  shareOfColor,
  shownNames,
  STEP,
  store,
  usePage,
} from './page-rig.ts';

usePage();

const cells = (name: string) => card(name).locator('table td').allTextContents();

describe('the figures of the page', () => {
  test('divides what was counted by the time that was watched, in every range', async () => {
    createStore();
    for (let second = 0; second < 180; second += 1) {
      pass(1);
      store.record({ name: 'orders', value: 57 });
    }
    await open();
    for (const range of ['Fit', '15m', '1h', '6h', '24h', '7d', '30d', '90d']) {
      await page.getByRole('button', { name: range, exact: true }).click();
      const label = range === 'Fit' ? 'last 3 min' : `last ${range}`;
      await expect.poll(() => page.locator('#summary').textContent()).toContain(label);
      await expect.poll(async () => (await figures('orders'))['in all']).toBe('10.3K');
      const rate = Number((await figures('orders'))['a second']);
      expect(Math.abs(rate - 57) / 57).toBeLessThan(0.02);
    }
    expect(complaints).toEqual([]);
  });

  test('leaves out what was before the beginning', async () => {
    createStore();
    for (let bucket = 0; bucket < 12; bucket += 1) {
      pass(STEP);
      store.record({ name: 'orders', value: 5 });
      store.record({ type: 'distribution', name: 'size', value: 20 + bucket, unit: 'ms' });
    }
    await open(hashOf({ range: '3600', metric: 'counter:orders' }));
    await expect.poll(() => row('increase')).toEqual([5, 5, 5, 60]);
    await page.click('#buckets summary');
    expect(await page.locator('#bucket-table tbody tr').count()).toBe(13);
    await page.click('#detail-close');
    await card('size').click();
    await expect.poll(() => row('values')).toEqual([1, 1, 1, 12]);
  });

  test('says that there is nothing, instead of zeros', async () => {
    createStore();
    store.record({ name: 'orders', value: 5, tags: { region: 'eu' } });
    store.record({ type: 'gauge', name: 'depth', value: 5, tags: { region: 'us' } });
    pass(1000);
    store.record({ name: 'later', value: 1 });
    await open(hashOf({ tag: 'region:eu', range: '3600' }));
    await expect.poll(() => card('orders').locator('.figure').count()).toBeGreaterThan(1);
    expect(await card('depth').textContent()).toContain('Nothing here has these tags.');
    expect(await card('depth').locator('canvas').count()).toBe(0);
    expect(await cells('depth')).toEqual([]);
    await page.click('#tag-chips .chip');
    await expect.poll(async () => (await figures('depth'))['last']).toBe('5');
    await page.getByRole('button', { name: '15m', exact: true }).click();
    await expect.poll(() => card('depth').textContent()).toContain('Nothing was recorded in this range.');
    await card('depth').click();
    await expect.poll(() => page.locator('#detail-nothing').textContent()).toContain('Nothing was recorded');
    expect(complaints).toEqual([]);
  });

  test('draws what may still grow as open, and takes no figure from it', async () => {
    createStore();
    for (let bucket = 0; bucket < 18; bucket += 1) {
      pass(STEP);
      store.record({ name: 'orders', value: bucket === 17 ? 60 : 100 });
    }
    await open(hashOf({ metric: 'counter:orders' }));
    await expect.poll(() => row('increase')).toEqual([100, 100, 100, 1760]);
    // The axis begins with the bucket of the beginning and ends with that of now.
    const middle = (bucket: number) => {
      const center = (bucket + 0.5) / 19;
      return { left: center - 0.2 / 19, right: center + 0.2 / 19, top: 0.7, bottom: 0.95 };
    };
    expect(await shareOfColor('--counter', middle(17))).toBeGreaterThan(0.95);
    // Stripes: the background shows between them.
    const background = await shareOfColor('--surface', middle(18));
    expect(background).toBeLessThan(0.9);
    expect(background).toBeGreaterThan(0.2);
    await page.click('#buckets summary');
    expect(await page.locator('#bucket-table tbody td').first().textContent()).toBe('60 so far');
  });

  test('adds up a fleet, and leaves the time of a flush open', async (context) => {
    const obstacle = redisObstacle();
    if (obstacle !== undefined) skipBecause(context, obstacle);
    await using redis = await startRedis();
    // Redis forgets by its own clock. Four seconds into a bucket, as everywhere here.
    pass(Math.floor(Date.now() / 1000 / STEP) * STEP + 4 - now);
    const first = createStore({ redis: redis.url });
    const second = new TimeseriesStore({ now: () => now * 1000, redis: redis.url });
    for (let bucket = 0; bucket < 12; bucket += 1) {
      for (const [index, each] of [first, second].entries()) {
        // The second process has not written its newest values yet.
        if (index === 1 && bucket === 11) continue;
        const tags = { process: String(index) };
        each.record({ type: 'gauge', name: 'connections', value: 10, tags });
        each.record({ name: 'orders', value: 10, tags });
        await each.flush();
      }
      if (bucket < 11) pass(STEP);
    }
    await open(hashOf({ metric: 'counter:orders' }));
    await expect.poll(() => page.locator('#summary').textContent()).toContain('of all processes');
    await page.click('#buckets summary');
    const newest = async () => (await page.locator('#bucket-table td').allTextContents()).slice(0, 3);
    await expect.poll(newest).toEqual(['10 so far', '20 so far', '20']);
    expect((await row('increase')).slice(0, 3)).toEqual([20, 20, 20]);
    await page.click('#detail-close');
    await expect.poll(() => figures('connections')).toEqual({ last: '20', lowest: '20', highest: '20' });
    await second.shutdown();
  });

  test('fits its range to a process that has just started', async () => {
    createStore();
    pass(185);
    store.record({ name: 'orders', value: 1 });
    await open();
    await expect
      .poll(() => page.locator('#summary').textContent())
      .toBe('1 metric of this process, last 3 min in steps of 10 s');
    await page.getByRole('button', { name: '6h', exact: true }).click();
    await expect.poll(() => page.locator('#summary').textContent()).toContain('last 6h in steps of 1 min');
  });

  test('draws below zero what is below zero', async () => {
    createStore();
    for (let bucket = 0; bucket < 20; bucket += 1) {
      store.record({ name: 'balance', value: bucket % 2 ? 5 : -5 });
      pass(STEP);
    }
    await open(hashOf({ metric: 'counter:balance' }));
    await expect.poll(async () => (await row('increase')).slice(1, 3)).toEqual([-5, 5]);
    expect(await shareOfColor('--counter', { bottom: 0.45 })).toBeGreaterThan(0.15);
    expect(await shareOfColor('--counter', { top: 0.55 })).toBeGreaterThan(0.15);
  });

  test('shows a name of two types as two metrics', async () => {
    createStore();
    store.record({ name: 'orders', value: 3 });
    store.record({ type: 'gauge', name: 'orders', value: 7 });
    await open();
    await expect.poll(shownNames).toEqual(['orders', 'orders']);
    expect(await page.locator('#summary').textContent()).toContain('2 metrics');
    const headlines = () => page.locator('.figure.main').allTextContents();
    await expect.poll(headlines).toEqual(['3in all', '7last']);
    await card('orders').nth(1).click();
    await expect.poll(() => page.locator('#detail-facts').textContent()).toBe('gauge · 1 series');
    await expect.poll(async () => (await row('value'))[0]).toBe(7);
  });

  test('cuts the middle of a long name, and shows it whole to whoever points at it', async () => {
    createStore();
    const names = [2, 10].map((number) => `service.${'with.a.long.name.'.repeat(6)}.endpoint${number}`);
    for (const name of names) store.record({ name, value: 1 });
    await open();
    await expect.poll(shownNames).toEqual(names);
    for (const name of names) {
      const button = card(name).locator('.card-open');
      const isCut = () =>
        button
          .locator('.name-start')
          .evaluate((start) => start.scrollWidth > start.clientWidth && start.clientWidth > 0);
      const end = (await button.locator('.name-end').boundingBox())!;
      const frame = (await card(name).boundingBox())!;
      expect(await isCut()).toBe(true);
      expect(end.x + end.width).toBeLessThan(frame.x + frame.width);
      await button.focus();
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Tab');
      await expect.poll(isCut).toBe(false);
      const whole = (await button.locator('.name').boundingBox())!;
      expect(whole.height).toBeGreaterThan(40);
      expect(whole.x + whole.width).toBeLessThan(frame.x + frame.width);
    }
  });

  test('asks in pieces for names that are too long for one address', async () => {
    createStore();
    const names = Array.from({ length: 90 }, (_, index) => `${'long.'.repeat(60)}${index}`);
    for (const [index, name] of names.entries()) store.record({ name, value: index + 1 });
    await open(hashOf({ sort: 'size' }));
    await expect.poll(shownNames).toEqual(names.toReversed());
    expect(await page.locator('#banner').isHidden()).toBe(true);
  });

  test('says what a server refuses', async () => {
    createStore();
    store.record({ name: 'orders', value: 3 });
    await open(hashOf({ range: '7776000', step: '10s' }));
    await expect.poll(() => card('orders').textContent()).toContain('Ask for a shorter range');
    await page.selectOption('#resolution', '1d');
    await expect.poll(async () => (await figures('orders'))['in all']).toBe('3');
  });

  test('says that it may not ask', async () => {
    createStore();
    await open('', { authorize: ({ url }) => url === '/' });
    await expect.poll(() => page.locator('#banner').textContent()).toContain('permission');
    expect(requests.length).toBeGreaterThan(1);
  });
});
