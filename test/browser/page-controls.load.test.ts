import { readFile } from 'node:fs/promises';
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
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
  plotBox,
  recordShop,
  row,
  server,
  shareOfColor,
  shownNames,
  STEP,
  store,
  usePage,
} from './page-rig.ts';

usePage();

const hash = () => new URLSearchParams(new URL(page.url()).hash.slice(1));
const button = (name: string) => page.getByRole('button', { name, exact: true });

/** The text of the file that a button saves. */
async function saved(selector: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  return readFile(await download.path(), 'utf8');
}

/** Counts of three regions, the same in each bucket. */
function recordRegions(): void {
  for (let bucket = 0; bucket < 30; bucket += 1) {
    for (const [region, value] of [
      ['eu', 10],
      ['us', 20],
      ['ap', 30],
    ] as const) {
      store.record({ name: 'orders', value, tags: { region } });
    }
    store.record({ name: 'logins', value: 40 });
    store.record({ type: 'gauge', name: 'depth', value: 7, unit: '{job}' });
    for (const value of [10, 10, 10, 100]) {
      store.record({ type: 'distribution', name: 'size', value, unit: 'ms' });
    }
    pass(STEP);
  }
}

/** Drags the pointer over a chart, from one share of its width to another. */
async function drag(selector: string, from: number, to: number): Promise<void> {
  const plot = await plotBox(selector);
  const y = plot.y + plot.height / 2;
  await page.mouse.move(plot.x + plot.width * from, y);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * ((from + to) / 2), y);
  await page.mouse.move(plot.x + plot.width * to, y);
  await page.mouse.up();
}

