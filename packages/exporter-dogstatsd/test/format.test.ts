import type { HistogramValue, Series } from '@tallykit/exporter-base';
import { parseDogStatsdPayload, type ParsedDogStatsdMetric } from '@tallykit/testkit';
import { safeName } from '@tallykit/exporter-base/datadog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISTRIBUTIONS, explicitHistogram, record } from '../../exporter-base/test/record.ts';
import { seededRandom } from '../../../test/random.ts';
import { createFormat } from '../src/format.ts';
import { derivedSeries, type HistogramFormatOptions } from '../src/histogram-format.ts';
import { safeField, tagSpelling } from '../src/tags.ts';
import { hostile } from './hostile.ts';
import { runs } from '../../../test/runs.ts';

const OPTIONS: HistogramFormatOptions = {
  histograms: 'distribution',
  valuePacking: false,
  originFields: '',
  maxPayloadBytes: 1432,
};

const about = {
  name: 'shop.orders',
  tags: '|#plan:pro',
  unit: '',
  startMillis: 0,
  endMillis: 1,
  points: 1,
  amount: 0,
};
const counter = (value: number): Series => ({ ...about, type: 'sum', value });
const gauge = (value: number): Series => ({ ...about, type: 'gauge', value });
const histogram = (value: HistogramValue, unit = ''): Series => ({
  ...about,
  unit,
  type: 'histogram',
  baseName: about.name,
  value,
});

/** 1, 2, 2, 2, 2, 2, 8: three samples with the weights 1, 5, 1. */
const SEVEN = explicitHistogram({
  boundaries: [1.99, 2],
  counts: [1, 5, 1],
  count: 7,
  sum: 19,
  min: 1,
  max: 8,
});

function format(series: Series, options: Partial<HistogramFormatOptions> = {}, second?: number): string[] {
  return [createFormat({ ...OPTIONS, ...options })(series, second)].flat();
}

describe('a series', () => {
  it('writes counters and gauges', () => {
    expect(format(counter(3))).toEqual(['shop.orders:3|c|#plan:pro']);
    expect(format(counter(1e-7))).toEqual(['shop.orders:0.0000001|c|#plan:pro']);
    expect(format(counter(0))).toEqual([]);
    expect(format(gauge(0))).toEqual(['shop.orders:0|g|#plan:pro']);
    expect(format(gauge(-5.5))).toEqual(['shop.orders:-5.5|g|#plan:pro']);
    expect(format({ ...gauge(1e21), tags: '' })).toEqual(['shop.orders:1000000000000000000000|g']);
  });

  it('writes the time and the origin behind the tags', () => {
    const options = { originFields: '|c:ci-abc|card:low' };
    expect(format(counter(3), options, 1_700_000_000)).toEqual([
      'shop.orders:3|c|T1700000000|#plan:pro|c:ci-abc|card:low',
    ]);
    expect(format(gauge(3), options)).toEqual(['shop.orders:3|g|#plan:pro|c:ci-abc|card:low']);
    expect(format(histogram(SEVEN), options, 1_700_000_000)[0]).toBe(
      'shop.orders:1|d|#plan:pro|c:ci-abc|card:low',
    );
  });

  it.each([
    ['distribution', 'd'],
    ['histogram', 'h'],
    ['timing', 'ms'],
  ] as const)('writes a histogram as %s', (histograms, type) => {
    expect(format(histogram(SEVEN), { histograms }).toSorted()).toEqual([
      `shop.orders:1|${type}|#plan:pro`,
      `shop.orders:2|${type}|@0.2|#plan:pro`,
      `shop.orders:8|${type}|#plan:pro`,
    ]);
  });

  it.each([
    ['s', 'timing', 1000, 8000],
    ['us', 'timing', 0.001, 0.008],
    ['By', 'timing', 1, 8],
    ['s', 'distribution', 1, 8],
    ['s', 'histogram', 1, 8],
  ] as const)('of unit %j as %s', (unit, histograms, low, high) => {
    const lines = format(histogram(SEVEN, unit), { histograms });
    const values = lines
      .map((line) => Number(/:([^|]+)/.exec(line)?.[1]))
      .toSorted((one, other) => one - other);
    expect([values[0], values.at(-1)]).toEqual([low, high]);
  });

  it('packs values of equal weight into one line', () => {
    expect(format(histogram(SEVEN), { valuePacking: true }).toSorted()).toEqual([
      'shop.orders:1:8|d|#plan:pro',
      'shop.orders:2|d|@0.2|#plan:pro',
    ]);
  });

  it('packs as many values into a line as a payload holds, to the byte', () => {
    const counts = Array.from({ length: 100 }, () => 1);
    const boundaries = Array.from({ length: 99 }, (_, index) => 2 ** (index / 8));
    const spread = explicitHistogram({ boundaries, counts, count: 100, sum: 60_000, min: 0.5, max: 5800 });
    const tags = '|#city:Zürich 🚲';
    const whole = format({ ...histogram(spread), tags }, { valuePacking: true, maxPayloadBytes: 65_000 });
    expect(whole).toHaveLength(1);
    for (let maxPayloadBytes = 256; maxPayloadBytes < 320; maxPayloadBytes += 1) {
      const lines = format({ ...histogram(spread), tags }, { valuePacking: true, maxPayloadBytes });
      const parsed = parseDogStatsdPayload(lines.join('\n')) as ParsedDogStatsdMetric[];
      expect(parsed.flatMap(({ values }) => values)).toHaveLength(100);
      const lengths = lines.map((line) => Buffer.byteLength(line));
      expect(Math.max(...lengths)).toBeLessThanOrEqual(maxPayloadBytes);
      // Another value would not have fitted.
      for (const [index, length] of lengths.slice(0, -1).entries()) {
        const next = `:${parsed[index + 1]!.values[0]}`;
        expect(length + next.length).toBeGreaterThan(maxPayloadBytes);
      }
    }
  });
});

