import { AggregationTemporality, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DELIVERED,
  ONE_BY_ONE_PACING,
  type ExponentialHistogram,
  type HistogramValue,
  type Outcome,
  type Series,
} from '../src/index.ts';
import { mergeHistograms } from '../src/histograms.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FAILED,
  FakeServer,
  many,
  NO_TAGS,
  NOT_ACCEPTED,
  outage,
  SUCCESS,
  UNKNOWN,
  wire,
} from './fake-server.ts';
import { record } from './record.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => {
  said.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const exponential = (value: HistogramValue, endSeconds: number): MetricData =>
  ({
    ...histogramData('latency', {} as never, { endSeconds }),
    dataPointType: 1,
    dataPoints: [
      {
        attributes: {},
        startTime: [endSeconds - 10, 0],
        endTime: [endSeconds, 0],
        value,
      },
    ],
  }) as unknown as MetricData;

describe('what was not accepted', () => {
  /** Exports the metrics one after the other into an outage, and gives the series that arrives afterwards. */
  async function merged(...exports: readonly MetricData[]): Promise<Series> {
    const series: Series[] = [];
    const { exporter, recover } = outage({
      format: (one) => {
        const { type, value, startMillis, endMillis, points } = one;
        series.push({ type, value, startMillis, endMillis, points } as Series);
        return 'x';
      },
    });
    for (const metric of exports)
      expect((await exportTo(exporter, resourceMetrics([metric]))).code).toBe(FAILED);
    expect(exporter.stats()).toMatchObject({ pending: { points: exports.length }, dropped: { points: 0 } });
    recover();
    series.length = 0;
    await exporter.forceFlush();
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, exported: { points: exports.length } });
    expect(series).toHaveLength(1);
    return series[0]!;
  }

  it('is merged with later points: sums add up, over the whole time', async () => {
    const sums = [5, 7, 9].map((value, index) => sumData('a', value, { endSeconds: 1000 + 10 * index }));
    expect(await merged(...sums)).toEqual({
      type: 'sum',
      value: 21,
      points: 3,
      startMillis: 990_000,
      endMillis: 1_020_500,
    });
  });

  it('gauges keep the latest value', async () => {
    const gauges = [5, 9, 7].map((value, index) => gaugeData('a', value, { endSeconds: 1000 + 10 * index }));
    expect(await merged(...gauges)).toMatchObject({
      type: 'gauge',
      value: 7,
      points: 3,
      endMillis: 1_020_500,
    });
  });

  it('explicit histograms of equal bounds add bucket by bucket', async () => {
    const value = (counts: number[], sum: number, min: number, max: number) =>
      histogramData('h', {
        buckets: { boundaries: [10, 20], counts },
        count: counts.reduce((a, b) => a + b),
        sum,
        min,
        max,
      });
    expect((await merged(value([1, 2, 0], 30, 4, 15), value([0, 0, 4], 200, 40, 60))).value).toEqual({
      type: 'explicit',
      boundaries: [10, 20],
      counts: [1, 2, 4],
      count: 7,
      sum: 230,
      min: 4,
      max: 60,
    });
  });

  it('exponential histograms are brought to the coarser scale, with exact count, sum, minimum and maximum', async () => {
    const values = [
      [1, 2, 4],
      [8, 1_000_000, 0],
      [3, 3, 0.001],
    ];
    const histograms = await Promise.all(values.map((list) => record(list)));
    const scales = histograms.map((histogram) => (histogram as ExponentialHistogram).scale);
    const { value } = await merged(...histograms.map((one, index) => exponential(one, 1000 + 10 * index)));
    expect(value).toMatchObject({ count: 9, sum: 1_000_021.001, min: 0, max: 1_000_000, zeroCount: 1 });
    expect((value as ExponentialHistogram).scale).toBeLessThanOrEqual(Math.min(...scales));
    expect(value).toEqual(histograms.reduce((one, other) => mergeHistograms(one, other)));
  });

  it('is merged across scopes and with exports that wait', async () => {
    const { server, exporter, recover } = outage({ translator: () => (metric) => wire(metric, NO_TAGS) });
    await exportTo(exporter, resourceMetrics([sumData('a', 1, { attributes: { x: 1 } })]));
    recover();
    server.take();
    const release = server.hold();
    const results = [exportTo(exporter, resourceMetrics([sumData('a', 2, { attributes: { x: 2 } })]))];
    results.push(exportTo(exporter, resourceMetrics([sumData('a', 4)])));
    release();
    await Promise.all(results);
    expect(server.payloads).toEqual(['a:7']);
  });

  it('has been sent, when it comes to nothing, without a payload; and that is not the end of the outage', async () => {
    const { server, exporter } = outage({
      format: ({ name, value }) => (value === 0 ? [] : `${name}:${JSON.stringify(value)}`),
    });
    const active = (value: number) => resourceMetrics([sumData('active', value, { isMonotonic: false })]);
    await exportTo(exporter, active(3));
    await exportTo(exporter, active(-3));
    expect(server.payloads).toEqual(['active:3']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 2, amount: 0 }, pending: { points: 0 } });
    expect(said.warn).toHaveLength(1);
  });

  it('of up-down counters of the SDK keeps the current value', async () => {
    const data = (value: number) =>
      sumData('active', value, { temporality: AggregationTemporality.CUMULATIVE, isMonotonic: false });
    expect(await merged(data(3), data(2))).toMatchObject({ type: 'gauge', value: 2 });
  });
});

