import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  histogramData,
  parseStatsdPayload,
  resourceMetrics,
  startUdpServer,
  sumData,
} from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatsdMetricExporter, type StatsdFormatOptions } from '../src/index.ts';

/** A server that cuts each counter to a whole number, behind a client that was handed in. */
class CuttingServer {
  readonly totals = new Map<string, number>();
  readonly texts: string[] = [];
  isAway = false;

  readonly client = {
    sendMessage: (text: string, callback: (error?: Error) => void) => {
      if (this.isAway) return callback(new Error('nobody is there'));
      this.texts.push(text);
      for (const { name, tags, value } of parseStatsdPayload(text, 'dogstatsd', { wholeCounters: true })) {
        const series = `${name}${JSON.stringify(tags)}`;
        this.totals.set(series, (this.totals.get(series) ?? 0) + value);
      }
      callback();
    },
  };

  total(name: string, tags = {}): number {
    return this.totals.get(`${name}${JSON.stringify(tags)}`) ?? 0;
  }
}

function exporterTo(server: CuttingServer, options: StatsdFormatOptions = {}): StatsdMetricExporter {
  return new StatsdMetricExporter({ client: server.client, wholeCounters: true, ...options });
}

/** Exports within the turn, again and again. */
function exportTimes(exporter: StatsdMetricExporter, times: number, value: number): void {
  for (let time = 0; time < times; time += 1) exporter.flushSync(resourceMetrics([sumData('n', value)]));
}

/** The sum of what was received, and of what it became; equal to rounding errors. */
function expectAmountsToAddUp(exporter: StatsdMetricExporter): void {
  const { received, exported, pending, dropped } = exporter.stats();
  expect(exported.points + pending.points + dropped.points).toBe(received.points);
  const amount = exported.amount + pending.amount + dropped.amount;
  expect(Math.abs(amount - received.amount)).toBeLessThan(1e-6);
}

