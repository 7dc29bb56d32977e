import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { startDatadogIntake, type DatadogRequest, type FakeDatadogIntake } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';

const apiKey = '0123456789abcdef';
const cleanups: (() => unknown)[] = [];
const warnings: string[] = [];
beforeEach(() => {
  const quiet = () => undefined;
  diag.setLogger(
    { warn: (text) => warnings.push(text), error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  diag.disable();
  warnings.length = 0;
});

/** An intake, and instruments whose values reach it through the exporter. `export` resolves when an export is answered. */
async function setUp(options: DatadogHttpMetricExporterOptions = {}) {
  const intake = await startDatadogIntake({ apiKey });
  cleanups.push(() => intake.close());
  const exporter = new DatadogHttpMetricExporter({ apiKey, url: intake.url, processTag: false, ...options });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  cleanups.push(() => provider.shutdown());
  const meter = provider.getMeter('test');
  const [orders, latency] = [meter.createCounter('orders'), meter.createHistogram('latency')];
  return { intake, exporter, orders, latency, meter, export: () => provider.forceFlush() };
}

/** The identity that holds after every script, in points and amounts. */
function expectNothingLost(exporter: DatadogHttpMetricExporter): void {
  const { received, exported, pending, dropped } = exporter.stats();
  expect(exported.points + pending.points + dropped.points).toBe(received.points);
  expect(exported.amount + pending.amount + dropped.amount).toBeCloseTo(received.amount, 9);
}

const seriesOf = ({ payloads }: FakeDatadogIntake): DatadogRequest[] =>
  payloads.filter(({ path }) => path === '/api/v2/series');

const pointsOf = (request: DatadogRequest) => request.content.series.flatMap(({ points }) => points);

describe('an intake that', () => {
  it('says 429 gets nothing before the time that it says, and then all of it, merged', async () => {
    const { intake, exporter, orders, latency, export: exportNow } = await setUp();
    intake.script({ status: 429, headers: { 'X-RateLimit-Reset': '1' } });
    orders.add(5);
    latency.record(10);
    await exportNow();
    const atFirst = intake.payloads.length;
    orders.add(3);
    latency.record(20);
    await exportNow();
    expect(intake.payloads.length).toBe(atFirst);
    expect(exporter.stats()).toMatchObject({ pending: { points: 4, amount: 8 }, dropped: { points: 0 } });
    expectNothingLost(exporter);

    // By itself: nobody exports or flushes.
    await intake.until((requests) => requests.filter(({ status }) => status === 202).length === 2);
    await exporter.flush();
    expect(pointsOf(seriesOf(intake).at(-1)!)).toMatchObject([{ value: 8 }]);
    expect(intake.count('orders')).toBe(8);
    expect(intake.distribution('latency')).toMatchObject({ count: 2, sum: 30, min: 10, max: 20 });
    expect(exporter.stats()).toMatchObject({ exported: { points: 4, amount: 8 }, pending: { points: 0 } });
    expectNothingLost(exporter);
    expect(warnings).toEqual([
      expect.stringMatching(/can't deliver to http.*: the answer was 429/),
      expect.stringMatching(/delivering to .* again/),
    ]);
  });

  it('has a storm of 503 gets each series once more as it was, and each distribution once', async () => {
    const { intake, exporter, orders, latency, export: exportNow } = await setUp();
    intake.scriptAll({ status: 503, body: '<html>upstream is gone</html>' });
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      latency.record(amount);
      await exportNow();
      expectNothingLost(exporter);
    }
    intake.scriptAll();
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(7);
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, exported: { amount: 7 } });
    expectNothingLost(exporter);

    // What was tried is tried again byte by byte, not with later values in it.
    const tried = seriesOf(intake);
    const bodies = (requests: DatadogRequest[]) =>
      new Set(requests.map(({ body }) => String(Buffer.from(body))));
    const refused = bodies(tried.filter(({ status }) => status === 503));
    const taken = bodies(tried.filter(({ status }) => status === 202));
    expect([...refused].filter((body) => !taken.has(body))).toEqual([]);
    const sketches = intake.payloads.flatMap(({ content }) => content.sketches);
    const { droppedBy } = exporter.stats();
    expect(sketches.length).toBeLessThanOrEqual(3);
    expect(intake.distribution('latency').count + (droppedBy.unknown?.points ?? 0)).toBe(3);
  });

  it('says 413 gets the halves, down to what it takes', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp();
    intake.script({ status: 413 }, { status: 413 }, { status: 413 });
    for (let index = 0; index < 100; index += 1) orders.add(index, { index });
    await exportNow();
    expect(intake.count('orders')).toBe(4950);
    expect(seriesOf(intake).map(({ status }) => status)).toEqual([413, 413, 413, 202, 202, 202, 202]);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 100, amount: 4950 },
      dropped: { points: 0 },
    });
    expectNothingLost(exporter);
  });

  it('says 413 to everything gets every series alone, and they are counted', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp();
    intake.scriptAll({ status: 413 });
    for (let index = 0; index < 5; index += 1) orders.add(1, { index });
    await exportNow();
    expect(exporter.stats().droppedBy).toEqual({ oversize: { points: 5, amount: 5 } });
    expectNothingLost(exporter);
  });

  it('hangs after it took a request does not count it twice, nor a later value with it', async () => {
    const { intake, exporter, orders, latency, export: exportNow } = await setUp({ timeoutMillis: 300 });
    intake.script({ hang: 'stored' }, { hang: 'stored' });
    orders.add(5);
    latency.record(10);
    await exportNow();
    expectNothingLost(exporter);
    orders.add(3);
    await exportNow();
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(8);
    const [first, again] = seriesOf(intake).filter((request) =>
      pointsOf(request).some(({ value }) => value === 5),
    );
    expect(again?.body).toEqual(first?.body);
    expect(
      seriesOf(intake)
        .flatMap(pointsOf)
        .some(({ value }) => value === 8),
    ).toBe(false);
    expect(exporter.stats()).toMatchObject({ exported: { amount: 8 }, pending: { points: 0 } });
    expect(intake.distribution('latency').count).toBe(1);
    expectNothingLost(exporter);
  });

  it.each([
    ['hangs', { hang: 'stored' }],
    ['resets the connection', { reset: 'unanswered' }],
    ['says 503', { status: 503 }],
  ] as const)('%s after it got a distribution does not get it again', async (_, step) => {
    const { intake, exporter, latency, export: exportNow } = await setUp({ timeoutMillis: 300 });
    intake.script(step);
    latency.record(10);
    await exportNow();
    await exporter.forceFlush();
    expectNothingLost(exporter);
    latency.record(20);
    latency.record(30);
    await exportNow();
    const counts = intake.payloads.flatMap(({ content }) => content.sketches).map(({ count }) => count);
    expect(counts).toEqual([1, 2]);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      pending: { points: 0 },
      droppedBy: { unknown: { points: 1 } },
    });
    expectNothingLost(exporter);
  });

  it.each(['unread', 'unanswered'] as const)(
    'resets the connection (%s) counts each value once',
    async (reset) => {
      const { intake, exporter, orders, latency, export: exportNow } = await setUp();
      intake.script({ reset }, { reset });
      // More than the buffers of a connection hold.
      for (let index = 0; index < 2000; index += 1)
        orders.add(1, { index, text: crypto.randomUUID().repeat(4) });
      latency.record(10);
      await exportNow();
      expectNothingLost(exporter);
      await exporter.forceFlush();
      expect(intake.count('orders')).toBe(2000);
      expect(intake.payloads.flatMap(({ content }) => content.sketches).length).toBeLessThanOrEqual(1);
      const { exported, pending, droppedBy } = exporter.stats();
      expect(exported.amount).toBe(2000);
      expect(pending.points).toBe(0);
      // It was sent once: lost when nobody read it, there when nobody answered.
      const lost = reset === 'unread' ? (droppedBy.unknown?.points ?? 0) : 0;
      expect(intake.distribution('latency').count).toBe(1 - lost);
      expectNothingLost(exporter);
    },
  );

  it('resets the connection in the middle of its answer has answered', async () => {
    const { intake, exporter, orders, latency, export: exportNow } = await setUp();
    intake.script({ reset: 'answering' }, { reset: 'answering' });
    orders.add(5);
    latency.record(10);
    await exportNow();
    await exporter.forceFlush();
    expect(intake.payloads).toHaveLength(2);
    expect(exporter.stats()).toMatchObject({ exported: { points: 2, amount: 5 }, pending: { points: 0 } });
  });

  it('answers late, and with what is no JSON, has answered', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp();
    intake.script(
      { status: 202, delayMillis: 50, body: '{"errors":' },
      { status: 400, body: 'x'.repeat(100_000) },
    );
    orders.add(5);
    await exportNow();
    expect(exporter.stats().exported.amount).toBe(5);
    orders.add(3);
    await exportNow();
    expect(exporter.stats().droppedBy).toEqual({ refused: { points: 1, amount: 3 } });
    expect(warnings.at(-1)).toMatch(/the answer was 400 \(x{300}\)/);
    expectNothingLost(exporter);
  });

  it('refuses the key is logged in one line, with the site and the remedy and without the key', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp({ apiKey: 'fedcba9876543210' });
    for (let exports = 0; exports < 3; exports += 1) {
      orders.add(5);
      await exportNow();
    }
    expect(exporter.stats().droppedBy).toEqual({ refused: { points: 3, amount: 15 } });
    expect(intake.payloads.map(({ status }) => status)).toEqual([403, 403, 403]);
    const ours = warnings.filter((text) => text.startsWith('DatadogHttpMetricExporter'));
    expect(ours).toEqual([
      expect.stringMatching(
        /the API key was refused by 127\.0\.0\.1:\d+: the answer was 403 \(Forbidden\); check the option `apiKey` \(DD_API_KEY\), and that `site`/,
      ),
    ]);
    expect(warnings.join('\n')).not.toContain('fedcba9876543210');
    expectNothingLost(exporter);
  });

  it('repeats the key in its answer is not repeated', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp();
    intake.script({ status: 400, body: JSON.stringify({ errors: [`what is ${apiKey}?`] }) });
    orders.add(5);
    await exportNow();
    const { errors } = await exporter.flush();
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('what is (the API key)?')]);
    expect(warnings.join('\n')).not.toContain(apiKey);
  });

  it.each([
    [404, /is not where metrics are taken; check the options `site`, `url` and `apiVersion`/],
    [302, /is not where metrics are taken/],
    [418, /the answer was 418/],
  ])('says %d refuses for good', async (status, message) => {
    const { intake, exporter, orders, export: exportNow } = await setUp();
    intake.script({ status, headers: { Location: 'http://127.0.0.1:1/' } });
    orders.add(5);
    await exportNow();
    expect(exporter.stats().droppedBy).toEqual({ refused: { points: 1, amount: 5 } });
    expect(warnings.at(-1)).toMatch(message);
    expect(intake.payloads).toHaveLength(1);
  });

  it.each([{ 'Retry-After': '1' }, { 'Retry-After': new Date(Date.now() + 3_000_000).toUTCString() }])(
    'says 429 with %j is waited for',
    async (headers) => {
      const { intake, exporter, orders, export: exportNow } = await setUp();
      intake.script({ status: 429, headers });
      orders.add(5);
      await exportNow();
      await exporter.forceFlush();
      expect(intake.payloads).toHaveLength(1);
      expect(exporter.stats().pending.amount).toBe(5);
    },
  );

  it('is not there keeps everything until it is', async () => {
    const { intake, exporter, orders, latency, export: exportNow } = await setUp();
    await intake.close();
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      latency.record(amount);
      await exportNow();
    }
    expect(exporter.stats()).toMatchObject({ pending: { points: 6, amount: 7 }, dropped: { points: 0 } });
    expect(warnings.at(-1)).toMatch(
      /can't deliver to http.*ECONNREFUSED.*`site` and `url` \(DD_SITE, DD_URL\)/,
    );
    await intake.restart();
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(7);
    expect(intake.distribution('latency')).toMatchObject({ count: 3, sum: 7 });
    // Merged: one point of each.
    expect(intake.payloads).toHaveLength(2);
    expectNothingLost(exporter);
  });

  it('has an unknown name keeps everything', async () => {
    const { exporter, orders, export: exportNow } = await setUp({ url: 'http://no-such-host.invalid' });
    orders.add(5);
    await exportNow();
    expect(exporter.stats()).toMatchObject({ pending: { amount: 5 }, dropped: { points: 0 } });
  });
});
