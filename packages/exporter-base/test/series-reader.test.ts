import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Attributes } from '@opentelemetry/api';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TagWriter, type Metric, type Refusal, type TagSpelling, type Translate } from '../src/index.ts';
import { SeriesMerger, type PointsWithoutSeries } from '../src/series/series-merger.ts';
import { SeriesReader } from '../src/series/series-reader.ts';
import type { Series } from '../src/series/series.ts';
import { YIELD } from '../src/support/yielder.ts';
import { receive } from '../src/series/received.ts';
import type { PendingSeries } from '../src/series/pending-series.ts';
import { listenToDiag } from './diag-messages.ts';
import { NO_TAGS, TAGS, wire } from './fake-server.ts';
import { runs } from '../../../test/runs.ts';

const explicit = { buckets: { boundaries: [10], counts: [1, 0] }, count: 1, sum: 4, min: 4, max: 4 };

function readerOf(translate: Translate = (metric) => wire(metric)): SeriesReader {
  return new SeriesReader('Test', () => translate);
}

function mergerOf(translate: Translate = (metric) => wire(metric)): SeriesMerger {
  return new SeriesMerger('Test', () => translate);
}

const notExpected = ({ metric, refusal }: PointsWithoutSeries): never =>
  expect.unreachable(`${metric}: ${refusal?.reason}`);

/** The series that are read. */
function* seriesIn(
  reader: SeriesReader,
  metrics: ResourceMetrics,
  withoutSeries: (points: PointsWithoutSeries) => void = notExpected,
): Generator<Series> {
  for (const step of reader.read(receive(metrics))) {
    if ('refusal' in step) withoutSeries(step);
    else yield step;
  }
}

/** The same, as texts. */
function read(...parameters: Parameters<typeof seriesIn>): string[] {
  return Array.from(
    seriesIn(...parameters),
    ({ name, tags, value }) => `${name}{${tags}} ${typeof value === 'object' ? value.count : value}`,
  );
}

/** The pending series of some exports and of what waits, when every point has one. */
function merge(
  merger: SeriesMerger,
  exports: readonly ResourceMetrics[],
  waiting: readonly PendingSeries[] = [],
): PendingSeries[] {
  return [...merger.merge(exports.map(receive), waiting)].flatMap((step) => {
    if (step === YIELD) return [];
    return step instanceof Array ? step : notExpected(step);
  });
}

const points = (name: string, ...attributes: Attributes[]): ResourceMetrics =>
  resourceMetrics(attributes.map((one) => sumData(name, 1, { attributes: one })));

/** A writer that counts how often it writes. */
function countingWriter(shared: Record<string, string> = {}) {
  const spelling: TagSpelling = {
    key: (text) => text,
    value: (text) => text,
    join: (tags) => tags.map(([key, value]) => `${key}=${value}`).join(','),
  };
  const writer = new TagWriter(spelling, shared);
  return { writer, write: vi.spyOn(writer, 'write') };
}

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

