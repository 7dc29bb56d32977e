import { expect, test } from 'vitest';
import { card, complaints, createStore, now, open, page, shownNames, store, usePage } from './page-rig.ts';

usePage();

test('the page stays usable with 2,000 series: draws only what can be seen', async () => {
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
