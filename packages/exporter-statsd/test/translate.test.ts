import type { Attributes } from '@opentelemetry/api';
import type { HistogramValue, Metric, Refusal, Series, Value } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { HOST_1 } from '../../exporter-base/test/processes.ts';
import { readOptions } from '../src/options.ts';
import type { StatsdMetricExporterOptions } from '../src/index.ts';
import { createFormat } from '../src/format.ts';
import { createTranslator } from '../src/translate.ts';

interface Point extends Metric {
  readonly value: Value;
  readonly attributes: Attributes;
}

const about = {
  isUpDown: false,
  name: 'n',
  unit: '',
  description: '',
  scope: { name: 'test' },
  attributes: { k: 'v' },
};
const counter = (value: number): Point => ({ ...about, type: 'sum', value });
const upDown = (value: number): Point => ({ ...about, type: 'gauge', isUpDown: true, value });
const gauge = (value: number): Point => ({ ...about, type: 'gauge', value });
const histogram = (value: Partial<HistogramValue>, unit = ''): Point => ({
  ...about,
  unit,
  type: 'histogram',
  value: {
    type: 'explicit',
    boundaries: [10],
    counts: [1, 1],
    count: 2,
    sum: 30,
    min: 5,
    max: 25,
    ...value,
  } as HistogramValue,
});

/** The lines of a point, or why there are none. */
function translate(
  point: Point,
  options: StatsdMetricExporterOptions = {},
  resource: Attributes = {},
): Refusal | 'nothing' | readonly string[] {
  const settings = { ...readOptions(options, {}), ownProcess: HOST_1 };
  const wire = createTranslator(settings)(resource)(point);
  if ('refused' in wire) return wire;
  const verdict = wire.filter(point.value);
  if (verdict !== undefined) return verdict;
  const series = seriesOf(point, wire.name, wire.tags.write(point.attributes));
  const lines = createFormat(settings)(series);
  return typeof lines === 'string' ? [lines] : lines;
}

function seriesOf({ type, value, unit }: Point, name: string, tags: string): Series {
  return {
    type,
    value,
    name,
    baseName: name,
    tags,
    unit,
    startMillis: 0,
    endMillis: 1,
    points: 1,
    amount: 0,
  } as Series;
}

describe('a counter', () => {
  it('is its whole increase, and nothing when it is zero', () => {
    expect(translate(counter(1_000_000))).toEqual(['n:1000000|c|#k:v']);
    expect(translate(counter(0.5))).toEqual(['n:0.5|c|#k:v']);
    expect(translate(counter(0))).toBe('nothing');
  });

  it('that whole numbers of 64 bits can not hold is refused only where these are asked for', () => {
    const series = seriesOf(counter(2 ** 63), 'n', '');
    expect(createFormat(readOptions({ wholeCounters: true }, {}))(series)).toMatchObject({
      refused: 'notRepresentable',
    });
    expect(createFormat(readOptions({}, {}))(series)).toBe(`n:${2 ** 63}|c`);
  });

  it('that came to zero by merging has no line', () => {
    expect(createFormat(readOptions({}, {}))(seriesOf(counter(0), 'n', ''))).toEqual([]);
  });
});

describe('a gauge', () => {
  it('is its value', () => {
    expect(translate(gauge(0))).toEqual(['n:0|g|#k:v']);
    expect(translate(gauge(-2))).toEqual(['n:0|g|#k:v\nn:-2|g|#k:v']);
  });
});

describe('the process tag', () => {
  it('is on up-down counters by default, and on gauges if wanted', () => {
    expect(translate(upDown(3))).toEqual(['n:3|g|#k:v,process:host-1']);
    expect(translate(upDown(3), { processTag: false })).toEqual(['n:3|g|#k:v']);
    expect(translate(gauge(3), { processTag: 'gauges' })).toEqual(['n:3|g|#k:v,process:host-1']);
    expect(translate(upDown(3), { processTag: 'gauges' })).toEqual(['n:3|g|#k:v,process:host-1']);
    expect(translate(counter(3), { processTag: 'gauges' })).toEqual(['n:3|c|#k:v']);
    expect(translate(counter(3), { histograms: 'aggregates' })).toEqual(['n:3|c|#k:v']);
  });

  it('is the service instance if the resource knows it', () => {
    expect(translate(upDown(3), {}, { 'service.instance.id': 'i-7' })).toEqual(['n:3|g|#k:v,process:i-7']);
    expect(translate(upDown(3), {}, { 'service.instance.id': '' })).toEqual(['n:3|g|#k:v,process:host-1']);
  });

  it("leaves a point's own tag of that name alone", () => {
    expect(translate({ ...upDown(3), attributes: { process: 'mine' } })).toEqual(['n:3|g|#process:mine']);
  });

  it('is on the aggregates of histograms, which would overwrite each other, and not on samples', () => {
    expect(translate(histogram({}), { histograms: 'aggregates' })?.[0 as never]).toBe(
      'n.count:2|c|#k:v,process:host-1',
    );
    expect(translate(histogram({}))?.[0 as never]).toBe('n:5|ms|#k:v');
  });
});