describe('the next attempt', () => {
  it('comes by itself when nothing is recorded any more, from a timer that keeps no process alive', async () => {
    const { server, clock, exporter, recover } = outage();
    await exportTo(exporter, many(3));
    expect([clock.timers, clock.due.length]).toEqual([1, 1]);
    recover();
    server.take();
    await clock.advance(1000);
    expect(server.payloads).toEqual(['n0:1\nn1:1\nn2:1']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 3, amount: 3 }, pending: { points: 0 } });
    expect(clock.timers).toBe(0);
  });

  /** How long each of the attempts waits for the one before. */
  async function waits(attempts: number): Promise<number[]> {
    const { clock, exporter } = outage();
    await exportTo(exporter, many(1));
    const times = [0];
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const [next] = clock.due;
      times.push(next!);
      await clock.advance(next! - clock.millis);
      expect(clock.timers).toBe(1);
    }
    return times.slice(1).map((time, index) => time - times[index]!);
  }

  it('waits a second at first, and twice as long each time, up to a minute', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    expect(await waits(9)).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => expect.closeTo(1000 * seconds, 3)),
    );
  });

  it('waits at least half as long, and not the same each time', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    expect(await waits(8)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30].map((seconds) => 1000 * seconds));
    random.mockRestore();
    const real = await waits(6);
    for (const [index, millis] of real.entries()) {
      expect(millis).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(millis).toBeLessThanOrEqual(1000 * 2 ** index);
    }
    expect(real).not.toEqual(await waits(6));
  });

  it('waits a second again after something was delivered', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, clock, exporter, recover } = outage();
    await exportTo(exporter, many(1));
    await clock.advance(10_000);
    recover();
    await exporter.forceFlush();
    expect(clock.timers).toBe(0);
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(1));
    expect(clock.due).toEqual([10_500]);
  });

  it('waits no shorter because an export got through in part', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, clock, exporter } = outage({ route: { maxPayloadBytes: 6 } });
    server.answer = (payload) => (payload.startsWith('n1') ? NOT_ACCEPTED : DELIVERED);
    await exportTo(exporter, many(2));
    // Two attempts of its own, after 500 ms and 1 s.
    await clock.advance(1500);
    expect(clock.due).toEqual([3500]);
    await clock.advance(500);
    await exportTo(exporter, many(2));
    expect(exporter.stats()).toMatchObject({ exported: { points: 2 }, pending: { points: 2 } });
    expect(clock.due).toEqual([4000]);
  });

  it('waits no longer because exports and flushes fail meanwhile', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { clock, exporter } = outage();
    for (let time = 0; time < 5; time += 1) {
      await exportTo(exporter, many(1));
      await exporter.flush();
      await exporter.forceFlush();
    }
    expect(clock.due).toEqual([500]);
    // It has failed itself: the next one waits twice as long, from the last time that somebody tried.
    await clock.advance(500);
    expect(clock.due).toEqual([1500]);
    await clock.advance(300);
    await exporter.flush();
    expect(clock.due).toEqual([1800]);
  });

  it('comes at once with an export, a flush and a forceFlush', async () => {
    const { server, exporter, recover } = outage();
    await exportTo(exporter, many(1));
    expect(await exporter.flush()).toMatchObject({
      exported: 0,
      pending: 1,
      dropped: 0,
      errors: [new Error('TestExporter: connection refused')],
    });
    await exporter.forceFlush();
    expect(server.payloads).toHaveLength(3);
    recover();
    expect(await exporter.flush()).toMatchObject({ exported: 1, pending: 0 });
    expect(server.payloads).toHaveLength(4);
  });

  it('is never made beside another', async () => {
    const { server, clock, exporter } = outage({ timeoutMillis: 100_000 });
    await exportTo(exporter, many(1));
    const release = server.hold();
    await clock.advance(1000);
    void exportTo(exporter, many(1));
    const flushed = exporter.forceFlush();
    await clock.advance(50_000);
    expect(server.sending).toBe(1);
    release(NOT_ACCEPTED);
    await clock.advance(0);
    await flushed;
    expect(server.mostAtOnce).toBe(1);
    expect(exporter.stats()).toMatchObject({ exported: { points: 2 }, pending: { points: 0 } });
  });

  it('does not come after the shutdown', async () => {
    const { server, clock, exporter } = outage();
    await exportTo(exporter, many(1));
    await exporter.shutdown({ timeoutMillis: 0 });
    server.take();
    await clock.advance(200_000);
    expect([server.payloads, clock.timers]).toEqual([[], 0]);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 0, amount: 0 },
      droppedBy: { shutdown: { points: 1, amount: 1 } },
    });
  });
});

