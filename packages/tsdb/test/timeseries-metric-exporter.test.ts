import {
  DataPointType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { conformanceCases, gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  TimeseriesMetricExporter,
  TimeseriesStore,
  type TimeseriesMetricExporterOptions,
} from '../src/index.ts';
import type { RedisClient } from '../src/redis-connection.ts';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { FakeNow } from './fake-now.ts';
import { FakeRedis, NEVER } from './fake-redis.ts';
import { subject } from './subject.ts';

describe('TimeseriesMetricExporter', () => {
  for (const { name, run } of conformanceCases) it(name, () => run(subject));
});

describe('TimeseriesMetricExporter', () => {
  let messages: ReturnType<typeof listenToDiag>;
  beforeEach(() => {
    messages = listenToDiag();
  });
  afterEach(() => messages.stop());

  const exported = (exporter: TimeseriesMetricExporter, metrics: ReturnType<typeof resourceMetrics>) =>
    new Promise<number>((resolve) => {
      exporter.export(metrics, ({ code }) => resolve(code));
    });

  const createExporter = (options: TimeseriesMetricExporterOptions = {}, now = new FakeNow()) =>
    new TimeseriesMetricExporter({ store: new TimeseriesStore({ now: now.read }), ...options });

  const lastOf = async ({ store }: TimeseriesMetricExporter, names: string[], end: number) => {
    const { series } = await store.getRange({ names, start: end - 3600, end });
    return series.map(({ points }) => points.at(-1)![1]);
  };

  it('keeps what a MeterProvider measures', async () => {
    const exporter = new TimeseriesMetricExporter();
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    const meter = provider.getMeter('test');
    meter.createCounter('jobs', { unit: '{job}' }).add(2, { queue: 'mail', attempt: 1 });
    meter.createUpDownCounter('active').add(3);
    meter.createGauge('depth').record(-4);
    for (const value of [1, 2, 6]) meter.createHistogram('size', { unit: 'By' }).record(value);
    await provider.forceFlush();
    const end = Date.now() / 1000;
    const { series } = await exporter.store.getRange({
      names: ['jobs', 'active', 'depth', 'size'],
      start: end - 86_000,
      end,
      rollupSeconds: 86_400,
    });
    expect(series.map(({ type, unit, points }) => [type, unit, points.at(-1)![1]])).toEqual([
      ['counter', '{job}', 2],
      ['gauge', '', 3],
      ['gauge', '', -4],
      ['distribution', 'By', expect.objectContaining({ count: 3, sum: 9, min: 1, max: 6 })],
    ]);
    expect((await exporter.store.series('jobs'))[0]!.tags).toEqual({ attempt: '1', queue: 'mail' });
    expect(exporter.stats()).toMatchObject({ received: { points: 4, amount: 2 }, exported: { points: 4 } });
    await provider.shutdown();
  });

  it('counts an increase in the middle of its interval, and a current value at its end', async () => {
    const now = new FakeNow();
    const exporter = createExporter({}, now);
    // Ten seconds and a half that end half a second after the minute.
    await exported(
      exporter,
      resourceMetrics([
        sumData('jobs', 5, { endSeconds: now.seconds }),
        gaugeData('depth', 7, { endSeconds: now.seconds }),
      ]),
    );
    now.seconds += 1;
    const { series } = await exporter.store.getRange({
      names: ['jobs', 'depth'],
      start: now.seconds - 20,
      end: now.seconds,
    });
    expect(
      series.map(({ points }) => points.map(([seconds, value]) => [seconds - now.seconds + 1, value])),
    ).toEqual([
      [
        [-20, 0],
        [-10, 5],
        [0, 0],
      ],
      [
        [-20, null],
        [-10, null],
        [0, 7],
      ],
    ]);
  });

  it('keeps only what is included', async () => {
    const now = new FakeNow();
    const exporter = createExporter(
      { include: ['jobs.*', 'events.total', '*(x'], exclude: ['jobs.secret*'] },
      now,
    );
    const names = [
      'jobs.a',
      'jobs.b.c',
      'jobs',
      'events.total',
      'events.totals',
      'jobs.secret',
      'a(x',
      'myjobs.a',
      'eventsXtotal',
    ];
    await exported(
      exporter,
      resourceMetrics(names.map((name) => sumData(name, 1, { endSeconds: now.seconds }))),
    );
    expect(await exporter.store.names()).toEqual(['a(x', 'events.total', 'jobs.a', 'jobs.b.c']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 9 }, dropped: { points: 0 } });
    expect(await createExporter({ include: [] }).store.names()).toEqual([]);
  });

  it('asks functions about names, at each export', async () => {
    const now = new FakeNow();
    const wanted = new Set<string>();
    const exporter = createExporter(
      { include: ['jobs', (name) => wanted.has(name)], exclude: [(name) => name === 'secret'] },
      now,
    );
    const at = { endSeconds: now.seconds };
    const metrics = resourceMetrics(['jobs', 'orders', 'secret'].map((name) => sumData(name, 1, at)));
    await exported(exporter, metrics);
    expect(await exporter.store.names()).toEqual(['jobs']);
    wanted.add('orders').add('secret');
    await exported(exporter, metrics);
    expect(await exporter.store.names()).toEqual(['jobs', 'orders']);
    expect(await lastOf(exporter, ['orders'], now.seconds - 10)).toEqual([1]);
  });

  it('adds tags of its own and of the resource, and of the process where values would collide', async () => {
    const now = new FakeNow();
    const exporter = createExporter(
      { tags: { env: 'test', a: 'own' }, resourceTags: ['service.name'], processTag: 'gauges' },
      now,
    );
    const at = { endSeconds: now.seconds };
    await exported(
      exporter,
      resourceMetrics(
        [sumData('jobs', 1, { ...at, attributes: { a: 'point' } }), gaugeData('depth', 1, at)],
        { 'service.name': 'shop', 'service.instance.id': 'one' },
      ),
    );
    expect((await exporter.store.series('jobs'))[0]!.tags).toEqual({
      a: 'point',
      env: 'test',
      'service.name': 'shop',
    });
    expect((await exporter.store.series('depth'))[0]!.tags).toMatchObject({ process: 'one' });
    expect(await lastOf(exporter, ['jobs', 'unknown'], now.seconds - 10)).toEqual([1]);
  });

  it('keeps events, and counts them', async () => {
    const now = new FakeNow();
    const exporter = createExporter({}, now);
    exporter.event({
      title: 'Deploy',
      text: 'v42',
      alertType: 'success',
      tags: { a: 'b' },
      timestamp: 1_000_000_000_000,
    });
    exporter.event({ title: '' });
    exporter.event({ title: 'Rollback', text: 'v41', tags: {} });
    expect(await exporter.store.events()).toEqual([
      { timeSeconds: 1_000_000_000, title: 'Deploy', text: 'v42', alertType: 'success', tags: { a: 'b' } },
      { timeSeconds: now.seconds, title: 'Rollback', text: 'v41', alertType: undefined, tags: {} },
    ]);
    expect(await exporter.flush()).toMatchObject({ exported: 2, dropped: 1 });
    await exporter.shutdown();
    exporter.event({ title: 'Late' });
    expect(exporter.stats().events).toMatchObject({
      received: { points: 4 },
      exported: { points: 2 },
      droppedBy: { notRepresentable: { points: 1 }, shutdown: { points: 1 } },
    });
  });

  it('tells the store that a bucket grows for an interval after its end', async () => {
    const now = new FakeNow();
    const exporter = createExporter({}, now);
    exporter.store.record({ name: 'jobs', value: 1 });
    const { completeUntilSeconds } = await exporter.store.getRange({
      names: ['jobs'],
      start: now.seconds,
      end: now.seconds,
    });
    expect(completeUntilSeconds).toBe(now.seconds - 10);
  });

  it('fails an export of which the store keeps nothing, and counts it', async () => {
    const now = new FakeNow();
    const store = new TimeseriesStore({ now: now.read, maxSeries: 1 });
    const exporter = new TimeseriesMetricExporter({ store });
    const at = { endSeconds: now.seconds };
    expect(await exported(exporter, resourceMetrics([sumData('a', 1, at), sumData('b', 2, at)]))).toBe(0);
    expect(await exported(exporter, resourceMetrics([sumData('c', 4, at)]))).toBe(1);
    expect(exporter.stats()).toMatchObject({
      received: { points: 3, amount: 7 },
      exported: { points: 1, amount: 1 },
      dropped: { points: 2, amount: 6 },
      droppedBy: { overflow: { points: 2, amount: 6 } },
    });
    expect(messages.warn).toHaveLength(1);
    const report = await exporter.flush();
    expect(report).toMatchObject({ exported: 1, pending: 0, dropped: 2 });
    expect(report.errors[0]!.message).toContain('`maxSeries`');
  });

  describe('handed data that no SDK makes', () => {
    const at = { endSeconds: new FakeNow().seconds };
    /** A metric whose points have these values. */
    const withValues = (metric: MetricData, ...values: unknown[]): MetricData => {
      const [point] = metric.dataPoints;
      const dataPoints = values.map((value, index) => ({ ...point, value, attributes: { index } }));
      return { ...metric, dataPoints } as MetricData;
    };
    const explicit = { count: 1, sum: 1, min: 1, max: 1, buckets: { boundaries: [0], counts: [0, 1] } };
    const exponential = {
      count: 1,
      sum: 1,
      min: 1,
      max: 1,
      scale: 0,
      zeroCount: 0,
      positive: { offset: -1, bucketCounts: [1] },
      negative: { offset: 0, bucketCounts: [] },
    };
    const without = <Fields extends object>(fields: Fields, name: keyof Fields) => ({
      ...fields,
      [name]: undefined,
    });

    const CASES: [string, MetricData, number][] = [
      ['sums that are no number', withValues(sumData('x', 1, at), NaN, Infinity, 5, '7', undefined), 1],
      ['gauges that are no number', withValues(gaugeData('x', 1, at), NaN, 5, null), 1],
      [
        'histograms without fields',
        withValues(
          histogramData('x', explicit, at),
          explicit,
          undefined,
          {},
          without(explicit, 'count'),
          without(explicit, 'buckets'),
          { ...explicit, buckets: { boundaries: [0], counts: [1] } },
          { ...explicit, buckets: { boundaries: [0], counts: [NaN, 1] } },
          { ...explicit, buckets: { boundaries: [1, 0], counts: [0, 1, 0] } },
          { ...explicit, count: NaN },
          { ...explicit, sum: NaN },
        ),
        1,
      ],
      [
        'exponential histograms without fields',
        withValues(
          {
            ...histogramData('x', explicit, at),
            dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
          } as MetricData,
          exponential,
          {},
          without(exponential, 'scale'),
          without(exponential, 'zeroCount'),
          without(exponential, 'positive'),
          { ...exponential, negative: {} },
          { ...exponential, scale: 0.5 },
          { ...exponential, positive: { offset: 0, bucketCounts: [-1, NaN] } },
          { ...exponential, positive: { offset: Number.MAX_VALUE, bucketCounts: [1] } },
        ),
        1,
      ],
      [
        'points without times',
        {
          ...sumData('x', 1, at),
          dataPoints: [
            { value: 1, attributes: {} },
            { value: 1, attributes: { a: 1 }, startTime: [NaN, 0], endTime: [NaN, 0] },
          ],
        } as unknown as MetricData,
        0,
      ],
    ];

    it.each(CASES)('refuses %s and keeps the good ones beside them', async (_, metric, good) => {
      const exporter = createExporter();
      await exported(exporter, resourceMetrics([sumData('before', 1, at), metric, sumData('after', 2, at)]));
      const { received, exported: kept, pending, dropped } = exporter.stats();
      expect(received.points).toBe(metric.dataPoints.length + 2);
      expect(kept.points).toBe(good + 2);
      expect(pending).toEqual({ points: 0, amount: 0 });
      expect(dropped.points).toBe(received.points - kept.points);
      expect(received.amount).toBe(kept.amount + dropped.amount);
      expect(await lastOf(exporter, ['before', 'after'], at.endSeconds - 10)).toEqual([1, 2]);
      const { series } = await exporter.store.getRange({
        names: ['x'],
        start: at.endSeconds - 60,
        end: at.endSeconds,
      });
      expect(JSON.stringify(series)).not.toContain('NaN');
    });

    it('counts what it was handed, also when it changes during the export', async () => {
      const exporter = createExporter();
      const points = sumData('x', 1, at).dataPoints as object[];
      const metric = { ...sumData('x', 1, at), dataPoints: points } as unknown as MetricData;
      const other = { ...sumData('y', 4, at) } as MetricData;
      const results = [metric, other].map((each) => exported(exporter, resourceMetrics([each])));
      points.push({ ...points[0], attributes: { late: true } });
      (other.dataPoints as object[]).length = 0;
      await Promise.all(results);
      const { received, exported: kept, pending, dropped } = exporter.stats();
      expect(received).toEqual({ points: 2, amount: 5 });
      expect(pending).toEqual({ points: 0, amount: 0 });
      expect(kept.points + dropped.points).toBe(2);
      expect(kept.amount + dropped.amount).toBe(5);
    });
  });

  it('waits for Redis within the time, and says what is not there yet', async () => {
    const redis = new FakeRedis(() => NEVER);
    const store = new TimeseriesStore({ redis: { createClient: redis.createClient as () => RedisClient } });
    const exporter = new TimeseriesMetricExporter({ store });
    await exported(exporter, resourceMetrics([sumData('jobs', 3, { endSeconds: Date.now() / 1000 })]));
    await exporter.flush({ timeoutMillis: 1 });
    await exporter.shutdown({ timeoutMillis: 1 });
    expect(store.stats().redis).toMatchObject({ pending: { points: 1, amount: 3 }, dropped: { points: 0 } });
    await store.shutdown({ timeoutMillis: 1 });
    expect(store.stats().redis).toMatchObject({ pending: { points: 0 }, dropped: { points: 1, amount: 3 } });
    // What this process keeps is not concerned.
    expect(exporter.stats()).toMatchObject({ exported: { points: 1 }, dropped: { points: 0 } });

    redis.answer = () => {
      throw new Error('READONLY You may not write.');
    };
    const second = new TimeseriesStore({ redis: { createClient: redis.createClient as () => RedisClient } });
    onTestFinished(() => second.shutdown({ timeoutMillis: 1 }));
    const other = new TimeseriesMetricExporter({ store: second });
    await exported(other, resourceMetrics([sumData('jobs', 3, { endSeconds: Date.now() / 1000 })]));
    expect((await other.flush()).errors.map(({ message }) => message)).toEqual([
      'TimeseriesStore (Redis): READONLY You may not write',
    ]);
  });

  it('leaves a shared store open when it is shut down', async () => {
    const exporter = createExporter();
    await exporter.shutdown();
    await exporter.shutdown();
    expect(await exported(exporter, resourceMetrics([sumData('a', 1)]))).toBe(1);
    exporter.store.record({ name: 'b', value: 1 });
    expect(await exporter.store.names()).toEqual(['b']);
  });

  it.each([
    [{ store: {} }, '`store` must be a TimeseriesStore, not an object'],
    [
      { include: 'jobs.*' },
      '`include` must be an array of strings and functions, not a string of 6 characters',
    ],
    [{ exclude: [1] }, '`exclude` must be an array of strings and functions'],
    [{ processTag: 'yes' }, '`processTag` must be one of true, false, "gauges"'],
    [{ prefix: 'x' }, 'there is no option `prefix`'],
  ])('refuses %j', (options, message) => {
    expect(() => new TimeseriesMetricExporter(options as never)).toThrow(message);
  });
});