describe('the controls of the page', () => {
  test('shows picked metrics in one chart, stacked or not, with their total', async () => {
    createStore();
    recordRegions();
    const timeMillis = (now - STEP) * 1000;
    store.record({ type: 'gauge', name: 'rest', value: 3, unit: '{job}', timeMillis });
    store.record({ type: 'distribution', name: 'wait', value: 5, unit: 'ms', timeMillis });
    await open();
    await button('Pick orders for one chart').click();
    expect(await button('Show in one chart').isDisabled()).toBe(true);
    await button('Pick logins for one chart').click();
    expect(await page.locator('#picked-count').textContent()).toBe('2 picked');
    await button('Show in one chart').click();
    await expect.poll(() => row('total')).toEqual([100, 100, 100, 3000]);
    expect(await row('orders')).toEqual([60, 60, 60, 1800]);
    expect(hash().getAll('metric')).toEqual(['counter:orders', 'counter:logins']);
    expect(await page.locator('#picked').isHidden()).toBe(true);
    // Beside each other the lines end at 60 of 60; on top of each other the upper one lies at 100 of 100.
    const upper = { left: 0.3, right: 0.7, top: 0.15, bottom: 0.4 };
    expect(await shareOfColor('--surface', upper)).toBeGreaterThan(0.9);
    await button('Stack').click();
    await expect.poll(() => shareOfColor('--surface', upper)).toBeLessThan(0.1);
    expect(hash().get('stack')).toBe('1');

    await page.fill('#add', 'nothing like it');
    await page.press('#add', 'Enter');
    expect(
      await page
        .locator('#add')
        .evaluate((input) => (input as unknown as { validationMessage: string }).validationMessage),
    ).toBe('No other metric has this name.');
    await page.fill('#add', 'depth');
    await page.press('#add', 'Enter');
    await expect.poll(() => row('depth')).toEqual([7, 7, 7, Number.NaN]);
    // What has another unit can't be added up.
    expect(await button('Stack').isDisabled()).toBe(true);
    await page.fill('#add', 'size');
    await page.press('#add', 'Enter');
    await expect.poll(() => page.locator('#detail-note').textContent()).toContain('size (p95)');
    await button('Leave out size').click();
    await button('Leave out depth').click();
    await expect.poll(() => page.locator('#parts .chip').allTextContents()).toEqual(['orders', 'logins']);
    await page.selectOption('#split', 'region');
    await expect.poll(() => row('orders · ap')).toEqual([30, 30, 30, 900]);

    await page.goto(`${server.url}${hashOf({ metric: ['gauge:depth', 'gauge:rest'] })}`);
    await expect.poll(() => row('total')).toEqual([10, 7, 10]);
    expect(await button('Stack').isDisabled()).toBe(false);
    // Percentiles don't add up.
    await page.goto(`${server.url}${hashOf({ metric: ['distribution:size', 'distribution:wait'] })}`);
    await expect.poll(() => row('wait (p95)')).toEqual([5, 5, 5]);
    expect(await page.locator('.legend', { hasText: 'total' }).count()).toBe(0);
    expect(await button('Stack').isDisabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('keeps pinned charts on top, and in its address', async () => {
    createStore();
    recordRegions();
    await open();
    await button('Pin size to the top').click();
    await expect.poll(shownNames).toEqual(['size', 'depth', 'logins', 'orders']);
    await card('orders').click();
    await page.selectOption('#split', 'region');
    await button('Stack').click();
    await button('Pin this chart to the top').click();
    await page.click('#detail-close');
    await expect.poll(shownNames).toEqual(['size', 'orders by region', 'depth', 'logins', 'orders']);
    await page.reload();
    await expect.poll(shownNames).toEqual(['size', 'orders by region', 'depth', 'logins', 'orders']);
    await expect
      .poll(() => figures('orders by region'))
      .toMatchObject({ 'in all': '1,800', ap: '900', us: '600' });
    await page.fill('#search', 'log');
    await expect.poll(shownNames).toEqual(['size', 'orders by region', 'logins']);
    await page.fill('#search', '');
    await page.click('#groups >> text=Pinned');
    await expect.poll(shownNames).toEqual(['size', 'orders by region']);
    await button('Pin size to the top').click();
    await expect.poll(shownNames).toEqual(['orders by region']);
    expect(hash().getAll('pin')).toEqual(['metric=counter%3Aorders&split=region&stack=1']);
    expect(complaints).toEqual([]);
  });

  test('sorts by name as people count, by size and by change', async () => {
    createStore();
    for (let bucket = 0; bucket < 40; bucket += 1) {
      for (const [name, older, newer] of [
        ['svc2', 10, 10],
        ['svc10', 30, 15],
        ['svc1', 2, 8],
      ] as const) {
        store.record({ name, value: bucket < 20 ? older : newer });
      }
      pass(STEP);
    }
    await open();
    await expect.poll(shownNames).toEqual(['svc1', 'svc2', 'svc10']);
    await page.selectOption('#order', 'size');
    await expect.poll(shownNames).toEqual(['svc10', 'svc2', 'svc1']);
    await page.selectOption('#order', 'change');
    await expect.poll(shownNames).toEqual(['svc1', 'svc10', 'svc2']);
    await expect.poll(() => card('svc10').locator('.card-change').textContent()).toBe('-50%');
    expect(hash().get('sort')).toBe('change');
    await page.reload();
    await expect.poll(shownNames).toEqual(['svc1', 'svc10', 'svc2']);
    expect(complaints).toEqual([]);
  });

  test('goes into what is dragged over, and back', async () => {
    createStore();
    recordShop();
    await open('#range=3600');
    await expect.poll(() => page.locator('.card canvas').count()).toBeGreaterThan(8);
    await drag('#cards .card:first-child', 0.25, 0.5);
    await expect.poll(() => hash().has('from')).toBe(true);
    const quarter = () => Number(hash().get('to')) - Number(hash().get('from'));
    expect(Math.abs(quarter() - 900)).toBeLessThan(60);
    expect(Math.abs(Number(hash().get('from')) - (now - 2700))).toBeLessThan(60);
    // It was no click.
    expect(await page.locator('#detail').isHidden()).toBe(true);
    await expect.poll(() => page.locator('#times-chosen').textContent()).toContain('Nov 22');
    await card('jobs.started').click();
    await expect.poll(() => row('increase')).toHaveLength(4);
    await drag('#detail-chart', 0.1, 0.9);
    await expect.poll(quarter).toBeLessThan(800);
    await page.goBack();
    await expect.poll(quarter).toBeGreaterThan(800);
    expect(hash().get('metric')).toBe('counter:jobs.started');
    await page.goBack();
    await expect.poll(() => page.locator('#detail').isHidden()).toBe(true);
    await page.click('#times-chosen');
    await expect.poll(() => hash().has('from')).toBe(false);
    expect(complaints).toEqual([]);
  });

  test('shows from one moment to another, while a chart is open too', async () => {
    createStore();
    recordShop();
    await open(hashOf({ metric: 'counter:jobs.started' }), { timezoneId: 'Asia/Kolkata' });
    await expect.poll(() => row('increase')).toHaveLength(4);
    await button('From one moment to another').click();
    // 11:30:00 and 11:40:00 in UTC.
    await page.fill('#times-from', '2026-11-22T17:00:00');
    await page.fill('#times-to', '2026-11-22T16:00:00');
    await button('Show').click();
    expect(hash().has('from')).toBe(false);
    await page.fill('#times-to', '2026-11-22T17:10:00');
    await button('Show').click();
    const start = Date.parse('2026-11-22T11:30:00Z') / 1000;
    await expect
      .poll(() => [hash().get('from'), hash().get('to')])
      .toEqual([String(start), String(start + 600)]);
    const sums = await store.getSums({ names: ['jobs.started'], start, end: start + 600 });
    await expect.poll(async () => (await row('increase')).at(-1)).toBe(sums.get('jobs.started'));
    await button('6h').click();
    await expect.poll(() => page.locator('#summary').textContent()).toContain('last 6h in steps of 1 min');
    expect(await page.locator('#detail-name').textContent()).toBe('jobs.started');
    expect(complaints).toEqual([]);
  });

  test('fills the bands between percentiles', async () => {
    createStore();
    recordRegions();
    await open(hashOf({ metric: 'distribution:size' }));
    await expect.poll(() => row('values')).toHaveLength(4);
    // p50 is 10 and p95 is 100: between them, nothing of the background is left.
    const between = { left: 0.3, right: 0.7, top: 0.2, bottom: 0.8 };
    expect(await shareOfColor('--surface', between, 20)).toBe(0);
    expect(await shareOfColor('--surface', { ...between, top: 0.95, bottom: 0.98 }, 20)).toBe(1);
  });

  test('marks events, and lists them', async () => {
    createStore();
    recordRegions();
    const timeMillis = (now - 150) * 1000;
    store.recordEvent({
      title: 'v41 <b>is</b> live',
      text: 'By the train',
      alertType: 'success',
      tags: { region: 'eu' },
      timeMillis,
    });
    store.recordEvent({ title: 'Migration', timeMillis: timeMillis + 60_000 });
    await open();
    await expect
      .poll(() => page.locator('#events-summary').textContent())
      .toContain('2 events, the last one: Migration');
    await page.click('#events-summary');
    expect(await page.locator('#event-table tbody tr').nth(1).locator('td').allTextContents()).toEqual([
      'v41 <b>is</b> live',
      'By the train',
      'success region:eu',
    ]);
    await card('orders').click();
    await expect.poll(() => row('increase')).toHaveLength(4);
    // The axis has 31 buckets of 10 s.
    const first = Math.floor((now - 300) / STEP) * STEP;
    const left = (now - 150 - first) / 310;
    const share = await shareOfColor('--mark', {
      left: left - 0.002,
      right: left + 0.002,
      top: 0.02,
      bottom: 0.2,
    });
    expect(share).toBeGreaterThan(0.03);
    expect(await shareOfColor('--mark', { left: 0.05, right: 0.3, top: 0.02 })).toBe(0);
    await page.click('#detail-close');
    await expect.poll(() => card('orders').locator('canvas').count()).toBe(1);
    const plot = (await card('orders').locator('.u-over').boundingBox())!;
    await page.mouse.move(plot.x + plot.width * left, plot.y + plot.height / 2);
    await expect
      .poll(() => card('orders').locator('.card-readout').textContent())
      .toContain('v41 <b>is</b> live');
    expect(complaints).toEqual([]);
  });

  test('saves what is shown as CSV and JSON', async () => {
    createStore();
    recordRegions();
    store.record({ name: '=HYPERLINK("x"),y', value: 1 });
    await open();
    await expect.poll(shownNames).toHaveLength(5);
    const all = await saved('#save-csv');
    expect(all.split('\r\n')[0]).toBe(
      'time,seconds,complete,name,type,unit,tags,value,count,sum,min,max,p50,p95,p99',
    );
    expect(all).toContain(`,10,true,orders,counter,,,60,,,,,,,\r\n`);
    expect(all).toContain(`,10,true,depth,gauge,{job},,7,,,,,,,\r\n`);
    expect(all).toContain(`,10,true,size,distribution,ms,,,4,130,10,100,`);
    expect(all).toContain(`"'=HYPERLINK(""x""),y"`);
    expect(all).toContain('2026-11-22T12:00:00.000Z,');
    await card('orders').click();
    await page.selectOption('#split', 'region');
    await expect.poll(() => row('ap')).toHaveLength(4);
    const one = JSON.parse(await saved('#save-json')) as {
      series: { name: string; tags: object; points: [number, number][] }[];
    };
    expect(one.series.map(({ name, tags }) => [name, tags])).toEqual([
      ['orders', { region: 'ap' }],
      ['orders', { region: 'us' }],
      ['orders', { region: 'eu' }],
    ]);
    expect(one.series[0]!.points.reduce((sum, [, value]) => sum + value, 0)).toBe(900);
    expect(complaints).toEqual([]);
  });

  test('writes numbers and times as the browser does', async () => {
    createStore();
    for (let index = 0; index < 12; index += 1) store.record({ name: 'orders', value: 100.5 });
    await open(hashOf({ metric: 'counter:orders' }), { locale: 'de-DE', timezoneId: 'Europe/Berlin' });
    await expect.poll(() => page.locator('.legend tbody td').last().textContent()).toBe('1.206');
    await page.click('#buckets summary');
    expect(await page.locator('#bucket-table tbody th').first().textContent()).toBe('13:00:00');
  });

  test('is used with a keyboard alone', async () => {
    createStore();
    recordRegions();
    await open();
    await expect.poll(() => page.locator('.card canvas').count()).toBe(4);
    const focused = () =>
      page.evaluate<string>(`(() => {
        const { activeElement: it } = document;
        return it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent.trim() ?? it.textContent.trim();
      })()`);
    const reached: string[] = [];
    await page.locator('body').press('Tab');
    for (let index = 0; index < 60 && reached.at(-1) !== 'Pin size to the top'; index += 1) {
      reached.push(await focused());
      await page.keyboard.press('Tab');
    }
    expect(reached).toEqual([
      expect.stringContaining('Search metrics'),
      ...['Fit', '15m', '1h', '6h', '24h', '7d', '30d', '90d', 'From one moment to another'],
      expect.stringContaining('Step'),
      ...['Live', 'Use dark colours'],
      'All metrics4',
      'Only series with this tag',
      expect.stringContaining('Sort by'),
      ...['CSV', 'JSON'],
      ...['depth', 'logins', 'orders', 'size'].flatMap((name) => [
        name,
        `Pick ${name} for one chart`,
        `Pin ${name} to the top`,
      ]),
    ]);
    await card('orders').locator('.card-open').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => row('increase')).toEqual([60, 60, 60, 1800]);
    expect(await focused()).toBe('Back to all metrics');
    await page.locator('#detail-chart').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('#detail-readout').textContent()).toBe('12:00:00 PM: 60');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('#detail-readout').textContent()).toBe('12:00:10 PM: 60');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#detail').isHidden()).toBe(true);
    expect(await focused()).toBe('orders');
    const table = card('orders').locator('table');
    expect(await table.locator('caption').textContent()).toBe('orders');
    await expect.poll(() => table.locator('td').allTextContents()).toEqual(['60', '60', '60', '1,800']);
  });
});

