import type { HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { CollectionResult, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configureMetrics, createMetrics, metrics as defaultMetrics } from '../../src/index.ts';
import type { Metrics } from '../../src/index.ts';
import { createMetricProducer } from '../../src/producer.ts';
import type { MetricProducer, MetricProducerOptions } from '../../src/producer.ts';
import { forgetWhatWasLogged, resetDefaultMetrics, warnings } from '../collect.ts';
import { runs } from '../../../../test/runs.ts';

beforeEach(resetDefaultMetrics);

afterEach(() => {
  vi.restoreAllMocks();
});

const KINDS = ['counter', 'upDown', 'gauge', 'timing', 'distribution'] as const;
type Kind = (typeof KINDS)[number];

/** What was recorded of one series, or of one metric. */
interface Total {
  /** A number of sums and of gauges; the sum of the values of a histogram. */
  readonly sum: number;
  /** Of a histogram's values. */
  readonly count: number;
}

const NOTHING: Total = { sum: 0, count: 0 };

function plus(total: Total | undefined, { sum, count }: Total): Total {
  return { sum: (total?.sum ?? 0) + sum, count: (total?.count ?? 0) + count };
}

const OPTIONS: readonly MetricProducerOptions[] = [
  { temporality: 'delta', histograms: { maxSize: 160 } },
  { temporality: 'cumulative', histograms: { maxSize: 20 } },
  { temporality: 'lowmemory', histograms: { boundaries: [1, 10, 100] } },
  { temporality: 'delta' },
  {},
];

/** What one reader has got: each series, and each metric as a whole. */
class Received {
  readonly producer: MetricProducer;
  readonly series = new Map<string, Total>();
  readonly #metrics = new Map<string, Total>();
  readonly #lastOf = new Map<string, Total>();
  #end: string | undefined;

  constructor(options: MetricProducerOptions) {
    this.producer = createMetricProducer(options);
  }

  /** The total of a metric, all of its series together, gauges left out. */
  totalOf(name: string): Total {
    return this.#metrics.get(name) ?? NOTHING;
  }

  /** @param parts how many collections the result may be of: two if `collectSync` has finished another one */
  take({ resourceMetrics, errors }: CollectionResult, parts = 1): void {
    if (errors.length > 0) throw new AggregateError(errors);
    const ends = new Set<string>();
    const starts = new Set<string>();
    const seen = new Map<string, number>();
    for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
      for (const metric of metrics) {
        const isDelta = metric.aggregationTemporality === AggregationTemporality.DELTA;
        if (metric.dataPoints.length === 0) throw new Error(`${metric.descriptor.name} has no points`);
        for (const { attributes, startTime, endTime, value } of metric.dataPoints) {
          const key = keyOf(metric.descriptor.name, attributes);
          const times = (seen.get(`${scope.name} ${key}`) ?? 0) + 1;
          if (times > (isDelta ? parts : 1)) throw new Error(`${key} came ${times} times`);
          seen.set(`${scope.name} ${key}`, times);
          checkTimes(startTime, endTime);
          ends.add(String(endTime));
          if (isDelta) starts.add(String(startTime));
          this.#add(metric.descriptor.name, key, totalOfPoint(value), {
            isDelta,
            isGauge: metric.dataPointType === DataPointType.GAUGE,
          });
        }
      }
    }
    if (ends.size > parts || starts.size > parts)
      throw new Error('points of one collection have several times');
    const [start] = starts;
    // A collection without any points says nothing of its end, and so nothing of the start of the next one.
    if (parts === 1 && start !== (this.#end ?? start) && start !== undefined) {
      throw new Error(`a collection starts at ${start}, and the former one ended at ${this.#end}`);
    }
    this.#end = parts === 1 ? [...ends][0] : undefined;
  }

  #add(name: string, key: string, total: Total, is: { isDelta: boolean; isGauge: boolean }): void {
    const before = this.#lastOf.get(key) ?? NOTHING;
    if (!is.isDelta) this.#lastOf.set(key, total);
    const increase = is.isDelta ? total : { sum: total.sum - before.sum, count: total.count - before.count };
    if (!is.isGauge) this.#metrics.set(name, plus(this.#metrics.get(name), increase));
    this.series.set(key, is.isGauge ? total : plus(this.series.get(key), increase));
  }
}

