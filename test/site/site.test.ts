import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { LinkChecker, LinkState, type LinkResult } from 'linkinator';
import type { Browser, Page } from 'playwright-core';
import sirv from 'sirv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipBecause } from '../e2e/skip-because.ts';
import { browserObstacle, startBrowser } from '../servers/browser.ts';

const BUILT = fileURLToPath(new URL('../../site/dist', import.meta.url));
/** Where screenshots go, if somebody wants to look at them. */
const SCREENSHOTS = process.env['SITE_SCREENSHOTS'];
/** `SITE_LINKS=online` asks the servers of others as well. */
const IS_ONLINE = process.env['SITE_LINKS'] === 'online';

const PAGES = {
  start: '',
  exporter: 'packages/exporter-statsd/',
  api: 'api/',
  'api-class': 'api/metrics/classes/Metrics',
};

/** Left out: VitePress names its button "Search" and shows the shortcut beside that word. */
const AXE = "axe.run({ rules: { 'label-content-name-mismatch': { enabled: false } } })";

if (!existsSync(BUILT)) throw new Error('There is no site yet: run "pnpm site" first.');
const [folder] = readdirSync(BUILT);

let server: Server;
let address: string;

beforeAll(async () => {
  const serve = sirv(BUILT);
  server = createServer((request, response) => {
    serve(request, response, () => void response.writeHead(404).end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${folder}/`;
});
afterAll(() => server?.close());

test('every link leads somewhere: to a page, to a place in it, or to an image', async () => {
  const { links } = await new LinkChecker().check({
    path: address,
    recurse: true,
    checkFragments: true,
    linksToSkip: async (link) => !IS_ONLINE && !link.startsWith(address),
  });
  const broken = links.filter(({ state }) => state === LinkState.BROKEN);
  expect(shown(broken)).toEqual([]);
  expect(links.length).toBeGreaterThan(1000);
  const external = links.filter(({ url }) => !url.startsWith(address) && !/^(data|mailto):/.test(url));
  expect(shown(external.filter(({ url }) => !isWellFormed(url)))).toEqual([]);
});

describe('in a browser', () => {
  const obstacle = browserObstacle();
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (obstacle === undefined) browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  for (const [device, width, height] of [
    ['desk', 1280, 900],
    ['phone', 390, 844],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test.for(Object.entries(PAGES))(`%s on a ${device}, ${colorScheme}`, async ([name, path], running) => {
        if (obstacle !== undefined) skipBecause(running, obstacle);
        const context = await browser!.newContext({ viewport: { width, height }, colorScheme });
        try {
          const page = await context.newPage();
          const complaints = complaintsOf(page);
          await page.goto(address + path);
          await page.locator('.vp-doc h1').waitFor();
          if (SCREENSHOTS !== undefined) {
            await page.screenshot({ path: join(SCREENSHOTS, `${name}-${device}-${colorScheme}.png`) });
          }
          // As text, because the types of a browser are not known here.
          const overflow = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect(overflow).toBe(0);
          expect(await seriousFindings(page)).toEqual([]);
          expect(complaints).toEqual([]);
        } finally {
          await context.close();
        }
      });
    }
  }

  test('the search finds "timing"', async (running) => {
    if (obstacle !== undefined) skipBecause(running, obstacle);
    const page = await browser!.newPage();
    const complaints = complaintsOf(page);
    await page.goto(address);
    const input = page.locator('.VPLocalSearchBox input');
    // Nobody hears the key before the scripts of the page have run.
    const isOpen = async (): Promise<boolean> => {
      await page.keyboard.press('Control+k');
      return input.isVisible();
    };
    await expect.poll(isOpen).toBe(true);
    await input.fill('timing');
    await expect
      .poll(() => page.locator('.VPLocalSearchBox .result').allTextContents())
      .toContainEqual(expect.stringContaining('timing'));
    expect(complaints).toEqual([]);
    await page.close();
  });
});

function shown(links: readonly LinkResult[]): string[] {
  return links.map(({ url, parent }) => `${url}, on ${parent?.replace(address, '')}`);
}

function isWellFormed(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && hostname.includes('.');
}

/** What a page says on its console, fails with and can't load. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  return complaints;
}

/** What axe finds that is serious or worse, each with the elements. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate<Pick<axe.AxeResults, 'violations'>>(AXE);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
