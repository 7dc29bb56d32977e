import type { HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
  MeterProvider,
} from '@opentelemetry/sdk-metrics';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configureMetrics, createMetrics, metrics as defaultMetrics } from '../../src/index.ts';
import { connectProducers, createMetricProducer } from '../../src/producer.ts';
import type { MetricProducer } from '../../src/producer.ts';
import { forgetWhatWasLogged, resetDefaultMetrics, warnings } from '../collect.ts';

beforeEach(async () => {
  await resetDefaultMetrics();
  forgetWhatWasLogged();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** `name` → values of its points, in their order. */
function valuesOf({ resourceMetrics, errors }: CollectionResult): Record<string, unknown[]> {
  expect(errors).toEqual([]);
  const found: Record<string, unknown[]> = {};
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    for (const { descriptor, dataPoints } of metrics) {
      (found[descriptor.name] ??= []).push(...dataPoints.map(({ value }) => value));
    }
  }
  return found;
}

async function collected(producer: MetricProducer): Promise<Record<string, unknown[]>> {
  return valuesOf(await producer.collect());
}

/** Makes each slice of a collection end after 64 cells. */
function endSlicesSoon(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 9));
}

function expectBalance(stats: ReturnType<typeof defaultMetrics.stats>): void {
  const refused = Object.values(stats.refused).reduce((sum, calls) => sum + calls, 0);
  expect(stats.handed + stats.held + refused).toBe(stats.recorded);
}

describe('options of createMetricProducer', () => {
  it.each([
    [
      { temporality: 'Delta' },
      '`temporality` must be one of "cumulative", "delta", "lowmemory", not a string',
    ],
    [{ temporality: 1 }, '`temporality` must be one of'],
    [
      { histograms: {} },
      '`histograms` must be { maxSize } with a whole number from 2 to 640, or { boundaries }',
    ],
    [{ histograms: { maxSize: 1 } }, '`histograms` must be'],
    [{ histograms: { maxSize: 641 } }, '`histograms` must be'],
    [{ histograms: { maxSize: 2.5 } }, '`histograms` must be'],
    [{ histograms: { maxSize: '160' } }, '`histograms` must be'],
    [{ histograms: { maxSize: 160, boundaries: [1] } }, '`histograms` must be'],
    [{ histograms: { boundaries: [1, Number.NaN] } }, '`histograms` must be'],
    [{ histograms: { boundaries: ['1'] } }, '`histograms` must be'],
    [{ histograms: { boundaries: 5 } }, '`histograms` must be'],
    [{ histograms: { max: 160 } }, '`histograms` must be'],
    [{ histograms: null }, '`histograms` must be'],
    [{ include: 'http.' }, '`include` must be a function, not a string'],
    [{ exporter: null }, '`exporter` must be an exporter or a reader of OpenTelemetry, not null'],
    [
      { exporter: {}, temporality: 'delta' },
      '`temporality` and `histograms` must be left out beside `exporter`',
    ],
    [{ exporter: {}, histograms: { maxSize: 160 } }, '`temporality` and `histograms` must be left out'],
    [{ temporalty: 'delta' }, 'there is no option `temporalty`; there are exporter, temporality'],
    [null, 'the options must be an object, not null'],
    ['delta', 'the options must be an object'],
  ])('%j are refused', (options, message) => {
    expect(() => createMetricProducer(options as never)).toThrow(TypeError);
    expect(() => createMetricProducer(options as never)).toThrow(`createMetricProducer: ${message}`);
  });

  it('may be those of an exporter without selectors, which has the defaults', async () => {
    const producer = createMetricProducer({ exporter: {} });
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('a');
    await producer.collect();
    metrics.incr('a');
    expect(await collected(producer)).toEqual({ a: [2] });
  });

  it('name the aggregation of an exporter that producers do not have', () => {
    const exporter = {
      selectAggregation: (type: InstrumentType) => ({
        type: type === InstrumentType.GAUGE ? AggregationType.SUM : AggregationType.DEFAULT,
      }),
    };
    expect(() => createMetricProducer({ exporter })).toThrow(
      'createMetricProducer: `exporter` selects the aggregation 2 for GAUGE',
    );
  });

  it('may be those of an exporter that names the default aggregations', async () => {
    const exporter = {
      selectAggregation: (type: InstrumentType) => ({
        type: {
          [InstrumentType.COUNTER]: AggregationType.SUM,
          [InstrumentType.UP_DOWN_COUNTER]: AggregationType.SUM,
          [InstrumentType.GAUGE]: AggregationType.LAST_VALUE,
          [InstrumentType.OBSERVABLE_GAUGE]: AggregationType.LAST_VALUE,
          [InstrumentType.HISTOGRAM]: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        }[type as string]!,
      }),
    };
    const producer = createMetricProducer({ exporter });
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('a', 2);
    metrics.upDown('b', -1);
    metrics.gauge('c', 5);
    metrics.observe('d', () => 7);
    expect(await collected(producer)).toEqual({ a: [2], b: [-1], c: [5], d: [7] });
  });

  it('may be those of an exporter that wants sums of histograms, or no metrics of a kind', async () => {
    const exporter = {
      selectAggregationTemporality: () => AggregationTemporality.DELTA,
      selectAggregation: (type: InstrumentType) => ({
        type:
          type === InstrumentType.HISTOGRAM
            ? AggregationType.SUM
            : type === InstrumentType.GAUGE
              ? AggregationType.DROP
              : AggregationType.DEFAULT,
      }),
    };
    const producer = createMetricProducer({ exporter });
    const metrics = createMetrics({ producers: [producer] });
    for (let call = 0; call < 100; call += 1) metrics.distribution('h', 2);
    metrics.gauge('g', 1);
    const result = await producer.collect();
    expect(valuesOf(result)).toEqual({ h: [200] });
    expect(result.resourceMetrics.scopeMetrics[0]!.metrics[0]).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      aggregationTemporality: AggregationTemporality.DELTA,
    });
    metrics.distribution('h', 3);
    expect(await collected(producer)).toEqual({ h: [3] });
    expect(await collected(producer)).toEqual({});
  });
});