describe('tags', () => {
  const spelling = tagSpelling();

  it.each([
    ['plan', 'pro', 'plan:pro'],
    ['http.route', '/users/:id?a=1#top @ 2', 'http.route:/users/:id?a=1#top @ 2'],
    ['a:b c', 'x,y|z', 'a_b_c:x_y_z'],
    ['a', 'line\r\nbreak', 'a:line__break'],
    ['a', 'ends:', 'a:ends_'],
    ['a', '', 'a:n/a'],
    ['', 'v', '_:v'],
    ['größe', '😀\ud83d', 'größe:😀_'],
  ])('%j with the value %j', (name, text, tag) => {
    expect(spelling.join([[spelling.key(name), spelling.value(text)]])).toBe(`|#${tag}`);
  });

  it('have at most 200 characters, cut between characters', () => {
    expect(spelling.join([['k', spelling.value('😀'.repeat(300))]])).toBe(`|#k:${'😀'.repeat(198)}`);
    expect(spelling.join([[spelling.key('é'.repeat(300)), spelling.value('v'.repeat(300))]])).toBe(
      `|#${'é'.repeat(198)}:v`,
    );
    expect(spelling.join([['k', spelling.value(`${'v'.repeat(197)}::`)]])).toBe(`|#k:${'v'.repeat(197)}_`);
  });

  it('of 200 characters stay as they are', () => {
    const text = '🚲'.repeat(196);
    expect(spelling.join([['abc', spelling.value(text)]])).toBe(`|#abc:${text}`);
  });

  it('without a value stand behind the others', () => {
    const withBare = tagSpelling(['canary', 'a b']);
    expect(withBare.join([['k', 'v']])).toBe('|#k:v,canary,a_b');
    expect(withBare.join([])).toBe('|#canary,a_b');
    expect(spelling.join([])).toBe('');
  });
});