describe('a server that says when it wants to be asked again', () => {
  const busy = (retryAfterMillis: number): Outcome => ({
    type: 'not-accepted',
    reason: 'the answer was 429',
    retryAfterMillis,
  });

  it('gets no request before, whatever is exported and flushed', async () => {
    const { server, clock, exporter, recover } = outage();
    server.answer = () => busy(90_000);
    await exportTo(exporter, many(2));
    expect(server.take()).toHaveLength(1);
    expect(clock.due).toEqual([90_000]);
    recover();
    for (const time of [20_000, 40_000, 89_999]) {
      await clock.advance(time - clock.millis);
      expect(await exportTo(exporter, many(2))).toMatchObject({
        code: FAILED,
        error: { message: 'TestExporter: the server asked to wait before the next request' },
      });
      expect(await exporter.flush()).toMatchObject({ exported: 0, dropped: 0 });
    }
    expect(server.payloads).toEqual([]);
    expect(exporter.stats().pending).toEqual({ points: 8, amount: 8 });
    expect(clock.due).toHaveLength(1);
    await clock.advance(1001);
    expect(server.payloads).toEqual(['n0:4\nn1:4']);
    expectIdentity(exporter.stats());
  });

  it.each([
    [90_000, 5_000, 10_000],
    [5_000, 90_000, 10_000],
    [5_000, 10_000, 90_000],
  ])('is asked again after the longest of several waits: %d, %d and %d ms', async (...waits) => {
    const { server, clock, exporter, recover } = outage({ route: { maxPayloadBytes: 6 } });
    server.answer = (payload) => busy(waits[Number(payload[1])]!);
    await exportTo(exporter, many(3));
    expect(server.take()).toHaveLength(3);
    recover();
    await clock.advance(89_999);
    expect(server.payloads).toEqual([]);
    await clock.advance(1001);
    expect(server.payloads).toEqual(['n0:1', 'n1:1', 'n2:1']);
  });

  it('is not counted as failing again while it is waited for', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, clock, exporter } = outage();
    server.answer = () => busy(30_000);
    await exportTo(exporter, many(1));
    for (let index = 0; index < 5; index += 1) await exportTo(exporter, many(1));
    server.answer = () => NOT_ACCEPTED;
    await clock.advance(30_000);
    // The second failure.
    expect(clock.due).toEqual([31_000]);
  });

  it('gets none at the shutdown either, and what is left is counted', async () => {
    const { server, clock, exporter } = outage();
    server.answer = () => busy(90_000);
    await exportTo(exporter, many(2));
    await exporter.shutdown();
    expect(server.payloads).toHaveLength(1);
    expect(exporter.stats().droppedBy).toEqual({ shutdown: { points: 2, amount: 2 } });
    expect(clock.timers).toBe(0);
  });

  it('is not believed beyond an hour', async () => {
    for (const wait of [3_600_000, 1e12, Infinity]) {
      const { server, clock, exporter, recover } = outage();
      server.answer = () => busy(wait);
      await exportTo(exporter, many(1));
      recover();
      await clock.advance(3_599_999);
      expect(server.payloads).toHaveLength(1);
      await clock.advance(60_000);
      expect(exporter.stats().exported.points).toBe(1);
    }
  });

  it.each([0, -5, Number.NaN])('gets the next one after the usual time when it says %d', async (wait) => {
    const { server, clock, exporter, recover } = outage();
    server.answer = () => busy(wait);
    await exportTo(exporter, many(1));
    recover();
    await clock.advance(1000);
    expect(exporter.stats().exported.points).toBe(1);
  });

  it('is heard also when nobody knows whether the payload arrived', async () => {
    const { server, clock, exporter, recover } = outage({
      route: { maxPayloadBytes: 6 },
      pacing: ONE_BY_ONE_PACING,
    });
    server.answer = () => ({ ...UNKNOWN, retryAfterMillis: 5000 }) as Outcome;
    await exportTo(exporter, many(2));
    recover();
    await clock.advance(4999);
    expect(server.payloads).toHaveLength(1);
    await clock.advance(1000);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      droppedBy: { unknown: { points: 1, amount: 1 } },
    });
  });
});