describe('`producers`', () => {
  it('can not be beside `meterProvider`', () => {
    const options = { meterProvider: new MeterProvider(), producers: [createMetricProducer()] };
    expect(() => createMetrics(options)).toThrow(
      'createMetrics: `meterProvider` must be left out beside `producers`: metrics go to one of them',
    );
    expect(() => configureMetrics(options)).toThrow('configureMetrics: `meterProvider` must be left out');
  });

  it.each([[[]], [{}], [[{}]], [[null]], ['producer']])('can not be %j', (producers) => {
    const message = '`producers` must be a filled array of producers that createMetricProducer made';
    expect(() => createMetrics({ producers: producers as never })).toThrow(`createMetrics: ${message}`);
    expect(() => connectProducers(new MeterProvider(), producers as never)).toThrow(
      `connectProducers: ${message}`,
    );
  });

  it('can not be a part of a set, more than a set, or parts of two sets', () => {
    const [a, b, c, d] = [0, 1, 2, 3].map(() => createMetricProducer()) as [
      MetricProducer,
      ...MetricProducer[],
    ];
    createMetrics({ producers: [a, b!] });
    createMetrics({ producers: [c!] });
    for (const producers of [[a], [b!], [a, c!], [a, d!], [a, b!, d!], [a, b!, c!]]) {
      expect(() => createMetrics({ producers })).toThrow(
        'createMetrics: `producers` must be all of those that were named together before, or none of them',
      );
    }
    createMetrics({ producers: [b!, a, b!] });
    createMetrics({ producers: [d!] });
  });

  it('are one registry, in whatever order and however often they are named', async () => {
    const [a, b] = [createMetricProducer(), createMetricProducer()];
    createMetrics({ producers: [a, b] }).incr('hits', 1);
    createMetrics({ producers: [b, a, b] }).incr('hits', 2);
    expect(await collected(a)).toEqual({ hits: [3] });
    expect(await collected(b)).toEqual({ hits: [3] });
  });

  it('can not be connected to a MeterProvider that has metrics', () => {
    const meterProvider = new MeterProvider();
    createMetrics({ meterProvider }).incr('hits');
    expect(() => connectProducers(meterProvider, [createMetricProducer()])).toThrow(
      'connectProducers: `meterProvider` has metrics already',
    );
  });
});