it('fields lose what would end them', () => {
  expect(safeField('a|b\nc\r\u2028d\ud800')).toBe('a_b_c__d_');
  expect(safeField('😀'.repeat(9), 5)).toBe('😀'.repeat(5));
});

it('nothing in a name or a tag makes a line, a tag or a field', () => {
  const spelling = tagSpelling();
  fc.assert(
    fc.property(
      hostile,
      fc.array(fc.tuple(hostile, hostile), { maxLength: 4 }),
      fc.constantFrom<'sum' | 'gauge'>('sum', 'gauge'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => number !== 0),
      fc.constantFrom('', '|c:ci-abc|e:it-false,cn-web,pu-75a2|card:high'),
      (name, tags, type, number, originFields) => {
        const safeTags = new Map(tags.map(([one, other]) => [spelling.key(one), spelling.value(other)]));
        const series = {
          ...about,
          name: safeName(name),
          tags: spelling.join([...safeTags]),
          type,
          value: number,
        };
        const [parsed, ...others] = parseDogStatsdPayload(format(series, { originFields }).join('\n'));
        expect(others).toEqual([]);
        expect(parsed).toMatchObject({ kind: 'metric', name: safeName(name), values: [number] });
        expect(Object.keys(parsed!.tags)).toHaveLength(safeTags.size);
        expect(parsed!.cardinality).toBe(originFields === '' ? undefined : 'high');
      },
    ),
    { numRuns: runs(3000) },
  );
});

it.each([
  { values: 10, lines: 10, bytes: 1300, packedBytes: 300 },
  { values: 100, lines: 70, bytes: 9000, packedBytes: 1750 },
  { values: 1000, lines: 205, bytes: 28_500, packedBytes: 5700 },
  { values: 10_000, lines: 290, bytes: 41_500, packedBytes: 17_000 },
  { values: 200_000, lines: 370, bytes: 54_000, packedBytes: 41_500 },
])(
  'a series of $values values costs no more than docs/histograms.md says',
  async ({ values, ...expected }) => {
    const random = seededRandom(3);
    const value = await record(Array.from({ length: values }, () => DISTRIBUTIONS.logNormal(random)));
    const series = {
      ...histogram(value),
      name: 'http.server.request.duration',
      tags: '|#env:prod,method:GET,route:/api/orders,service:shop,status:200,version:1.2.3',
    };
    const plain = format(series);
    const sizeOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length + 1, 0);
    expect(plain.length).toBeLessThanOrEqual(expected.lines);
    expect(sizeOf(plain)).toBeLessThanOrEqual(expected.bytes);
    expect(sizeOf(format(series, { valuePacking: true }))).toBeLessThanOrEqual(expected.packedBytes);
  },
);

describe('packed values', () => {
  it('are milliseconds in timings of another unit', () => {
    const lines = format(histogram(SEVEN, 's'), { histograms: 'timing', valuePacking: true });
    expect(lines.toSorted()).toEqual([
      'shop.orders:1000:8000|ms|#plan:pro',
      'shop.orders:2000|ms|@0.2|#plan:pro',
    ]);
  });

  it('are each in a line of their own where there is room for one only, and no line has none', () => {
    const lines = format(histogram(SEVEN), { valuePacking: true, maxPayloadBytes: 1 });
    expect(lines.toSorted()).toEqual([
      'shop.orders:1|d|#plan:pro',
      'shop.orders:2|d|@0.2|#plan:pro',
      'shop.orders:8|d|#plan:pro',
    ]);
  });
});

it.each([
  ['distribution', undefined],
  ['histogram', { suffixes: ['.avg', '.count', '.max', '.median', '.95percentile'], maxNameLength: 200 }],
  ['timing', { suffixes: ['.avg', '.count', '.max', '.median', '.95percentile'], maxNameLength: 200 }],
] as const)(
  'knows the series that the Agent makes of a histogram that is sent as %s',
  (histograms, expected) => {
    expect(derivedSeries({ histograms })).toEqual(expected);
  },
);