describe('wholeCounters', () => {
  it.each([
    [0.37, 20, 7],
    [19.99, 20, 399],
    [0.1, 10, 1],
    [1.5, 3, 4],
    [7, 3, 21],
  ])('makes a server that cuts read %d, %d times, as %d', (value, times, total) => {
    const server = new CuttingServer();
    const exporter = exporterTo(server);
    exportTimes(exporter, times, value);
    expect(server.total('n')).toBe(total);
    expect(exporter.stats().pending.points).toBe(0);
    expect(exporter.stats().pending.amount).toBeCloseTo(value * times - total, 9);
  });

  it('is not the default: there, such a server loses the fraction of every line', () => {
    const server = new CuttingServer();
    exportTimes(exporterTo(server, { wholeCounters: undefined }), 20, 19.99);
    expect(server.total('n')).toBe(380);
  });

  it('keeps every series within one of what was recorded, with an outage in the middle', () => {
    const intervals = 1000;
    const series = Array.from({ length: 40 }, (_, index) => ({ shop: String(index) }));
    const increases = fc.infiniteStream(fc.double({ min: 0, max: 30, noNaN: true }));
    const chances = fc.infiniteStream(fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.noShrink(increases), fc.noShrink(chances), (values, chance) => {
        const server = new CuttingServer();
        const exporter = exporterTo(server);
        const recorded = series.map(() => 0);
        for (let interval = 1; interval <= intervals; interval += 1) {
          server.isAway = interval >= 400 && interval < 450;
          const points = series.flatMap((attributes, index) => {
            // Some series are rare: the higher the index, the rarer.
            if (chance.next().value! < index / 4.5) return [];
            const value = values.next().value!;
            recorded[index]! += value;
            return sumData('n', value, { attributes });
          });
          exporter.flushSync(resourceMetrics(points));
          expectAmountsToAddUp(exporter);
        }
        const { pending, exported, dropped } = exporter.stats();
        const totals = series.map((tags) => server.total('n', tags));
        const rests = recorded.map((amount, index) => amount - totals[index]!);
        for (const rest of rests) expect(Math.abs(rest)).toBeLessThan(1);
        expect(pending.points).toBe(0);
        expect(pending.amount).toBeCloseTo(
          rests.reduce((sum, rest) => sum + rest, 0),
          6,
        );
        expect(exported.amount).toBe(totals.reduce((sum, total) => sum + total, 0));
        expect(dropped).toEqual({ points: 0, amount: 0 });
      }),
      { numRuns: 3 },
    );
  });

  it('drops the rest as `rounded` at the end', async () => {
    const exporter = exporterTo(new CuttingServer());
    exportTimes(exporter, 3, 0.5);
    await exporter.shutdown();
    expect(exporter.stats()).toMatchObject({
      received: { points: 3, amount: 1.5 },
      exported: { points: 3, amount: 1 },
      pending: { points: 0, amount: 0 },
      dropped: { points: 0, amount: 0.5 },
      droppedBy: { rounded: { points: 0, amount: 0.5 } },
    });
  });

  it('has one remainder for series that the dialect `none` merges', () => {
    const server = new CuttingServer();
    const exporter = exporterTo(server, { dialect: 'none' });
    const plans = ['a', 'b', 'c', 'd'].map((plan) => sumData('n', 0.3, { attributes: { plan } }));
    for (let time = 0; time < 5; time += 1) exporter.flushSync(resourceMetrics(plans));
    expect(server.total('n')).toBe(6);
    exporter.flushSync(resourceMetrics([sumData('n', 0.5, { attributes: { plan: 'e' } })]));
    expect(exporter.stats().pending.amount).toBeCloseTo(0.5, 9);
  });

  it('leaves gauges, and the counts of histograms, as they are', () => {
    const server = new CuttingServer();
    const exporter = exporterTo(server, { histograms: 'aggregates', processTag: false });
    const histogram = { count: 3, sum: 1.5, min: 0.25, max: 1, buckets: { boundaries: [], counts: [3] } };
    exporter.flushSync(resourceMetrics([histogramData('h', histogram)]));
    const lines = server.texts.join('\n').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['h.count:3|c', 'h.sum:1.5|g', 'h.min:0.25|g', 'h.max:1|g']),
    );
    expect(exporter.stats().pending).toEqual({ points: 0, amount: 0 });
  });

  it('drops an increase that 64 bits can not hold, and says which option asked for whole numbers', () => {
    const warnings: string[] = [];
    const quiet = () => undefined;
    diag.setLogger(
      { warn: (text) => warnings.push(text), error: quiet, info: quiet, debug: quiet, verbose: quiet },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    try {
      const server = new CuttingServer();
      const exporter = exporterTo(server);
      const values = [1e21, 2 ** 63, -(2 ** 63), 2 ** 62, 2 ** 53 + 2];
      exporter.flushSync(resourceMetrics(values.map((value, index) => sumData(`n${index}`, value))));
      expect([...server.totals.values()]).toEqual([2 ** 62, 2 ** 53 + 2]);
      expect(exporter.stats().droppedBy).toMatchObject({ notRepresentable: { points: 3 } });
      expect(warnings).toEqual([expect.stringContaining('option `wholeCounters`')]);
    } finally {
      diag.disable();
    }
  });

  it('sends whole numbers over a socket, of increases that a program records', async () => {
    const server = await startUdpServer();
    try {
      const exporter = new StatsdMetricExporter({ port: server.port, wholeCounters: true });
      const send = (value: number) =>
        new Promise((resolve) => exporter.export(resourceMetrics([sumData('cpu', value)]), resolve));
      for (const value of [0.75, 0.75, 2.25]) await send(value);
      await server.until((payloads) => payloads.length >= 2);
      expect(server.take()).toEqual(['cpu:1|c', 'cpu:2|c']);
      await exporter.shutdown();
    } finally {
      await server.close();
    }
  });
});