describe('a payload whose fate is unknown', () => {
  const sums = (...values: number[]) =>
    resourceMetrics(values.map((value, index) => sumData(`n${index}`, value)));

  it('is counted as lost on an ordinary route, and not sent again', async () => {
    const { server, clock, exporter, recover } = outage();
    server.answer = () => UNKNOWN;
    await exportTo(exporter, sums(1, 2));
    recover();
    await clock.advance(120_000);
    await exportTo(exporter, sums(4));
    expect(server.payloads).toEqual(['n0:1\nn1:2', 'n0:4']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 4 },
      droppedBy: { unknown: { points: 2, amount: 3 } },
    });
    expect(clock.timers).toBe(0);
  });

  /** One payload of 1 and 2 whose fate is unknown, on a route that may send it again. */
  async function held(options: Parameters<typeof deliver>[1] = {}) {
    const all = outage({ route: { isIdempotent: true }, ...options });
    all.server.answer = () => UNKNOWN;
    expect(await exportTo(all.exporter, sums(1, 2))).toMatchObject({ code: FAILED });
    expect(all.exporter.stats()).toMatchObject({ pending: { points: 2, amount: 3 }, dropped: { points: 0 } });
    expect(all.server.take()).toEqual(['n0:1\nn1:2']);
    return all;
  }

  it('is sent again as it is on an idempotent route, by itself, and later points go into others', async () => {
    const { server, clock, exporter, recover } = await held();
    await exportTo(exporter, sums(4, 8));
    expect(server.take()).toEqual(['n0:1\nn1:2', 'n0:4\nn1:8']);
    await exportTo(exporter, sums(16, 32));
    expect(new Set(server.take())).toEqual(new Set(['n0:1\nn1:2', 'n0:4\nn1:8', 'n0:16\nn1:32']));
    expect(exporter.stats()).toMatchObject({ pending: { points: 6, amount: 63 } });
    recover();
    await clock.advance(60_000);
    expect(new Set(server.payloads)).toEqual(new Set(['n0:1\nn1:2', 'n0:4\nn1:8', 'n0:16\nn1:32']));
    expect(server.payloads).toHaveLength(3);
    expect(exporter.stats()).toMatchObject({ exported: { points: 6, amount: 63 }, pending: { points: 0 } });
    expect(clock.timers).toBe(0);
  });

  it('stays as it is when the next attempt is not accepted, or takes too long', async () => {
    const { server, clock, exporter, recover } = await held();
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, sums(4));
    expect(server.take()).toEqual(['n0:1\nn1:2', 'n0:4']);
    server.hold();
    void exporter.forceFlush();
    await clock.advance(1000);
    recover();
    server.take();
    await clock.advance(60_000);
    expect(server.payloads[0]).toBe('n0:1\nn1:2');
    expect(exporter.stats().pending.points).toBe(0);
    expectIdentity(exporter.stats());
  });

  it('stays as it is when the time was up before its turn came', async () => {
    const { server, clock, exporter, recover } = outage({
      route: { isIdempotent: true, maxPayloadBytes: 6 },
      pacing: { payloadsAtOnce: 2, gapMillis: 0 },
    });
    server.answer = () => (server.payloads.length % 2 === 1 ? DELIVERED : UNKNOWN);
    await exportTo(exporter, many(6));
    expect(exporter.stats()).toMatchObject({ exported: { points: 3 }, pending: { points: 3 } });
    server.hold();
    server.take();
    void exporter.forceFlush();
    await clock.advance(1000);
    expect(server.take()).toEqual(['n1:1', 'n3:1']);
    expect(exporter.stats()).toMatchObject({ pending: { points: 3 }, dropped: { points: 0 } });
    recover();
    await exporter.forceFlush();
    expect(server.payloads.toSorted()).toEqual(['n1:1', 'n3:1', 'n5:1']);
  });

  it('is dropped when the server refuses it in the end', async () => {
    const { server, exporter } = await held();
    server.answer = () => ({ type: 'refused', reason: 'the answer was 400' });
    await exporter.forceFlush();
    expect(exporter.stats().droppedBy).toEqual({ refused: { points: 2, amount: 3 } });
  });

  it('is halved when the server finds it too large in the end', async () => {
    const { server, exporter } = await held();
    server.answer = (payload) =>
      payload.includes('\n') ? { type: 'too-large', reason: 'the answer was 413' } : DELIVERED;
    await exporter.forceFlush();
    expect(server.payloads).toEqual(['n0:1\nn1:2', 'n0:1', 'n1:2']);
    expect(exporter.stats().exported).toEqual({ points: 2, amount: 3 });
  });

  it('stays as it is in halves, too, whatever was said before they were made', async () => {
    const { server, clock, exporter, recover } = await held();
    server.answer = (payload) =>
      payload.includes('\n')
        ? { type: 'too-large', reason: 'the answer was 413' }
        : { type: 'not-accepted', reason: 'the answer was 429' };
    await clock.advance(1000);
    expect(server.take()).toEqual(['n0:1\nn1:2', 'n0:1', 'n1:2']);
    expect(exporter.stats()).toMatchObject({ pending: { points: 2, amount: 3 }, dropped: { points: 0 } });
    // What comes later isn't merged into what may have arrived.
    await exportTo(exporter, sums(4));
    server.take();
    recover();
    await clock.advance(60_000);
    expect(server.payloads.toSorted()).toEqual(['n0:1', 'n0:4', 'n1:2']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 3, amount: 7 }, pending: { points: 0 } });
    expectIdentity(exporter.stats());
  });

  it('is unknown for ever when the exporter is shut down', async () => {
    const { exporter } = await held();
    await exporter.shutdown({ timeoutMillis: 0 });
    expect(exporter.stats()).toMatchObject({
      pending: { points: 0 },
      droppedBy: { unknown: { points: 2, amount: 3 } },
    });
  });

  it('is unknown for ever when it is older than the server takes', async () => {
    const { server, clock, exporter } = await held({
      route: { isIdempotent: true },
      maxAgeMillis: 3_600_000,
    });
    await clock.advance(3_600_000);
    expect(exporter.stats().pending.points).toBe(2);
    // That the last attempt was not accepted says nothing about those before it.
    server.answer = () => NOT_ACCEPTED;
    await clock.advance(120_000);
    expect(exporter.stats().droppedBy).toEqual({ unknown: { points: 2, amount: 3 } });
    server.take();
    await clock.advance(120_000);
    expect(server.payloads).toEqual([]);
  });

  it('costs a series whose other texts were not accepted', async () => {
    const { server, exporter } = outage({
      route: { isIdempotent: true, maxPayloadBytes: 3 },
      format: () => ['a:1', 'b:1'],
      pacing: ONE_BY_ONE_PACING,
    });
    server.answer = (payload) => (payload === 'a:1' ? UNKNOWN : NOT_ACCEPTED);
    await exportTo(exporter, sums(1));
    expect(exporter.stats().pending.points).toBe(1);
    server.answer = () => DELIVERED;
    server.take();
    await exporter.forceFlush();
    // The whole of it can't be sent again, and the rest of it alone would be wrong.
    expect(server.payloads).toEqual(['a:1']);
    expect(exporter.stats().droppedBy).toEqual({ notAccepted: { points: 1, amount: 1 } });
  });

  it('is sent again with turns of the event loop between slices that take long', async () => {
    const { server, clock, exporter } = outage({
      route: { isIdempotent: true, maxPayloadBytes: 3 },
      format: () => 'a:1',
      pacing: ONE_BY_ONE_PACING,
    });
    server.answer = () => UNKNOWN;
    await exportTo(exporter, many(50));
    expect(exporter.stats().pending.points).toBe(50);
    server.answer = () => {
      clock.millis += 10;
      return DELIVERED;
    };
    const before = clock.turns;
    await exporter.forceFlush();
    expect(exporter.stats().exported.points).toBe(50);
    expect(clock.turns - before).toBeGreaterThanOrEqual(49);
  });

  it('makes room, the oldest half first, when more than 64 MiB are held', async () => {
    const text = 'x'.repeat(9 << 20);
    const { server, exporter } = outage({
      route: { isIdempotent: true, maxPayloadBytes: 10 << 20 },
      format: ({ name }) => name.padEnd(10) + text,
    });
    server.answer = () => UNKNOWN;
    await exportTo(exporter, many(7));
    expect(exporter.stats().dropped.points).toBe(0);
    server.take();
    await exportTo(exporter, resourceMetrics([sumData('late', 1)]));
    expect(exporter.stats()).toMatchObject({
      pending: { points: 4 },
      droppedBy: { unknown: { points: 4, amount: 4 } },
    });
    server.take();
    await exporter.forceFlush();
    expect(server.payloads.map((payload) => payload.slice(0, 10).trim())).toEqual(['n4', 'n5', 'n6', 'late']);
  });
});