describe('names and tags', () => {
  it('are prefix and name, made safe', () => {
    expect(translate({ ...counter(1), name: 'a/b c' }, { prefix: 'shop: ' })).toEqual([
      'shop__a_b_c:1|c|#k:v',
    ]);
  });

  it('are those of the options, of chosen resource attributes, and of the point, the latter stronger', () => {
    const resource = { 'service.name': 'web', region: 'eu', secret: 'x', k: 'resource' };
    const options = {
      tags: { region: 'static', team: 1, k: 'static' },
      resourceTags: ['service.name', 'region', 'k', 'none'],
    };
    expect(translate(counter(1), options, resource)).toEqual([
      'n:1|c|#k:v,region:eu,service.name:web,team:1',
    ]);
  });

  it('follow a resource that changes', () => {
    const settings = readOptions({ resourceTags: ['region'] }, {});
    const translator = createTranslator(settings);
    const tags = (region: string) => {
      const wire = translator({ region })(counter(1));
      return 'refused' in wire ? wire : wire.tags.write({ k: 'v' });
    };
    expect([tags('eu'), tags('us'), tags('eu')]).toEqual([
      '|#k:v,region:eu',
      '|#k:v,region:us',
      '|#k:v,region:eu',
    ]);
  });
});

describe('the writer of tags', () => {
  it('stays the same while the resource says the same, so that what it wrote can be remembered', () => {
    const translator = createTranslator(readOptions({ resourceTags: ['region'] }, {}));
    const writerOf = (resource: Attributes) => {
      const wire = translator(resource)(counter(1));
      return 'refused' in wire ? wire : wire.tags;
    };
    const first = writerOf({ region: 'eu', other: 1 });
    expect(writerOf({ region: 'eu', other: 2 })).toBe(first);
    expect(writerOf({ region: 'us' })).not.toBe(first);
  });
});

describe('a histogram', () => {
  it.each([
    ['', 5, 25],
    ['By', 5, 25],
    ['ms', 5, 25],
    ['s', 5000, 25_000],
    ['us', 0.005, 0.025],
    ['ns', 0.000005, 0.000025],
    ['min', 300_000, 1_500_000],
    ['h', 18_000_000, 90_000_000],
    ['d', 432_000_000, 2_160_000_000],
  ])('of unit %j is timings in milliseconds', (unit, low, high) => {
    const lines = translate(histogram({}, unit)) as string[];
    const values = lines.map((line) => Number(/:([^|]*)\|ms\|#k:v$/.exec(line)?.[1]));
    expect(values.toSorted((a, b) => a - b)).toEqual([expect.closeTo(low, 9), expect.closeTo(high, 6)]);
  });

  it('of more values than the limit has as many timings as the limit, with weights that add up', () => {
    const value = { counts: [60_000, 43_210], count: 103_210, sum: 1_500_000, min: 0, max: 100 };
    const lines = translate(histogram(value), { sampleLimit: 50 }) as string[];
    const weights = lines.map((line) => Math.trunc(1 / Number(/\|ms\|@([\d.]+)\|#k:v$/.exec(line)?.[1])));
    expect(lines).toHaveLength(50);
    expect(weights.reduce((a, b) => a + b, 0)).toBe(103_210);
  });

  it('as aggregates is exact totals and percentiles, in its own unit', () => {
    const options = { histograms: 'aggregates', processTag: false, dialect: 'graphite' } as const;
    const lines = translate(histogram({}, 's'), options) as string[];
    expect(lines.slice(0, 5)).toEqual([
      'n.count;k=v:2|c',
      'n.sum;k=v:30|g',
      'n.min;k=v:5|g',
      'n.max;k=v:25|g',
      'n.mean;k=v:15|g',
    ]);
    expect(lines.slice(5).map((line) => line.split(';')[0])).toEqual(['n.p50', 'n.p90', 'n.p95', 'n.p99']);
  });

  it('as aggregates leaves out what was not recorded', () => {
    const lines = translate(histogram({ sum: undefined, min: undefined, max: undefined }), {
      histograms: 'aggregates',
      processTag: false,
      dialect: 'none',
    }) as string[];
    expect(lines.map((line) => line.split(':')[0])).toEqual(['n.count', 'n.p50', 'n.p90', 'n.p95', 'n.p99']);
  });

  it('with values below zero is refused as samples, and can be sent as aggregates', () => {
    const negative = histogram({ boundaries: [0], min: -5, max: 25, sum: 20 });
    expect(translate(negative)).toMatchObject({ refused: 'notRepresentable' });
    expect(translate(negative, { histograms: 'aggregates', processTag: false })?.[2 as never]).toBe(
      'n.min:0|g|#k:v\nn.min:-5|g|#k:v',
    );
    expect(translate(histogram({ boundaries: [-10], min: undefined, max: undefined }))).toMatchObject({
      refused: 'notRepresentable',
    });
  });

  it.each([
    [[-10, 10], [0, 1, 0], true],
    [[-10, 10], [0, 0, 1], false],
    [[0, 10], [0, 1, 0], false],
    [[-20, -10], [0, 0, 1], true],
  ])(
    'whose smallest value nobody recorded is filtered by boundaries %j and counts %j',
    (boundaries, counts, is) => {
      const verdict = translate(
        histogram({ boundaries, counts, count: 1, sum: 1, min: undefined, max: undefined }),
      );
      expect(typeof verdict === 'object' && 'refused' in verdict).toBe(is);
    },
  );

  it.each([
    [[0, 2, 0], true],
    [[0, 0], false],
    [[], false],
  ])(
    'whose smallest value nobody recorded is filtered by exponential buckets below zero: %j',
    (bucketCounts, is) => {
      const verdict = translate(
        histogram({
          type: 'exponential',
          scale: 0,
          zeroCount: 0,
          negative: { offset: 0, bucketCounts },
          positive: { offset: 0, bucketCounts: [1] },
          min: undefined,
          max: undefined,
        }),
      );
      expect(typeof verdict === 'object' && 'refused' in verdict).toBe(is);
    },
  );

  it('without values is left out', () => {
    expect(translate(histogram({ counts: [0, 0], count: 0, sum: 0, min: undefined, max: undefined }))).toBe(
      'nothing',
    );
  });
});