describe('a series', () => {
  it('has its final name, tags, value, times, and the points that are in it', () => {
    const metrics = resourceMetrics([
      sumData('a', 2, { attributes: { x: 1 }, unit: 'By', endSeconds: 1000 }),
      gaugeData('g', 3, { endSeconds: 1000 }),
      histogramData('h', explicit, { endSeconds: 1000 }),
    ]);
    const series = Array.from(seriesIn(readerOf(), metrics), (one) => ({
      type: one.type,
      name: one.name,
      tags: one.tags,
      unit: one.unit,
      startMillis: one.startMillis,
      endMillis: one.endMillis,
      points: one.points,
      amount: one.amount,
    }));
    const common = { unit: '', tags: '', startMillis: 990_000, endMillis: 1_000_500, points: 1, amount: 0 };
    expect(series).toEqual([
      { ...common, type: 'sum', name: 'a', tags: 'x=1', unit: 'By', amount: 2 },
      { ...common, type: 'gauge', name: 'g' },
      { ...common, type: 'histogram', name: 'h' },
    ]);
  });

  it('holds all points that are equal on the wire, of all scopes', () => {
    const metrics = points('a', { x: 1 }, { x: 2 }, { x: 1 });
    const [scope] = metrics.scopeMetrics;
    const both = { ...metrics, scopeMetrics: [scope!, { ...scope!, scope: { name: 'other' } }] };
    expect(read(readerOf(), both)).toEqual(['a{x=1} 4', 'a{x=2} 2']);
    expect(
      read(
        readerOf((metric) => wire(metric, NO_TAGS)),
        both,
      ),
    ).toEqual(['a{} 6']);
    expect(said.warn).toEqual([]);
  });

  it('is another one of another type, and of a histogram of another unit', () => {
    const metrics = resourceMetrics([
      sumData('n', 1),
      gaugeData('n', 1),
      sumData('n', 1, { unit: 'By' }),
      histogramData('n', explicit),
      histogramData('n', explicit, { unit: 's' }),
      histogramData('n', explicit, { unit: 's' }),
      histogramData('n', explicit, { unit: 's"\n"' }),
      histogramData('\n"n', explicit, { unit: 's' }),
    ]);
    expect(Array.from(seriesIn(readerOf(), metrics), (one) => [one.type, one.unit, one.points])).toEqual([
      ['sum', '', 2],
      ['gauge', '', 1],
      ['histogram', '', 1],
      ['histogram', 's', 2],
      ['histogram', 's"\n"', 1],
      ['histogram', 's', 1],
    ]);
  });

  it('is one again when most series of its name were away', () => {
    const reader = readerOf();
    const frozen = Array.from({ length: 10 }, (_, x) => Object.freeze({ x }));
    read(reader, points('n', ...frozen));
    for (let time = 0; time < 2; time += 1) {
      expect(read(reader, points('n', ...new Array<Attributes>(20).fill(frozen[0]!)))).toEqual(['n{x=0} 20']);
    }
    expect(read(reader, points('n', frozen[1]!, { x: 1 }))).toEqual(['n{x=1} 2']);
  });

  it('starts anew with every export', () => {
    const reader = readerOf();
    for (let time = 0; time < 3; time += 1) expect(read(reader, points('a', { x: 1 }))).toEqual(['a{x=1} 1']);
  });

  it('of which only a part is wanted leaves nothing behind for the next reading', () => {
    const reader = readerOf();
    const metrics = resourceMetrics([
      sumData('a', 1, { attributes: { x: 1 } }),
      sumData('a', 1, { attributes: { x: 2 } }),
      sumData('b', 1),
    ]);
    for (const series of seriesIn(reader, metrics)) {
      expect(series.name).toBe('a');
      break;
    }
    expect(read(reader, metrics)).toEqual(['a{x=1} 1', 'a{x=2} 1', 'b{} 1']);
  });
});

describe('several gauges of one name on the wire', () => {
  const gauges = (...values: number[]) =>
    resourceMetrics(values.map((value, x) => gaugeData('g', value, { attributes: { x } })));

  it('are logged once, when they come with one export', () => {
    const reader = readerOf((metric) => wire(metric, NO_TAGS));
    expect(read(reader, gauges(1, 2))).toEqual(['g{} 2']);
    read(reader, gauges(1, 2, 3));
    expect(said.warn).toHaveLength(1);
    expect(said.warn[0]).toMatch(/^Test: several gauges are all called g on the wire/);
  });

  it('are normal when they come with several exports', () => {
    const reader = mergerOf((metric) => wire(metric, NO_TAGS));
    const all = merge(reader, [gauges(1), gauges(2)]);
    expect(all.map(({ value }) => value)).toEqual([2]);
    expect(said.warn).toEqual([]);
  });
});

describe('points that make no series', () => {
  it('are told: that they have nothing to say, or why not, and how much they are', () => {
    const refusal: Refusal = { refused: 'notRepresentable', reason: 'no' };
    const reader = readerOf((metric: Metric) => {
      if (metric.name === 'refused') return refusal;
      if (metric.name === 'broken') throw new Error('translate');
      return {
        ...wire(metric),
        filter: (value) => (value === 0 ? 'nothing' : value === 5 ? refusal : undefined),
      };
    });
    const told: unknown[] = [];
    const withoutSeries = ({ points: count, amount, metric, refusal: why }: PointsWithoutSeries) =>
      told.push([why?.refused ?? 'nothing', count, amount, metric]);
    const twice = (metric: MetricData): MetricData => ({
      ...metric,
      dataPoints: [...metric.dataPoints, ...metric.dataPoints] as never,
    });
    expect(
      read(
        reader,
        resourceMetrics([
          sumData('a', 0),
          sumData('a', 5),
          twice(sumData('refused', 3)),
          twice(sumData('broken', 4)),
          gaugeData('nan', Number.NaN),
          sumData('a', 7),
        ]),
        withoutSeries,
      ),
    ).toEqual(['a{} 7']);
    expect(told).toEqual([
      ['notRepresentable', 2, 6, 'refused'],
      ['error', 2, 8, 'broken'],
      ['nothing', 1, 0, 'a'],
      ['notRepresentable', 1, 5, 'a'],
      ['notFinite', 1, 0, 'nan'],
    ]);
  });
});

