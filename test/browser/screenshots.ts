// `pnpm screenshots` takes the pictures of the page that packages/tsdb shows, light and dark.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TimeseriesStore } from '@tallykit/tsdb';
import type { Page } from 'playwright-core';
import { SCREENSHOTS } from '../pictures/screenshot-list.ts';
import { fetchProgram, programObstacle } from '../servers/server-program.ts';
import { recordShopInto } from './shop-data.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const VIEWPORT = { width: 1120, height: 620 };
/** Pages with pictures should load quickly. */
const MOST_BYTES = 150_000;

if (programObstacle('chromium') !== undefined) fetchProgram('chromium');
// The browser is looked for when the module is loaded.
const { startBrowser } = await import('../servers/browser.ts');

const now = Date.parse('2026-11-22T12:00:04Z') / 1000;
const store = new TimeseriesStore({ now: () => now * 1000 });
recordShopInto(store, now, 3600);
const server = await store.listen();
const browser = await startBrowser();

for (const theme of ['light', 'dark'] as const) {
  const page = await browser.newPage({
    viewport: VIEWPORT,
    colorScheme: theme,
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  await page.goto(`${server.url}#range=3600`);
  await page.locator('.card:visible canvas').nth(5).waitFor();
  await take(page, SCREENSHOTS['tsdb-page'][theme]);
  await page.locator('article.card', { hasText: 'http.duration' }).click();
  await page.locator('.legend tbody td').nth(3).waitFor();
  const plot = (await page.locator('#detail-chart .u-over').boundingBox())!;
  await page.mouse.move(plot.x + plot.width * 0.6, plot.y + plot.height / 2);
  await take(page, SCREENSHOTS['tsdb-chart'][theme]);
  await page.close();
}

await browser.close();
await server.close();
await store.shutdown({ timeoutMillis: 1 });

async function take(page: Page, file: string): Promise<void> {
  const path = join(REPOSITORY, file);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${file}: ${Math.round(size / 1000)} kB`);
  if (size > MOST_BYTES) throw new Error(`${file} has more than ${MOST_BYTES / 1000} kB`);
}