describe('what is held and what waits to be merged', () => {
  it('have 64 MiB together, and what may have arrived goes first', async () => {
    const text = 'x'.repeat(9 << 20);
    const { server, exporter } = outage({
      route: { isIdempotent: true, maxPayloadBytes: 10 << 20 },
      format: ({ name }) => name.slice(0, 10) + text,
    });
    server.answer = () => UNKNOWN;
    await exportTo(exporter, many(4));
    server.answer = () => NOT_ACCEPTED;
    // 36 MiB are held; names of 30 MiB wait.
    const waiting = ['a', 'b', 'c'].map((letter) => sumData(letter.repeat(10 << 20), 1));
    await exportTo(exporter, resourceMetrics(waiting));
    expect(exporter.stats()).toMatchObject({
      pending: { points: 5 },
      droppedBy: { unknown: { points: 2, amount: 2 } },
    });
    expectIdentity(exporter.stats());
    server.take();
    server.answer = () => DELIVERED;
    await exporter.forceFlush();
    expect(server.payloads.map((payload) => payload.slice(0, 2))).toEqual(['n2', 'n3', 'aa', 'bb', 'cc']);
  });
});

describe('a series that was sent in part', () => {
  it.each([
    ['not accepted', NOT_ACCEPTED, 'notAccepted'],
    ['unknown', UNKNOWN, 'unknown'],
  ] as const)('is never sent again when the rest is %s', async (_, outcome, cause) => {
    const { server, clock, exporter, recover } = outage({
      route: { maxPayloadBytes: 3 },
      format: () => ['a:1', 'b:1', 'c:1'],
      pacing: ONE_BY_ONE_PACING,
    });
    server.answer = (payload) => (payload === 'a:1' ? DELIVERED : outcome);
    await exportTo(exporter, many(1));
    expect(server.take()).toEqual(['a:1', 'b:1']);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 0 },
      droppedBy: { [cause]: { points: 1, amount: 1 } },
    });
    recover();
    await clock.advance(120_000);
    expect(server.payloads).toEqual([]);
  });

  it('is counted as timed out when the time was up in the middle of it', async () => {
    const { server, clock, exporter } = outage({
      route: { maxPayloadBytes: 3 },
      format: () => ['a:1', 'b:1'],
      pacing: { payloadsAtOnce: 1, gapMillis: 2000 },
    });
    server.answer = () => DELIVERED;
    const result = exportTo(exporter, many(1));
    await clock.advance(10_000);
    expect((await result).code).toBe(FAILED);
    expect(exporter.stats().droppedBy).toEqual({ timeout: { points: 1, amount: 1 } });
  });

  it('is sent again as a whole when nothing of it was accepted', async () => {
    const { server, exporter, recover } = outage({
      route: { maxPayloadBytes: 3 },
      format: () => ['a:1', 'b:1'],
    });
    await exportTo(exporter, many(1));
    recover();
    server.take();
    await exporter.forceFlush();
    expect(server.payloads).toEqual(['a:1', 'b:1']);
    expect(exporter.stats().exported.points).toBe(1);
  });
});