describe('a producer after detach()', () => {
  it('has nothing, warns once, and refuses what is recorded for it', async () => {
    const lines = warnings();
    const producer = createMetricProducer();
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('hits');
    await producer.collect();
    producer.detach();
    producer.detach();
    expect(await collected(producer)).toEqual({});
    expect(await collected(producer)).toEqual({});
    expect(valuesOf(producer.collectSync())).toEqual({});
    expect(lines.filter((line) => line.includes('after detach()'))).toHaveLength(1);
    const hits = metrics.counter('hits');
    hits.incr();
    hits.incr();
    metrics.incr('hits');
    metrics.incr('new', 1, { tags: { a: 1 } });
    metrics.timing('time', 1);
    metrics.gauge('level', 1);
    expect(metrics.stats()).toMatchObject({ recorded: 7, handed: 1, held: 0, refused: { 'no-reader': 6 } });
    expect(lines.filter((line) => line.includes('have all left'))).toHaveLength(1);
  });

  it('refuses what it held of all kinds', () => {
    const producer = createMetricProducer({ histograms: { maxSize: 160 } });
    const metrics = createMetrics({ producers: [producer], maxSeriesPerMetric: 3 });
    for (let call = 0; call < 100; call += 1) {
      const options = { tags: { series: call % 5 } };
      metrics.incr('count', 1, options);
      metrics.gauge('level', call, options);
      metrics.timing('time', call, options);
    }
    producer.detach();
    expect(metrics.stats()).toMatchObject({
      recorded: 300,
      handed: 0,
      held: 0,
      refused: { 'no-reader': 300 },
    });
  });

  it('leaves the values to the other producers of its set', async () => {
    const [leaving, staying] = ['delta', 'delta'].map(() =>
      createMetricProducer({ temporality: 'delta', histograms: { boundaries: [] } }),
    ) as [MetricProducer, MetricProducer];
    const metrics = createMetrics({ producers: [leaving, staying] });
    metrics.incr('hits', 1);
    await leaving.collect();
    metrics.incr('hits', 2);
    for (let call = 0; call < 50; call += 1) metrics.distribution('size', 1);
    leaving.detach();
    metrics.incr('hits', 4);
    const found = await collected(staying);
    expect(found['hits']).toEqual([7]);
    expect(found['size']).toMatchObject([{ count: 50, sum: 50 }]);
    expect(metrics.stats()).toMatchObject({ held: 0, refused: {} });
  });

  it('can still be named, and all is refused then', () => {
    const producer = createMetricProducer();
    producer.detach();
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('hits');
    metrics.timing('time', 1);
    expect(metrics.stats()).toMatchObject({ recorded: 2, held: 0, refused: { 'no-reader': 2 } });
  });

  it('refuses what waited and is delivered to it, and what is recorded after that', () => {
    const producer = createMetricProducer();
    const metrics = createMetrics({ producers: [producer] });
    producer.detach();
    defaultMetrics.incr('hits', 3);
    defaultMetrics.timing('time', 3);
    configureMetrics({ producers: [producer] });
    defaultMetrics.incr('hits');
    const bound = metrics.counter('hits');
    bound.incr();
    bound.incr();
    expect(metrics.stats()).toMatchObject({ held: 0, refused: { 'no-reader': 5 } });
  });

  it('gets what it had begun to collect when it was detached between two slices', async () => {
    const producer = createMetricProducer({ temporality: 'delta' });
    const metrics = createMetrics({ producers: [producer] });
    for (let series = 0; series < 200; series += 1) metrics.incr('hits', 1, { tags: { series } });
    endSlicesSoon();
    const collecting = producer.collect();
    await Promise.resolve();
    await Promise.resolve();
    producer.detach();
    vi.restoreAllMocks();
    const { hits = [] } = valuesOf(await collecting);
    const { handed, refused } = metrics.stats();
    expect(hits.length).toBeGreaterThan(0);
    expect(hits).toHaveLength(handed);
    expect(handed + refused['no-reader']!).toBe(200);
    expectBalance(metrics.stats());
  });
});