describe('the page for everybody', () => {
  /** What axe finds that keeps somebody from using the page, in light colours and in dark ones. */
  async function findings(): Promise<string[]> {
    const run = (rules: string) =>
      page.evaluate<axe.AxeResults>(`axe.run({ resultTypes: ['violations'], ${rules} })`);
    const turn = async (colorScheme: 'light' | 'dark'): Promise<void> => {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
    };
    const light = await run('');
    await turn('dark');
    const dark = await run("runOnly: ['color-contrast']");
    await turn('light');
    return [...light.violations, ...dark.violations]
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(', ')}`,
      );
  }

  test('has no serious findings of axe, on a wide screen and on a phone', async () => {
    createStore();
    recordShop(300);
    store.recordEvent({ title: 'Deploy', text: 'v42' });
    await open(hashOf({ tag: 'region:eu', pin: 'metric=counter:jobs.started', sort: 'size' }));
    await page.evaluate(axe.source);
    await expect.poll(() => page.locator('.card canvas').count()).toBeGreaterThan(0);
    await page.click('#events-summary');
    await page.locator('#cards .icon-pick').first().click();
    const phone = { width: 390, height: 900 };
    expect(await findings()).toEqual([]);
    await button('From one moment to another').click();
    expect(await findings()).toEqual([]);
    await page.setViewportSize(phone);
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.goto(
      `${page.url().split('#')[0]}${hashOf({ metric: ['counter:jobs.started', 'gauge:queue.depth'] })}`,
    );
    await expect.poll(() => row('queue.depth')).toHaveLength(4);
    await page.click('#buckets summary');
    expect(await findings()).toEqual([]);
    await page.setViewportSize({ ...phone, width: 1440 });
    expect(await findings()).toEqual([]);
  });
});
