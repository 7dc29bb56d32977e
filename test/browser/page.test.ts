import { describe, expect, test } from 'vitest';
import {
  card,
  complaints,
  createStore,
  now,
  open,
  page,
  plotBox,
  recordShop,
  requests,
  results,
  row,
  server,
  shownNames,
  STEP,
  store,
  usePage,
} from './page-rig.ts';

const HOSTILE = '<img src=x onerror="window.hacked=1">';

usePage();

describe('the page', () => {
  test('shows what was recorded: in the cards, and in each bucket of the detail', async () => {
    createStore();
    // A different number in each bucket, so that a number tells its time.
    const buckets = 91;
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
    // 95,095 in all.
    const total = Array.from({ length: buckets }, (_, index) => 1000 + index).reduce(
      (sum, value) => sum + value,
    );
    await open('#range=900');
    await expect.poll(() => card('orders').locator('.figure').first().textContent()).toBe('95.1Kin all');

    await card('orders').click();
    await expect.poll(() => row('increase')).toEqual([1001, 1001, 1090, total]);
    const plot = await plotBox();
    const first = Math.floor(now / STEP) * STEP - 90 * STEP;
    for (const back of [80, 41, 3]) {
      const seconds = Math.floor(now / STEP) * STEP - back * STEP;
      const share = (seconds + STEP / 2 - first) / (91 * STEP);
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
    await expect.poll(() => row('values')).toEqual([4, 4, 4, 4 * buckets]);
    // The bucket of now may still grow, so that the one before it is the latest.
    expect((await row('mean'))[0]).toBe(26);
    expect((await row('smallest'))[0]).toBe(2);
    expect((await row('largest'))[0]).toBe(95);
    expect(Math.abs((await row('p50'))[0]! - 3)).toBeLessThan(0.3);
    expect((await row('p99'))[0]).toBe(95);
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
    await open('#range=3600');
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
    expect(await page.locator('#tag-chips .chip').textContent()).toBe('region:eu');
    await page.click('#tag-chips .chip');
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

  test('has light and dark colours, as the system has, until it is told otherwise', async () => {
    createStore();
    recordShop();
    await open('#range=3600');
    await expect.poll(() => page.locator('.card:visible canvas').count()).toBeGreaterThan(8);
    const color = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const colors = { light: 'rgb(245, 246, 248)', dark: 'rgb(14, 17, 23)' };
    const show = async (what: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await expect.poll(color).toBe(colors[colorScheme]);
        await page.screenshot({ path: `${results}tsdb-${what}-${colorScheme}.png` });
      }
    };
    await show('overview');
    await card('http.duration').click();
    await expect.poll(() => row('values')).toHaveLength(4);
    const plot = await plotBox();
    await page.mouse.move(plot.x + plot.width * 0.6, plot.y + plot.height / 2);
    await show('detail');
    await page.keyboard.press('Escape');
    await page.click('#theme');
    await expect.poll(color).toBe(colors.light);
    await page.reload();
    await expect.poll(color).toBe(colors.light);
    expect(complaints).toEqual([]);
  });
});