function keyOf(name: string, attributes: Readonly<Record<string, unknown>>): string {
  const tags = Object.keys(attributes)
    .sort()
    .map((tag) => `${tag}=${String(attributes[tag])}`);
  return `${name}{${tags.join(',')}}`;
}

function totalOfPoint(value: unknown): Total {
  if (typeof value === 'number') return { sum: value, count: 0 };
  const { sum, count, ...others } = value as Histogram | ExponentialHistogram;
  const counts =
    'buckets' in others ? others.buckets.counts : [others.zeroCount, ...others.positive.bucketCounts];
  if (counts.reduce((first, second) => first + second, 0) !== count) throw new Error('wrong counts');
  return { sum: sum!, count };
}

function checkTimes(start: HrTime, end: HrTime): void {
  const areValid = [start, end].every(
    ([seconds, nanos]) => Number.isInteger(seconds) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9,
  );
  const isRising = end[0] > start[0] || (end[0] === start[0] && end[1] > start[1]);
  if (!areValid || !isRising) throw new Error(`wrong times: ${String(start)} to ${String(end)}`);
}

/** What was recorded, added up without any of the code under test. */
class Reference {
  readonly series = new Map<string, Total>();
  readonly metrics = new Map<string, Total>();
  calls = 0;

  add(kind: Kind, name: string, tags: Readonly<Record<string, unknown>>, value: number): void {
    this.calls += 1;
    const key = keyOf(name, tags);
    const total = { sum: value, count: kind === 'timing' || kind === 'distribution' ? 1 : 0 };
    this.series.set(key, kind === 'gauge' ? total : plus(this.series.get(key), total));
    if (kind !== 'gauge') this.metrics.set(name, plus(this.metrics.get(name), total));
  }
}

const VERBS: Readonly<Record<Kind, 'incr' | 'upDown' | 'gauge' | 'timing' | 'distribution'>> = {
  counter: 'incr',
  upDown: 'upDown',
  gauge: 'gauge',
  timing: 'timing',
  distribution: 'distribution',
};

const BINDERS = {
  counter: (metrics: Metrics, name: string, tags: object) => metrics.counter(name, { ...tags }).incr,
  upDown: (metrics: Metrics, name: string, tags: object) => metrics.bindUpDown(name, { ...tags }).add,
  gauge: (metrics: Metrics, name: string, tags: object) => metrics.bindGauge(name, { ...tags }).record,
  timing: (metrics: Metrics, name: string, tags: object) => metrics.bindTiming(name, { ...tags }).record,
  distribution: (metrics: Metrics, name: string, tags: object) =>
    metrics.bindDistribution(name, { ...tags }).record,
} as const;

/** One call: of a verb or of a bound handle, with its tags in one of two orders. */
interface Call {
  readonly kind: Kind;
  readonly instance: number;
  readonly series: number;
  readonly isTurned: boolean;
  readonly isBound: boolean;
  readonly value: number;
  readonly times: number;
}

const call: fc.Arbitrary<Call> = fc.record({
  kind: fc.constantFrom(...KINDS),
  instance: fc.nat(2),
  series: fc.nat(6),
  isTurned: fc.boolean(),
  isBound: fc.boolean(),
  value: fc.nat(1_000),
  // More than 40 values of a histogram go into buckets before the next collection.
  times: fc.constantFrom(1, 1, 1, 2, 90),
});

/** `Metrics` with prefixes, and the handles that were bound with them. */
class Callers {
  readonly #instances: readonly { readonly prefix: string; readonly metrics: Metrics }[];
  readonly #bound = new Map<string, (value: number) => void>();

  constructor(instances: readonly { readonly prefix: string; readonly metrics: Metrics }[]) {
    this.#instances = instances;
  }

  record({ kind, instance, series, isTurned, isBound, value, times }: Call, references: Reference[]): void {
    const { prefix, metrics } = this.#instances[instance % this.#instances.length]!;
    const tags = isTurned ? { b: 'x', a: series } : { a: series, b: 'x' };
    const signed = kind === 'upDown' && series % 2 === 1 ? -value : value;
    for (let time = 0; time < times; time += 1) {
      if (isBound) this.#bind(metrics, prefix, kind, tags)(signed);
      else metrics[VERBS[kind]](kind, signed, { tags });
      for (const reference of references) reference.add(kind, prefix + kind, tags, signed);
    }
  }

  #bind(metrics: Metrics, prefix: string, kind: Kind, tags: object): (value: number) => void {
    const key = `${prefix} ${kind} ${JSON.stringify(tags)}`;
    const bound = this.#bound.get(key) ?? BINDERS[kind](metrics, kind, tags);
    this.#bound.set(key, bound);
    return bound;
  }
}