describe('a producer in a wrong place', () => {
  it('in two readers is warned of once', async () => {
    const lines = warnings();
    const producer = createMetricProducer({ temporality: 'delta' });
    const metrics = createMetrics({ producers: [producer] });
    for (let round = 0; round < 3; round += 1) {
      metrics.incr('hits');
      const [first, second] = await Promise.all([collected(producer), collected(producer)]);
      expect([first, second]).toEqual([{ hits: [1] }, {}]);
    }
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('make one producer for each reader');
  });

  it('in one reader is not warned of', async () => {
    const lines = warnings();
    const producer = createMetricProducer();
    createMetrics({ producers: [producer] }).incr('hits');
    for (let round = 0; round < 5; round += 1) {
      await collected(producer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(lines).toEqual([]);
  });

  it('that nobody named is warned of once', async () => {
    const lines = warnings();
    const producer = createMetricProducer();
    expect(await collected(producer)).toEqual({});
    expect(await collected(producer)).toEqual({});
    expect(valuesOf(producer.collectSync())).toEqual({});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('not named in `producers`');
  });
});

describe('`include`', () => {
  it('that throws leaves the metric out, with one warning for it', async () => {
    const lines = warnings();
    const include = (name: string): boolean => {
      if (name === 'bad') throw new Error('include failed');
      return true;
    };
    const [strict, other] = [
      createMetricProducer({ include, temporality: 'delta' }),
      createMetricProducer({ temporality: 'delta' }),
    ];
    const metrics = createMetrics({ producers: [strict, other] });
    for (let round = 0; round < 3; round += 1) {
      metrics.incr('bad');
      metrics.incr('good');
      for (let call = 0; call < 50; call += 1) metrics.timing('bad', 1, { tags: { a: 1 } });
      expect(await collected(strict)).toEqual({ good: [1] });
      expect(await collected(other)).toEqual({ bad: [1], good: [1] });
    }
    expect(lines.filter((line) => line.includes('include failed'))).toHaveLength(1);
    expectBalance(metrics.stats());
  });

  it('gets the kinds and the names with their prefixes', async () => {
    const asked = new Map<string, string>();
    const producer = createMetricProducer({
      include: (name, kind) => {
        asked.set(name, kind);
        return name === 'shop.a';
      },
    });
    const metrics = createMetrics({ producers: [producer], prefix: 'shop.' });
    metrics.incr('a');
    metrics.upDown('b', 1);
    metrics.gauge('c', 1);
    metrics.distribution('d', 1);
    metrics.observe('e', () => 1);
    expect(await collected(producer)).toEqual({ 'shop.a': [1] });
    expect(Object.fromEntries(asked)).toEqual({
      'shop.a': 'counter',
      'shop.b': 'upDown',
      'shop.c': 'gauge',
      'shop.d': 'histogram',
      'shop.e': 'gauge',
    });
  });

  it('that no longer wants a metric does not keep its series for ever', async () => {
    let isWanted = true;
    const producers = [
      createMetricProducer({ temporality: 'delta' }),
      createMetricProducer({ temporality: 'delta', include: () => isWanted }),
    ] as const;
    const metrics = createMetrics({ producers });
    metrics.incr('hits');
    metrics.distribution('size', 1);
    await producers[0].collect();
    isWanted = false;
    for (let round = 0; round < 40; round += 1) for (const producer of producers) await producer.collect();
    expect(metrics.stats().series).toBe(0);
  });
});

describe('collectSync', () => {
  it('collects what is there, once', () => {
    const producer = createMetricProducer({ temporality: 'delta' });
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('hits', 2);
    metrics.observe('level', () => 4);
    expect(valuesOf(producer.collectSync())).toEqual({ hits: [2], level: [4] });
    expect(valuesOf(producer.collectSync())).toEqual({ level: [4] });
  });

  it('finishes a collection between two slices: nothing comes twice, nothing is lost', async () => {
    for (const temporality of ['delta', 'cumulative'] as const) {
      const producer = createMetricProducer({ temporality, histograms: { boundaries: [] } });
      const metrics = createMetrics({ producers: [producer] });
      const record = (): void => {
        for (let series = 0; series < 200; series += 1) {
          metrics.incr('hits', 1, { tags: { series } });
          metrics.distribution('size', 2, { tags: { series } });
        }
      };
      record();
      endSlicesSoon();
      const suspended = producer.collect();
      await Promise.resolve();
      await Promise.resolve();
      expect(metrics.stats().handed).toBe(64);
      record();
      const sync = producer.collectSync();
      vi.restoreAllMocks();
      expect(valuesOf(await suspended)).toEqual({});
      const last = new Map<string, number>();
      const seen: string[] = [];
      for (const { descriptor, dataPoints } of sync.resourceMetrics.scopeMetrics.flatMap(
        ({ metrics: of }) => of,
      )) {
        for (const { attributes, value } of dataPoints) {
          const key = `${descriptor.name} ${String(attributes['series'])}`;
          const sum = typeof value === 'number' ? value : value.sum!;
          seen.push(key);
          last.set(key, temporality === 'delta' ? (last.get(key) ?? 0) + sum : sum);
        }
      }
      expect(last.size).toBe(400);
      // The 64 of the first slice have two deltas.
      expect(seen).toHaveLength(temporality === 'cumulative' ? 400 : 464);
      for (const [key, sum] of last) expect([key, sum]).toEqual([key, key.startsWith('hits') ? 2 : 4]);
      expect(metrics.stats()).toMatchObject({ recorded: 800, handed: 800, held: 0 });
      metrics.incr('more');
      expect((await collected(producer))['more']).toEqual([1]);
    }
  });

  it('reads an observed gauge once, also when it finishes another collection', async () => {
    const producer = createMetricProducer();
    const metrics = createMetrics({ producers: [producer] });
    let read = 0;
    metrics.observe('level', () => (read += 1));
    for (let series = 0; series < 200; series += 1) metrics.incr('hits', 1, { tags: { series } });
    endSlicesSoon();
    const suspended = producer.collect();
    await Promise.resolve();
    await Promise.resolve();
    const { level } = valuesOf(producer.collectSync());
    vi.restoreAllMocks();
    expect(level).toEqual([2]);
    expect(valuesOf(await suspended)).toEqual({});
  });

  it('does not wait for observed promises, and the next collection does', async () => {
    const producer = createMetricProducer();
    const metrics = createMetrics({ producers: [producer] });
    metrics.observe('level', () => Promise.resolve(3));
    metrics.incr('hits');
    expect(valuesOf(producer.collectSync())).toEqual({ hits: [1] });
    expect(metrics.stats().refused).toEqual({ timeout: 1 });
    expect(await collected(producer)).toEqual({ hits: [1], level: [3] });
    expectBalance(metrics.stats());
  });
});

describe('collect', () => {
  it('ends in its time when a callback of observe hangs, and names it', async () => {
    const lines = warnings();
    const producer = createMetricProducer({ temporality: 'delta' });
    const metrics = createMetrics({ producers: [producer] });
    let settle: (value: number) => void = () => undefined;
    metrics.observe('stuck', () => new Promise((resolve) => (settle = resolve)));
    metrics.observe('fine', () => Promise.resolve(1));
    metrics.incr('hits');
    expect(valuesOf(await producer.collect({ timeoutMillis: 20 }))).toEqual({ hits: [1], fine: [1] });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("observe('stuck')");
    expect(metrics.stats()).toMatchObject({ refused: { timeout: 1 } });
    settle(5);
    await Promise.resolve();
    await Promise.resolve();
    const reading = collected(producer);
    await Promise.resolve();
    await Promise.resolve();
    settle(6);
    expect(await reading).toEqual({ stuck: [6], fine: [1] });
    expectBalance(metrics.stats());
  });

  it('never rejects when a callback of observe throws or rejects', async () => {
    const producer = createMetricProducer();
    const metrics = createMetrics({ producers: [producer] });
    metrics.observe('throws', () => {
      throw new Error('no');
    });
    metrics.observe('rejects', () => Promise.reject(new Error('no')));
    metrics.observe('text', () => 'text' as never);
    metrics.incr('hits');
    expect(await collected(producer)).toEqual({ hits: [1] });
    expect(metrics.stats().refused).toEqual({ error: 2, 'not-a-number': 1 });
    expectBalance(metrics.stats());
  });

  it('never rejects and goes on when something in it fails, and loses nothing', async () => {
    const producer = createMetricProducer({ temporality: 'delta', histograms: { boundaries: [] } });
    const metrics = createMetrics({ producers: [producer] });
    const record = (): void => {
      for (let series = 0; series < 200; series += 1) {
        metrics.incr('hits', 1, { tags: { series } });
        metrics.distribution('size', 2, { tags: { series } });
      }
    };
    record();
    let readings = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      readings += 1;
      if (readings === 3) throw new Error('the clock broke');
      return 0;
    });
    const first = await producer.collect();
    vi.restoreAllMocks();
    expect(first.errors).toHaveLength(1);
    const second = producer.collectSync();
    const third = await producer.collect();
    const values = [first, second, third]
      .flatMap(({ resourceMetrics }) => resourceMetrics.scopeMetrics)
      .flatMap(({ metrics: of }) => of)
      .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));
    const total = values.reduce<number>(
      (sum, value) => sum + (typeof value === 'number' ? value : value.sum!),
      0,
    );
    expect(total).toBe(600);
    expect(metrics.stats()).toMatchObject({ recorded: 400, handed: 400, held: 0 });
  });

  it('never rejects when it can not begin', async () => {
    const producer = createMetricProducer({ temporality: 'delta' });
    const metrics = createMetrics({ producers: [producer] });
    metrics.incr('hits');
    const broken = vi
      .spyOn(Date, 'now')
      .mockImplementationOnce(() => 0)
      .mockImplementationOnce(() => 0)
      .mockImplementation(() => {
        throw new Error('the clock broke');
      });
    const [first, second] = await Promise.all([producer.collect(), producer.collect()]);
    broken.mockRestore();
    expect(first.errors).toHaveLength(1);
    expect(second.errors).toHaveLength(1);
    expect(await collected(producer)).toEqual({ hits: [1] });
  });
});