describe('the tags of a series', () => {
  it('are written once for equal attributes, frozen or not', () => {
    const { writer, write } = countingWriter();
    const reader = readerOf((metric) => wire(metric, writer));
    const frozen = Object.freeze({ a: '1', b: 2 });
    for (let time = 0; time < 3; time += 1) {
      expect(read(reader, points('n', frozen, { a: 'x' }, { a: 'y' }))).toEqual([
        'n{a=1,b=2} 1',
        'n{a=x} 1',
        'n{a=y} 1',
      ]);
    }
    expect(write).toHaveBeenCalledTimes(3);
  });

  it('are those that an object has now, which others changed since', () => {
    const reader = readerOf();
    const changing: Attributes = { a: '1' };
    const list = ['1'];
    const frozenOutside = Object.freeze({ list });
    expect(read(reader, points('n', changing, frozenOutside))).toEqual(['n{a=1} 1', 'n{list=["1"]} 1']);
    changing['a'] = '2';
    list.push('2');
    expect(read(reader, points('n', changing, frozenOutside))).toEqual(['n{a=2} 1', 'n{list=["1","2"]} 1']);
    changing['b'] = '3';
    expect(read(reader, points('n', changing))).toEqual(['n{a=2,b=3} 1']);
    delete changing['a'];
    expect(read(reader, points('n', changing))).toEqual(['n{b=3} 1']);
  });

  it('are the same for every order of the attributes', () => {
    expect(read(readerOf(), points('n', { a: 1, b: 2 }, { b: 2, a: 1 }))).toEqual(['n{a=1,b=2} 2']);
  });

  it('are those of the resource that the points came with', () => {
    const writers = { eu: countingWriter({ region: 'eu' }), us: countingWriter({ region: 'us' }) };
    const reader = new SeriesReader(
      'Test',
      ({ region }) =>
        (metric) =>
          wire(metric, writers[region as 'eu' | 'us'].writer),
    );
    const frozen = Object.freeze({ a: 1 });
    for (const region of ['eu', 'us', 'eu', 'eu']) {
      const metrics = resourceMetrics(
        [sumData('n', 1, { attributes: frozen }), sumData('n', 1, { attributes: { a: 2 } })],
        {
          region,
        },
      );
      expect(read(reader, metrics)).toEqual([`n{a=1,region=${region}} 1`, `n{a=2,region=${region}} 1`]);
    }
  });

  it('are those of their own writer, when a name has two', () => {
    const [one, other] = [countingWriter({ w: '1' }), countingWriter({ w: '2' })];
    const reader = readerOf((metric) => ({
      ...wire(metric, metric.description === 'other' ? other.writer : one.writer),
      name: 'n',
    }));
    const described = sumData('b', 1);
    const metrics = resourceMetrics([
      sumData('a', 1),
      { ...described, descriptor: { ...described.descriptor, description: 'other' } },
      sumData('c', 1),
    ]);
    for (let time = 0; time < 2; time += 1) expect(read(reader, metrics)).toEqual(['n{w=1} 2', 'n{w=2} 1']);
  });

  it('are remembered also when two exports are read together', () => {
    const { writer, write } = countingWriter();
    const reader = mergerOf((metric) => wire(metric, writer));
    const metrics = points('n', ...Array.from({ length: 50 }, (_, x) => ({ x })));
    for (let time = 0; time < 4; time += 1) {
      const all = merge(reader, [metrics, metrics]);
      for (const { entry } of all) entry.waiting = undefined;
      expect(all.map(({ value }) => value)).toEqual(new Array<number>(50).fill(2));
    }
    expect(write).toHaveBeenCalledTimes(50);
  });
});

