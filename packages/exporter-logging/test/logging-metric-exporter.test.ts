import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createMetrics } from '@tallykit/metrics';
import { conformanceCases, resourceMetrics, sumData } from '@tallykit/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoggingMetricExporter, type LineMetadata, type LoggingMetricExporterOptions } from '../src/index.ts';
import { subject } from './subject.ts';

describe('LoggingMetricExporter', () => {
  for (const { name, run } of conformanceCases) it(name, () => run(subject));
});

interface Written {
  level: string;
  message: string;
  metadata: LineMetadata;
}

function start(options: LoggingMetricExporterOptions = {}) {
  const lines: Written[] = [];
  const exporter = new LoggingMetricExporter({
    logger: (level, message, metadata) => void lines.push({ level, message, metadata }),
    ...options,
  });
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 })],
  });
  onTestFinished(() => meterProvider.shutdown());
  return { lines, exporter, meterProvider, metrics: createMetrics({ meterProvider, events: exporter }) };
}

/** The rate depends on how long the test took, and there is none for no time at all. */
const withoutRate = (text: string): string => text.replaceAll(/ \([\d.e+-]+( \p{L}+)?\/s\)/gu, '');

describe('the lines of LoggingMetricExporter', () => {
  it('say each series in words for people, and in metadata as it was recorded', async () => {
    const { lines, metrics, meterProvider } = start();
    metrics.incr('orders', 1204, { tags: { plan: 'pro' }, instance: 'web-1' });
    metrics.incr('sent', 52_001, { unit: 'By' });
    metrics.gauge('memory', 134_217_728, { unit: 'By' });
    metrics.upDown('open', -3);
    for (const millis of [10, 20, 1500]) metrics.timing('query', millis);
    metrics.distribution('upload', 1);
    await meterProvider.forceFlush();
    expect(lines.map(({ level, message }) => `${level} ${withoutRate(message)}`).toSorted()).toEqual([
      "info 'memory': 128 MiB",
      "info 'open': -3",
      "info 'orders': +1204",
      expect.stringMatching(
        /^info 'query': 3 values, sum 1\.53 s, min 10 ms, p50 (19\.\d+|20(\.\d+)?) ms, p95 1\.5 s, p99 1\.5 s, max 1\.5 s$/,
      ),
      "info 'sent': +50.78 KiB",
      "info 'upload': 1 value, sum 1, min 1, p50 1, p95 1, p99 1, max 1",
    ]);
    const orders = lines.find(({ metadata }) => metadata['metric'] === 'orders')?.metadata;
    const intervalMillis = orders?.['intervalMillis'] as number;
    expect(orders).toEqual({
      type: 'counter',
      value: 1204,
      rate: expect.closeTo((1204 * 1000) / intervalMillis, 6),
      intervalMillis,
      metric: 'orders',
      unit: undefined,
      instance: 'web-1',
      tags: { plan: 'pro' },
    });
  });

  it('stay one line whatever names and tags hold', async () => {
    const { lines, metrics, meterProvider } = start();
    metrics.incr('two\r\nlines', 1, { tags: { 'k\n': 'v\u2028\x1b[31m' } });
    await meterProvider.forceFlush();
    expect(JSON.stringify(lines)).not.toMatch(/\\\\?u001b|\u2028|[^\\]\\n/);
    expect(lines[0]?.message).toMatch(/^'two\\r\\nlines': \+1/);
    expect(lines[0]?.metadata['tags']).toEqual({ 'k\\n': 'v\\u2028\\x1b[31m' });
  });

  it('leave out counters that stood still, and say them with includeIdle', async () => {
    for (const includeIdle of [false, true]) {
      const { lines, metrics, meterProvider } = start({ includeIdle });
      metrics.incr('orders', 2, { tags: { plan: 'pro' } });
      metrics.timing('query', 5);
      metrics.gauge('depth', 1);
      await meterProvider.forceFlush();
      lines.length = 0;
      metrics.incr('carts');
      await meterProvider.forceFlush();
      metrics.incr('orders', 1, { tags: { plan: 'pro' } });
      await meterProvider.forceFlush();
      expect(lines.map(({ message }) => withoutRate(message))).toEqual(
        includeIdle
          ? [
              "'carts': +1",
              "'orders': +0",
              "'query': 0 values",
              "'orders': +1",
              "'query': 0 values",
              "'carts': +0",
            ]
          : ["'carts': +1", "'orders': +1"],
      );
    }
  });

  it('have the rate since the export before', async () => {
    const { lines, exporter } = start();
    const now = Math.ceil(Date.now() / 1000);
    for (const endSeconds of [now + 10, now + 15]) {
      // The point itself says that it began ten seconds before.
      exporter.export(resourceMetrics([sumData('orders', 100, { endSeconds })]), () => undefined);
      await exporter.forceFlush();
    }
    expect(lines[1]?.message).toBe("'orders': +100 (20/s)");
  });

  it('have the rate since the latest end in the export before, whichever series had it', async () => {
    const { lines, exporter } = start();
    const now = Math.ceil(Date.now() / 1000);
    for (const ends of [
      { orders: now + 20, carts: now + 15 },
      { orders: now + 30, carts: now + 30 },
    ]) {
      const metrics = Object.entries(ends).map(([name, endSeconds]) => sumData(name, 100, { endSeconds }));
      exporter.export(resourceMetrics(metrics), () => undefined);
      await exporter.forceFlush();
    }
    expect(lines.slice(2).map(({ message }) => message)).toEqual([
      "'orders': +100 (10/s)",
      "'carts': +100 (10/s)",
    ]);
  });

  it('can be one for all', async () => {
    const { lines, metrics, meterProvider, exporter } = start({ format: 'summary', level: 'debug' });
    metrics.incr('orders', 2, { tags: { plan: 'pro' } });
    metrics.incr('orders', 2, { tags: { plan: 'free' } });
    metrics.gauge('depth', 1);
    for (const millis of [1, 2, 3]) metrics.timing('query', millis);
    await meterProvider.forceFlush();
    expect(lines).toEqual([
      {
        level: 'debug',
        message: '4 series: 2 counters, 1 gauge, 1 distribution with 3 values',
        metadata: { series: 4, counters: 2, gauges: 1, distributions: 1, values: 3 },
      },
    ]);
    expect(exporter.stats()).toMatchObject({ exported: { points: 4, amount: 4 }, pending: { points: 0 } });
  });

  it('tell events, and count those that the logger refused', async () => {
    const { lines, metrics, exporter } = start();
    metrics.event('Deploy', 'v42\nis live', {
      alertType: 'info',
      tags: { team: 'growth' },
      instance: 'web-1',
      timestamp: 5,
    });
    expect(lines).toEqual([
      {
        level: 'info',
        message: "'Deploy': 'v42\\nis live'",
        metadata: {
          type: 'event',
          title: 'Deploy',
          text: 'v42\\nis live',
          instance: 'web-1',
          tags: { team: 'growth' },
          alertType: 'info',
          priority: undefined,
          aggregationKey: undefined,
          sourceTypeName: undefined,
          hostname: undefined,
          timestamp: 5,
        },
      },
    ]);
    const broken = start({
      logger: () => {
        throw new Error('disk full');
      },
    });
    broken.metrics.event('Deploy', 'v43');
    expect(await broken.exporter.flush()).toEqual({
      exported: 0,
      pending: 0,
      dropped: 1,
      errors: [new Error('LoggingMetricExporter: disk full')],
    });
    expect(await exporter.flush()).toMatchObject({ exported: 1, dropped: 0 });
  });

  it.each([
    [
      { logger: {} },
      /^LoggingMetricExporter: `logger` must be a logger with a method info, or a function, not an object$/,
    ],
    [{ format: 'table' }, /`format` must be one of "series", "summary", not a string of 5 characters/],
    [{ includeIdle: 1 }, /`includeIdle` must be one of true, false, not a number of 1 digit/],
    [{ host: 'x' }, /there is no option `host`; there are logger, loggerName, level, format, includeIdle/],
  ])('%j throw', (options, message) => {
    expect(() => new LoggingMetricExporter(options as object)).toThrow(message);
  });
});