describe('times of points', () => {
  it('rise strictly while the clock stands or is set back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_999 });
    try {
      const producer = createMetricProducer({ temporality: 'delta' });
      const metrics = createMetrics({ producers: [producer] });
      const starts: HrTime[] = [];
      const ends: HrTime[] = [];
      for (let round = 0; round < 3_000; round += 1) {
        if (round === 1_500) vi.setSystemTime(1_600_000_000_000);
        metrics.incr('hits');
        const { resourceMetrics } = producer.collectSync();
        const { startTime, endTime } = resourceMetrics.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!;
        starts.push(startTime);
        ends.push(endTime);
      }
      expect(starts.slice(1)).toEqual(ends.slice(0, -1));
      const wrong = ends.filter(([seconds, nanos], round) => {
        const [startSeconds, startNanos] = starts[round]!;
        const isRising = seconds > startSeconds || (seconds === startSeconds && nanos > startNanos);
        return (
          !isRising || !Number.isInteger(seconds) || !Number.isInteger(nanos) || nanos < 0 || nanos >= 1e9
        );
      });
      expect(wrong).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('sums beyond what a number can hold', () => {
  it.each([['delta'], ['cumulative'], ['both']] as const)('are refused and counted, %s', async (which) => {
    const temporalities = which === 'both' ? (['delta', 'cumulative'] as const) : [which];
    const producers = temporalities.map((temporality) => createMetricProducer({ temporality }));
    const metrics = createMetrics({ producers });
    metrics.incr('huge', Number.MAX_VALUE);
    metrics.incr('huge', Number.MAX_VALUE);
    for (const producer of producers) {
      for (const value of (await collected(producer))['huge'] ?? [])
        expect(Number.isFinite(value)).toBe(true);
    }
    expect(metrics.stats()).toMatchObject({ recorded: 2, handed: 0, held: 0, refused: { 'not-finite': 2 } });
  });

  it('are not refused where one of several readers has them', async () => {
    const lines = warnings();
    const producers = (['delta', 'cumulative'] as const).map((temporality) =>
      createMetricProducer({ temporality }),
    ) as [MetricProducer, MetricProducer];
    const metrics = createMetrics({ producers });
    for (let round = 0; round < 2; round += 1) {
      metrics.incr('huge', Number.MAX_VALUE);
      expect(await collected(producers[0])).toEqual({ huge: [Number.MAX_VALUE] });
      expect(await collected(producers[1])).toEqual({ huge: [Number.MAX_VALUE] });
    }
    expect(metrics.stats()).toMatchObject({ recorded: 2, handed: 2, held: 0, refused: {} });
    expect(metrics.stats().refused).not.toHaveProperty('not-finite');
    expect(lines.filter((line) => line.includes('beyond what a number can hold'))).toHaveLength(1);
  });
});