describe('what waits', () => {
  /** Reads, and leaves everything waiting. */
  const leave = (merger: SeriesMerger, metrics: ResourceMetrics, waiting: readonly PendingSeries[] = []) =>
    merge(merger, [metrics], waiting);
  const textsOf = (pending: readonly PendingSeries[]) =>
    pending.map(({ name, tags, value }) => `${name}{${tags}} ${JSON.stringify(value)}`);

  it('takes in the points of the same series, and comes with the others', () => {
    const reader = mergerOf();
    const first = leave(reader, points('a', { x: 1 }, { x: 2 }));
    expect(textsOf(leave(reader, points('b', { x: 1 }), first))).toEqual([
      'a{x=1} 1',
      'a{x=2} 1',
      'b{x=1} 1',
    ]);
    expect(textsOf(leave(reader, points('a', { x: 2 }, { x: 3 }), first))).toEqual([
      'a{x=1} 1',
      'a{x=2} 2',
      'a{x=3} 1',
    ]);
  });

  it('is not forgotten, however long its series and its name bring no points', () => {
    const reader = mergerOf();
    let waiting = leave(reader, points('a', { x: 1 }, { x: 2 }));
    for (let time = 0; time < 20; time += 1) {
      for (const { entry } of waiting) expect(entry.waiting).toBeDefined();
      const others = Array.from({ length: 10 }, (_, index) => sumData(`other${time}-${index}`, 1));
      const all = leave(
        reader,
        resourceMetrics([sumData('a', 1, { attributes: { y: time } }), ...others]),
        waiting,
      );
      waiting = all.filter(({ name, tags }) => name === 'a' && tags.startsWith('x'));
      for (const { entry } of all) if (!entry.tags.startsWith('x')) entry.waiting = undefined;
    }
    expect(textsOf(leave(reader, points('a', { x: 2 }), waiting))).toEqual(['a{x=1} 1', 'a{x=2} 2']);
  });
});

describe('a large export', () => {
  it('lets the event loop have its turn after every 32 points and every 32 metrics', () => {
    const attributes = Array.from({ length: 160 }, (_, x) => ({ x }));
    const one = sumData('a', 1);
    const metric = {
      ...one,
      dataPoints: attributes.map((each) => ({ ...one.dataPoints[0]!, attributes: each })),
    };
    const yieldsOf = (metrics: readonly MetricData[]) =>
      [...mergerOf().merge([receive(resourceMetrics(metrics))], [])].filter((step) => step === YIELD).length;
    expect(yieldsOf([metric as MetricData])).toBe(5);
    expect(yieldsOf(attributes.map(({ x }) => sumData(`n${x}`, 1)))).toBe(10);
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  async function heapUsed(): Promise<number> {
    // What a weak reference was asked for lives to the end of its turn.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  const KILOBYTE = 'x'.repeat(1000);
  const SERIES = 500;
  const EXPORTS = runs(100);
  let made = 0;
  /** A text that there was never before, of a kilobyte. */
  const newText = () => `${(made += 1)}${KILOBYTE}`.replace('xx', 'y');

  it.each<[string, Translate, () => ResourceMetrics]>([
    [
      'tag values',
      (metric) => wire(metric),
      () => points('n', ...Array.from({ length: SERIES }, () => ({ id: newText() }))),
    ],
    [
      'tag values in frozen attributes',
      (metric) => wire(metric),
      () => points('n', ...Array.from({ length: SERIES }, () => Object.freeze({ id: newText() }))),
    ],
    [
      'tag values that are left out on the wire',
      (metric) => wire(metric, NO_TAGS),
      () => points('n', ...Array.from({ length: SERIES }, () => ({ id: newText() }))),
    ],
    [
      'frozen attributes that are left out on the wire',
      (metric) => wire(metric, NO_TAGS),
      () => points('n', ...Array.from({ length: SERIES }, () => Object.freeze({ id: newText() }))),
    ],
    [
      'names of tags',
      (metric) => wire(metric),
      () => points('n', ...Array.from({ length: SERIES }, () => ({ [newText()]: 1 }))),
    ],
    [
      'names of metrics',
      (metric) => wire(metric, TAGS),
      () => resourceMetrics(Array.from({ length: SERIES }, () => sumData(newText(), 1))),
    ],
  ])('stays the same when %s are others in every export', async (_, translate, next) => {
    const reader = readerOf(translate);
    const readOne = () => {
      let count = 0;
      for (const series of seriesIn(reader, next())) count += series.points;
      expect(count).toBe(SERIES);
    };
    for (let time = 0; time < 10; time += 1) readOne();
    const before = await heapUsed();
    // Half a megabyte goes through with each: 50 MB in all, or 10 MB in part.
    for (let time = 0; time < EXPORTS; time += 1) readOne();
    expect(((await heapUsed()) - before) / 1e6).toBeLessThan(Math.max(5, EXPORTS / 10));
    // Keeps the reader, and all that it remembers, alive to here.
    readOne();
  });
});