describe('what waits too long or is too much', () => {
  it('is dropped as too much by the time it has waited, and not by the order in which it came back', async () => {
    // Three of them may wait.
    const large = (name: string) => sumData(name, 1, { attributes: { text: name.repeat(10 * 2 ** 20) } });
    const { server, exporter, recover } = outage({
      format: ({ name }) => name,
      route: { maxPayloadBytes: 5 },
      pacing: ONE_BY_ONE_PACING,
    });
    await exportTo(exporter, resourceMetrics([large('a1'), large('a2')]));
    expect(server.take()).toEqual(['a1\na2']);
    // Its halves are looked at after the payload that follows.
    server.answer = (payload) =>
      payload === 'a1\na2' ? { type: 'too-large', reason: 'too large' } : NOT_ACCEPTED;
    await exportTo(exporter, resourceMetrics([large('b1'), large('b2')]));
    expect(server.take()).toEqual(['a1\na2', 'b1\nb2']);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 3, amount: 3 },
      droppedBy: { overflow: { points: 1, amount: 1 } },
    });
    recover();
    await exporter.forceFlush();
    expect(server.payloads.join('\n').split('\n').toSorted()).toEqual(['a2', 'b1', 'b2']);
    expectIdentity(exporter.stats());
  });

  it('is dropped as expired when the server takes no points so old', async () => {
    const clock = new FakeClock();
    const wallClock = () => 1_000_000_000 + clock.millis;
    const { server, exporter, recover } = outage({ maxAgeMillis: 3_600_000, clock, wallClock });
    const at = (name: string, seconds: number) => sumData(name, 1, { endSeconds: 1_000_000 + seconds });
    await exportTo(exporter, resourceMetrics([at('old', -1), at('renewed', -1)]));
    clock.millis = 3_599_000;
    await exportTo(exporter, resourceMetrics([at('renewed', 3590)]));
    expect(exporter.stats().dropped.points).toBe(0);
    clock.millis = 3_600_000;
    recover();
    server.take();
    await exporter.forceFlush();
    expect(server.payloads).toEqual(['renewed:2']);
    expect(exporter.stats().droppedBy).toEqual({ expired: { points: 1, amount: 1 } });
    expect(said.warn.find((text) => text.includes('(expired)'))).toMatch(
      /^TestExporter: dropped 1 points of old \(expired\): it is older than 60 minutes/,
    );
  });

  it('is refused right away when it comes too old', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, { maxAgeMillis: 60_000 });
    const old = sumData('old', 1, { endSeconds: 1_700_000_000 });
    expect(await exportTo(exporter, resourceMetrics([old, sumData('new', 1)]))).toMatchObject({
      code: FAILED,
    });
    expect(server.payloads).toEqual(['new:1']);
    expect(exporter.stats().droppedBy).toEqual({ expired: { points: 1, amount: 1 } });
  });
});

