import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  TimeseriesStore,
  type ListenOptions,
  type StoreServer,
  type TimeseriesStoreOptions,
} from '@tallykit/tsdb';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { browserObstacle, startBrowser } from '../servers/browser.ts';
import { skipBecause } from '../e2e/skip-because.ts';
import { recordShopInto } from './shop-data.ts';

export { STEP } from './shop-data.ts';

/** Where screenshots go. */
export const results = fileURLToPath(new URL('../../.test-results/', import.meta.url));

export let page: Page;
export let store: TimeseriesStore;
export let server: StoreServer;
/** Everything that the page asked for, said or complained about. */
export const requests: string[] = [];
export const complaints: string[] = [];
/** The time of the store: seconds since 1970. */
export let now: number;

let browser: Browser;
let context: BrowserContext | undefined;

/** A browser for the tests of a file, and a page and a store for each of them. */
export function usePage(): void {
  const obstacle = browserObstacle();
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
}

/** A store whose time stands still. */
export function createStore(options: TimeseriesStoreOptions = {}): TimeseriesStore {
  store = new TimeseriesStore({ now: () => now * 1000, ...options });
  return store;
}

/** Lets time pass. */
export function pass(seconds: number): void {
  now += seconds;
}

interface OpenOptions extends ListenOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
  readonly timezoneId?: string;
  readonly width?: number;
}

export async function open(
  hash = '',
  {
    colorScheme = 'light',
    locale = 'en-US',
    timezoneId = 'UTC',
    width = 1440,
    ...listening
  }: OpenOptions = {},
): Promise<void> {
  server = await store.listen(listening);
  requests.length = 0;
  complaints.length = 0;
  context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale, timezoneId });
  page = await context.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    // The browser's advice to whoever reads from a canvas: these tests do.
    if (!message.text().startsWith('Canvas2D: Multiple readback')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  await page.goto(server.url + hash);
}

/** The address of a page that shows this. */
export function hashOf(parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([key, values]) =>
    [values].flat().map((value): [string, string] => [key, value]),
  );
  return `#${new URLSearchParams(pairs).toString()}`;
}

export const card = (name: string) =>
  page.locator('article.card', { has: page.locator('h3').getByText(name, { exact: true }) });
export const shownNames = () => page.locator('article.card:visible h3').allTextContents();
/** The figures of a card by their labels: `{ 'in all': '12', 'a second': '3' }`. */
export async function figures(name: string): Promise<Record<string, string>> {
  const entries = await card(name)
    .locator('.figure')
    .evaluateAll((elements) =>
      elements.map((element) => {
        const { textContent: value = '' } = element.querySelector('b') ?? {};
        return [(element.textContent ?? '').slice(value!.length), value] as const;
      }),
    );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The open chart's part in which values are drawn, in pixels of the window. */
export async function plotBox(
  selector = '#detail-chart',
): Promise<{ x: number; y: number; width: number; height: number }> {
  return (await page.locator(`${selector} .u-over`).boundingBox())!;
}

/** Which share of a part of a chart has a colour like this one; the part is in shares of the plot. */
export async function shareOfColor(
  variable: string,
  { left = 0, right = 1, top = 0, bottom = 1 } = {},
  tolerance = 60,
): Promise<number> {
  const plot = await plotBox();
  const frame = (await page.locator('#detail-chart canvas').boundingBox())!;
  const x = plot.x - frame.x + left * plot.width;
  const y = plot.y - frame.y + top * plot.height;
  const part = [x, y, (right - left) * plot.width, (bottom - top) * plot.height].map((value) =>
    Math.round(value),
  );
  // As text, because the types of a browser are not known here.
  return page.evaluate<number>(`(() => {
    const [x, y, width, height] = ${JSON.stringify(part)};
    const source = document.querySelector('#detail-chart canvas');
    const copy = new OffscreenCanvas(source.width, source.height).getContext('2d');
    const colorOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const fill = (name) => {
      copy.fillStyle = colorOf(name);
      copy.fillRect(0, 0, source.width, source.height);
    };
    fill('${variable}');
    const wanted = copy.getImageData(0, 0, 1, 1).data;
    fill('--surface');
    copy.drawImage(source, 0, 0);
    const { data } = copy.getImageData(x, y, Math.max(width, 1), Math.max(height, 1));
    let alike = 0;
    for (let at = 0; at < data.length; at += 4) {
      const distances = [0, 1, 2].map((channel) => Math.abs(data[at + channel] - wanted[channel]));
      if (distances[0] + distances[1] + distances[2] < ${tolerance}) alike += 1;
    }
    return alike / (data.length / 4);
  })()`);
}

/** The row of the detail's table that begins with this, as numbers. */
export async function row(label: string): Promise<number[]> {
  const cells = await page.locator('.legend tbody tr', { hasText: label }).locator('td').allTextContents();
  return cells.map((text) => Number.parseFloat(text.replaceAll(',', '')));
}

/** Something of everything, up to now. */
export function recordShop(seconds = 3600): void {
  recordShopInto(store, now, seconds);
}
