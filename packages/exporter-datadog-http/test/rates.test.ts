import type { HrTime } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { resourceMetrics, startDatadogIntake, sumData, type FakeDatadogIntake } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';
import { runs } from '../../../test/runs.ts';

const apiKey = '0123456789abcdef';

let intake: FakeDatadogIntake;
beforeEach(async () => {
  intake = await startDatadogIntake({ apiKey });
});
afterEach(() => intake.close());

function exporterOf(options: DatadogHttpMetricExporterOptions = {}) {
  return new DatadogHttpMetricExporter({
    apiKey,
    url: intake.url,
    hostname: '',
    processTag: false,
    countersAs: 'rate',
    ...options,
  });
}

const hrTime = (seconds: number): HrTime => [Math.floor(seconds), Math.floor((seconds % 1) * 1e9)];

/** An increase from one moment to another, in seconds since 1970. */
function increase(value: number, startSeconds: number, endSeconds: number): MetricData {
  const data = sumData('orders', value);
  const [point] = data.dataPoints;
  return {
    ...data,
    dataPoints: [{ ...point!, startTime: hrTime(startSeconds), endTime: hrTime(endSeconds) }],
  } as MetricData;
}

function exportTo(exporter: DatadogHttpMetricExporter, data: MetricData): Promise<unknown> {
  return new Promise((resolve) => exporter.export(resourceMetrics([data]), resolve));
}

/** What the intake has kept, of all requests or of those from an index on. */
const stored = (from = 0) =>
  intake.payloads
    .slice(from)
    .filter(({ isStored }) => isStored)
    .flatMap(({ content }) => content.series)
    .map(({ type, interval, points }) => ({ type, interval, value: points[0]!.value }));

describe('rates', () => {
  it('are made of counts that were merged, for the whole time in which nothing could be sent', async () => {
    const exporter = exporterOf();
    const now = Math.floor(Date.now() / 1000) - 100;
    intake.scriptAll({ status: 429 });
    await exportTo(exporter, increase(30, now + 0.2, now + 10.4));
    await exportTo(exporter, increase(7, now + 10.4, now + 20.9));
    // An interval in which nothing was counted is a part of that time, too.
    await exportTo(exporter, increase(5, now + 30.1, now + 40.3));
    expect(exporter.stats()).toMatchObject({ pending: { points: 3, amount: 42 } });
    intake.scriptAll();
    await exporter.forceFlush();
    expect(stored()).toEqual([{ type: 'rate', interval: 40, value: 42 / 40 }]);
    expect(exporter.stats()).toMatchObject({ exported: { points: 3, amount: 42 }, pending: { points: 0 } });
    await exporter.shutdown();
  });

  it('stay as they are when it is not known whether they have arrived', async () => {
    const exporter = exporterOf({ apiVersion: 'v1' });
    const now = Math.floor(Date.now() / 1000) - 100;
    intake.script({ status: 503 });
    await exportTo(exporter, increase(30, now, now + 10));
    await exportTo(exporter, increase(8, now + 10, now + 20));
    await exporter.forceFlush();
    expect(stored()).toEqual([
      { type: 'rate', interval: 10, value: 3 },
      { type: 'rate', interval: 10, value: 0.8 },
    ]);
    await exporter.shutdown();
  });

  it.each(['v1', 'v2'] as const)(
    'times their intervals are what was counted, whatever is refused meanwhile, in version %s',
    async (apiVersion) => {
      const amounts = fc.oneof(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      );
      const exports = fc.array(
        fc.record({
          amount: amounts,
          seconds: fc.double({ min: 0.01, max: 90, noNaN: true }),
          status: fc.constantFrom(202, 202, 429, 503),
        }),
        { minLength: 1, maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(exports, async (all) => {
          const before = intake.payloads.length;
          const exporter = exporterOf({ apiVersion });
          // It ends some seconds ago, because a point whose second is taken gets a later one.
          const length = all.reduce((sum, { seconds }) => sum + seconds, 0);
          let end = Date.now() / 1000 - length - all.length;
          let recorded = 0;
          for (const { amount, seconds, status } of all) {
            if (status !== 202) intake.script({ status });
            await exportTo(exporter, increase(amount, end, end + seconds));
            end += seconds;
            recorded += amount;
          }
          await exporter.forceFlush();
          const { exported, pending, dropped } = exporter.stats();
          expect([pending.points, dropped.points]).toEqual([0, 0]);
          expect(Math.abs(exported.amount / recorded - 1)).toBeLessThan(1e-12);
          const points = stored(before);
          expect(points.every(({ type }) => type === 'rate')).toBe(true);
          const counted = points.reduce((sum, { value, interval }) => sum + value * interval, 0);
          expect(Math.abs(counted / recorded - 1)).toBeLessThan(1e-12);
          await exporter.shutdown();
        }),
        { numRuns: runs(40) },
      );
    },
  );
});