describe('an outage', () => {
  it('is two lines, with reason and remedy, and with how long it was and what was merged and dropped', async () => {
    const { server, clock, exporter } = outage();
    await exportTo(exporter, many(2));
    for (let interval = 0; interval < 3; interval += 1) {
      await clock.advance(10_000);
      await exportTo(exporter, many(3));
    }
    server.answer = () => UNKNOWN;
    await exportTo(exporter, resourceMetrics([gaugeData('g', 1)]));
    server.answer = () => DELIVERED;
    await exportTo(exporter, many(4));
    await exportTo(exporter, many(4));
    expect(said.warn).toEqual([
      "TestExporter: can't deliver to test://server: connection refused. Dropped 0 points, kept 2 to merge " +
        'with later ones. Start the server. Logged once, and again when it works.',
      'TestExporter: delivering to test://server again after 30.0 s; sent 0 points late, merged, and dropped 12 meanwhile.',
    ]);
    expectIdentity(exporter.stats());
  });

  it('counts what was sent late, also when it comes in parts', async () => {
    const { server, clock, exporter } = outage({
      route: { maxPayloadBytes: 6 },
      pacing: ONE_BY_ONE_PACING,
    });
    await exportTo(exporter, many(3));
    await exportTo(exporter, many(3));
    server.answer = (payload) => (payload === 'n2:2' ? NOT_ACCEPTED : DELIVERED);
    await exporter.forceFlush();
    server.answer = () => DELIVERED;
    await clock.advance(60_000);
    expect(said.warn[1]).toMatch(/; sent 6 points late, merged, and dropped 0 meanwhile\.$/);
    expect(said.warn).toHaveLength(2);
  });

  it('is said again when it comes again', async () => {
    const { server, exporter, recover } = outage();
    for (let time = 0; time < 2; time += 1) {
      server.answer = () => NOT_ACCEPTED;
      await exportTo(exporter, many(1));
      await exportTo(exporter, many(1));
      recover();
      await exportTo(exporter, many(1));
    }
    expect(said.warn).toHaveLength(4);
    expect(said.warn[3]).toMatch(/sent 3 points late, merged, and dropped 0 meanwhile/);
  });

  it('is none when the server refuses: it is there', async () => {
    const { server, clock, exporter } = outage();
    server.answer = () => ({ type: 'refused', reason: 'the answer was 403' });
    await exportTo(exporter, many(2));
    expect(await exportTo(exporter, many(2))).toMatchObject({ code: FAILED });
    expect(said.warn).toEqual([
      'TestExporter: dropped 1 points of n0 (refused): the answer was 403. Logged once; stats() counts further ones.',
    ]);
    expect(clock.timers).toBe(0);
  });

  it('is not over when the server refuses: nothing was delivered', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, clock, exporter } = outage();
    await exportTo(exporter, many(1));
    // The second attempt, and the third.
    await clock.advance(1500);
    server.answer = () => ({ type: 'refused', reason: 'the answer was 400' });
    await exportTo(exporter, many(1));
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(1));
    expect(said.warn.filter((text) => text.includes('again after'))).toEqual([]);
    expect(clock.due).toEqual([1500 + 2000]);
  });

  it('is one also when a refusal came before it', async () => {
    const { server, clock, exporter } = outage({ route: { maxPayloadBytes: 6 } });
    server.answer = (payload) => (payload.startsWith('n0') ? { type: 'refused', reason: 'r' } : NOT_ACCEPTED);
    await exportTo(exporter, many(2));
    expect(said.warn.some((text) => text.includes("can't deliver"))).toBe(true);
    expect(clock.due).toHaveLength(1);
  });

  it('that an export gets through again is answered with SUCCESS', async () => {
    const { exporter, recover } = outage();
    await exportTo(exporter, many(1));
    recover();
    expect(await exportTo(exporter, many(1))).toEqual({ code: SUCCESS });
  });
});