type Step =
  | ({ readonly do: 'record' } & Call)
  | { readonly do: 'collect'; readonly reader: number; readonly isSync: boolean }
  | { readonly do: 'overlap'; readonly readers: readonly number[]; readonly meanwhile: readonly Call[] }
  | { readonly do: 'idle' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: call.map((made) => ({ do: 'record' as const, ...made })) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('collect' as const), reader: fc.nat(2), isSync: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('overlap' as const),
      readers: fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }),
      meanwhile: fc.array(call, { maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'idle' as const }) },
);

/** More than the 30 collections without a value after which a series is forgotten. */
const IDLE_COLLECTIONS = 33;

function expectBalance(metrics: Metrics, reference: Reference): void {
  const { recorded, handed, held, refused } = metrics.stats();
  expect(recorded).toBe(reference.calls);
  expect(refused).toEqual({});
  expect(handed + held).toBe(recorded);
}

async function collectAll(readers: readonly Received[]): Promise<void> {
  for (const reader of readers) reader.take(await reader.producer.collect());
}

async function run(
  steps: readonly Step[],
  readers: readonly Received[],
  maxSeries: number,
): Promise<Reference> {
  const producers = readers.map(({ producer }) => producer);
  const options = { producers, maxSeriesPerMetric: maxSeries };
  const plain = createMetrics(options);
  const callers = new Callers([
    { prefix: '', metrics: plain },
    { prefix: 'shop.', metrics: createMetrics({ ...options, prefix: 'shop.' }) },
    { prefix: '', metrics: createMetrics(options).child({ tags: { b: 'x' } }) },
  ]);
  const reference = new Reference();
  for (const made of steps) {
    if (made.do === 'record') {
      callers.record(made, [reference]);
    } else if (made.do === 'collect') {
      const reader = readers[made.reader % readers.length]!;
      reader.take(made.isSync ? reader.producer.collectSync() : await reader.producer.collect());
    } else if (made.do === 'overlap') {
      const collecting = made.readers.map((index) => {
        const reader = readers[index % readers.length]!;
        return [reader, reader.producer.collect()] as const;
      });
      for (const meanwhile of made.meanwhile) {
        callers.record(meanwhile, [reference]);
        await Promise.resolve();
      }
      for (const [reader, collected] of collecting) reader.take(await collected);
    } else {
      for (let round = 0; round < IDLE_COLLECTIONS; round += 1) await collectAll(readers);
    }
    expectBalance(plain, reference);
  }
  await collectAll(readers);
  expectBalance(plain, reference);
  expect(plain.stats().held).toBe(0);
  return reference;
}

const readerSets = fc.uniqueArray(fc.constantFrom(...OPTIONS), { minLength: 1, maxLength: 3 });
const steps = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });

describe('all readers of a set', () => {
  it('get each series in full, whatever comes in which order', async () => {
    await fc.assert(
      fc.asyncProperty(readerSets, steps, async (sets, made) => {
        const readers = sets.map((options) => new Received(options));
        const reference = await run(made, readers, 2_000);
        for (const { series } of readers) expect(series).toEqual(reference.series);
      }),
      { numRuns: runs(150) },
    );
  });

  it('get each metric in full where it has more series than it may', async () => {
    await fc.assert(
      fc.asyncProperty(readerSets, fc.integer({ min: 2, max: 5 }), steps, async (sets, maxSeries, made) => {
        const readers = sets.map((options) => new Received(options));
        const reference = await run(made, readers, maxSeries);
        for (const reader of readers) {
          for (const [name, total] of reference.metrics) expect(reader.totalOf(name)).toEqual(total);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  it('get everything while it is recorded between the slices of their collections', async () => {
    const SERIES = 150;
    await fc.assert(
      fc.asyncProperty(
        readerSets,
        fc.array(
          fc.record({
            collects: fc.array(fc.nat(2), { maxLength: 3 }),
            syncs: fc.option(fc.nat(2)),
            calls: fc.array(fc.tuple(fc.nat(SERIES), fc.constantFrom(...KINDS)), {
              maxLength: 300,
              size: 'max',
            }),
          }),
          { minLength: 1, maxLength: 15, size: 'max' },
        ),
        async (sets, turns) => {
          // Each slice of a collection ends after 64 cells.
          let now = 0;
          vi.spyOn(performance, 'now').mockImplementation(() => (now += 9));
          const readers = sets.map((options) => new Received(options));
          const metrics = createMetrics({ producers: readers.map(({ producer }) => producer) });
          const reference = new Reference();
          const record = (kind: Kind, series: number): void => {
            metrics[VERBS[kind]](kind, series, { tags: { series } });
            reference.add(kind, kind, { series }, series);
          };
          for (let series = 0; series < SERIES; series += 1) for (const kind of KINDS) record(kind, series);
          const taken: Promise<void>[] = [];
          for (const { collects, syncs, calls } of turns) {
            for (const index of collects) {
              const reader = readers[index % readers.length]!;
              taken.push(reader.producer.collect().then((result) => reader.take(result)));
            }
            for (const [series, kind] of calls) record(kind, series);
            await new Promise((resolve) => setImmediate(resolve));
            for (const [series, kind] of calls) record(kind, series);
            expectBalance(metrics, reference);
            if (syncs === null) continue;
            const reader = readers[syncs % readers.length]!;
            reader.take(reader.producer.collectSync(), 2);
          }
          await Promise.all(taken);
          await collectAll(readers);
          for (const { series } of readers) expect(series).toEqual(reference.series);
          expectBalance(metrics, reference);
          expect(metrics.stats().held).toBe(0);
        },
      ),
      { numRuns: runs(40) },
    );
  });

  it.each([[[OPTIONS[0]!]], [[OPTIONS[1]!]], [[OPTIONS[0]!, OPTIONS[2]!]]])(
    'have as many series as a metric may have, and count what is beyond: %j',
    async (sets) => {
      const readers = sets.map((options) => new Received(options));
      const producers = readers.map(({ producer }) => producer);
      const metrics = createMetrics({ producers, maxSeriesPerMetric: 4 });
      for (let round = 0; round < 2; round += 1) {
        for (let series = 0; series < 5; series += 1) {
          for (const kind of KINDS) metrics[VERBS[kind]](kind, 2, { tags: { series } });
        }
        await collectAll(readers);
      }
      for (const { series } of readers) {
        const names = [...series.keys()].filter((key) => key.startsWith('distribution'));
        expect(names).toEqual([
          ...[0, 1, 2].map((tag) => `distribution{series=${tag}}`),
          'distribution{otel.metric.overflow=true}',
        ]);
      }
      // Two series of five, twice, of each kind.
      expect(metrics.stats()).toMatchObject({ series: 3 * KINDS.length, overflowed: 4 * KINDS.length });
    },
  );

  it.each(OPTIONS)('have observed gauges at their times: %j', async (options) => {
    const reader = new Received(options);
    const metrics = createMetrics({ producers: [reader.producer] });
    let level = 0;
    metrics.observe('level', () => (level += 1), { tags: { a: 1 } });
    metrics.observe('late', () => Promise.resolve(level));
    for (let round = 1; round <= 3; round += 1) {
      metrics.incr('hits');
      reader.take(await reader.producer.collect());
      expect(reader.series).toEqual(
        new Map([
          ['hits{}', { sum: round, count: 0 }],
          ['level{a=1}', { sum: round, count: 0 }],
          ['late{}', { sum: round, count: 0 }],
        ]),
      );
    }
  });

  it('forget and find series again without losing anything', async () => {
    const readers = [OPTIONS[0]!, OPTIONS[3]!].map((options) => new Received(options));
    const metrics = createMetrics({ producers: readers.map(({ producer }) => producer) });
    const reference = new Reference();
    const callers = new Callers([{ prefix: '', metrics }]);
    for (let round = 0; round < 3; round += 1) {
      for (const kind of KINDS) {
        for (const isBound of [true, false]) {
          callers.record({ kind, instance: 0, series: 2, isTurned: isBound, isBound, value: 3, times: 50 }, [
            reference,
          ]);
        }
      }
      expect(metrics.stats().series).toBe(KINDS.length);
      for (let idle = 0; idle < IDLE_COLLECTIONS; idle += 1) await collectAll(readers);
      // Those of up-down counters are kept.
      expect(metrics.stats().series).toBe(1);
    }
    for (const { series } of readers) expect(series).toEqual(reference.series);
  });

  it('do not let a series be forgotten that one of them has not collected', async () => {
    const readers = [OPTIONS[0]!, OPTIONS[3]!].map((options) => new Received(options));
    const metrics = createMetrics({ producers: readers.map(({ producer }) => producer) });
    metrics.incr('hits', 2);
    metrics.distribution('size', 2);
    for (let idle = 0; idle < IDLE_COLLECTIONS; idle += 1) await readers[0]!.producer.collect();
    expect(metrics.stats().series).toBe(2);
    readers[1]!.take(await readers[1]!.producer.collect());
    expect(readers[1]!.series).toEqual(
      new Map([
        ['hits{}', { sum: 2, count: 0 }],
        ['size{}', { sum: 2, count: 1 }],
      ]),
    );
    await readers[0]!.producer.collect();
    expect(metrics.stats().series).toBe(0);
  });
});

describe('the default metrics', () => {
  type Turn = { readonly to: number; readonly calls: readonly Call[]; readonly isCollected: boolean };

  it('bring what waited, and everything of each generation, to the producers that are named', async () => {
    await fc.assert(
      fc.asyncProperty(
        readerSets,
        readerSets,
        fc.array(
          fc.record({
            // No destination, or one of two sets.
            to: fc.nat(2),
            calls: fc.array(call, { maxLength: 12 }),
            isCollected: fc.boolean(),
          }),
          { minLength: 1, maxLength: 12, size: 'max' },
        ),
        async (first, second, turns: readonly Turn[]) => {
          await resetDefaultMetrics();
          const sets = [first, second].map((options) => ({
            readers: options.map((wishes) => new Received(wishes)),
            reference: new Reference(),
          }));
          const callers = new Callers([
            { prefix: '', metrics: defaultMetrics },
            { prefix: 'shop.', metrics: createMetrics({ prefix: 'shop.' }) },
            { prefix: 'child.', metrics: defaultMetrics.child({ prefix: 'child.' }) },
          ]);
          let waiting: Call[] = [];
          const name = (to: number): void => {
            const set = sets[to - 1];
            configureMetrics(
              set === undefined ? {} : { producers: set.readers.map(({ producer }) => producer) },
            );
            if (set === undefined) return;
            // What waited is adopted: it counts as recorded there.
            const nowhere = new Callers([
              { prefix: '', metrics: silent },
              { prefix: 'shop.', metrics: silent },
              { prefix: 'child.', metrics: silent },
            ]);
            for (const made of waiting) nowhere.record({ ...made, isBound: false }, [set.reference]);
            waiting = [];
          };
          for (const { to, calls, isCollected } of [...turns, { to: 1, calls: [], isCollected: true }]) {
            name(to);
            const set = sets[to - 1];
            for (const made of calls) {
              callers.record(made, set === undefined ? [] : [set.reference]);
              if (set === undefined) waiting.push(made);
            }
            if (set !== undefined) {
              if (isCollected) await collectAll(set.readers);
              expectBalance(defaultMetrics, set.reference);
            }
          }
          for (const [index, { readers, reference }] of sets.entries()) {
            name(index + 1);
            await collectAll(readers);
            for (const { series } of readers) expect(series).toEqual(reference.series);
          }
        },
      ),
      { numRuns: runs(100) },
    );
  });
});

/** A `Metrics` that records nothing. */
const silent = Object.fromEntries(
  Object.values(VERBS).map((verb) => [verb, () => undefined]),
) as never as Metrics;

describe('onFirstMetric', () => {
  it('is called once, for the first metric that the reader gets', () => {
    const calls: string[] = [];
    const every = createMetricProducer({ onFirstMetric: () => calls.push('every') });
    const some = createMetricProducer({
      include: (name) => name === 'jobs',
      onFirstMetric: () => calls.push('some'),
    });
    const metrics = createMetrics({ producers: [every, some] });
    expect(calls).toEqual([]);
    metrics.incr('orders');
    metrics.incr('orders');
    expect(calls).toEqual(['every']);
    metrics.gauge('jobs', 1);
    metrics.incr('logins');
    expect(calls).toEqual(['every', 'some']);
  });

  it('may throw', () => {
    forgetWhatWasLogged();
    const lines = warnings();
    const onFirstMetric = () => {
      throw new Error('broken');
    };
    const metrics = createMetrics({ producers: [createMetricProducer({ onFirstMetric })] });
    metrics.incr('orders');
    expect(metrics.stats()).toMatchObject({ held: 1, refused: {} });
    expect(lines).toEqual([expect.stringContaining("`onFirstMetric` of a producer threw: 'broken'")]);
  });
});
