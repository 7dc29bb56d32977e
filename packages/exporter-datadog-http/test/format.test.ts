import { TagWriter, type HistogramValue, type Series } from '@tallykit/exporter-base';
import { parseDatadogPayload } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFormat } from '../src/format.ts';
import { aggregateSuffixes } from '../src/histogram-format.ts';
import { formOf, type FormatOptions } from '../src/point.ts';
import { listTags, splitTags, tagSpelling } from '../src/tags.ts';
import { datadogUnit } from '../src/units.ts';

const SECOND = 1_700_000_010;
const V2: FormatOptions = {
  apiVersion: 'v2',
  countersAs: 'count',
  histograms: 'sketches',
  aggregates: { count: true, sum: true, avg: true, min: true, max: true },
  percentiles: [50, 99.9],
};

function series(part: Partial<Series>): Series {
  return {
    type: 'sum',
    value: 3,
    name: 'orders',
    tags: 'host:web-1,plan:pro,region:eu',
    unit: '',
    startMillis: 1_700_000_000_250,
    endMillis: 1_700_000_010_750,
    baseName: part.name ?? 'orders',
    ...part,
  } as Series;
}

function formatSeries(one: Series, timestamp: number, options: FormatOptions): string {
  const text = createFormat(options)(one, timestamp);
  if (typeof text === 'object') throw new Error(text.reason);
  return text;
}

const histogram: HistogramValue = {
  type: 'explicit',
  boundaries: [10],
  counts: [2, 1],
  count: 3,
  sum: 36,
  min: 4,
  max: 25,
};

describe('series', () => {
  it('are JSON of version 2: a count with its interval', () => {
    expect(formatSeries(series({ unit: '{request}' }), SECOND, V2)).toBe(
      '{"metric":"orders","type":1,"unit":"request","interval":10,"points":[{"timestamp":1700000010,"value":3}],' +
        '"resources":[{"type":"host","name":"web-1"}],"tags":["plan:pro","region:eu"]}',
    );
  });

  it('are JSON of version 2: a gauge, without an interval, and without host, tags and unit if there are none', () => {
    expect(formatSeries(series({ type: 'gauge', value: -1.5, tags: '' }), SECOND, V2)).toBe(
      '{"metric":"orders","type":3,"points":[{"timestamp":1700000010,"value":-1.5}],"resources":[],"tags":[]}',
    );
  });

  it('are JSON of version 1', () => {
    const version1: FormatOptions = { ...V2, apiVersion: 'v1' };
    expect(formatSeries(series({ unit: 'ms' }), SECOND, version1)).toBe(
      '{"metric":"orders","type":"count","interval":10,"points":[[1700000010,3]],"host":"web-1","tags":["plan:pro","region:eu"]}',
    );
    expect(formatSeries(series({ type: 'gauge', value: 1e21, tags: '' }), SECOND, version1)).toBe(
      '{"metric":"orders","type":"gauge","points":[[1700000010,1e+21]],"host":"","tags":[]}',
    );
  });

  it('are rates when these are asked for: the increase for each second of the interval that goes with it', () => {
    const rates: FormatOptions = { ...V2, countersAs: 'rate' };
    expect(formatSeries(series({ unit: '{request}' }), SECOND, rates)).toBe(
      '{"metric":"orders","type":2,"unit":"request","interval":10,"points":[{"timestamp":1700000010,"value":0.3}],' +
        '"resources":[{"type":"host","name":"web-1"}],"tags":["plan:pro","region:eu"]}',
    );
    expect(formatSeries(series({}), SECOND, { ...rates, apiVersion: 'v1' })).toBe(
      '{"metric":"orders","type":"rate","interval":10,"points":[[1700000010,0.3]],"host":"web-1","tags":["plan:pro","region:eu"]}',
    );
    // Less than a second is sent as one, and divided by one.
    expect(formatSeries(series({ endMillis: 1_700_000_000_900, tags: '' }), SECOND, rates)).toBe(
      '{"metric":"orders","type":2,"interval":1,"points":[{"timestamp":1700000010,"value":3}],"resources":[],"tags":[]}',
    );
    const gauge = series({ type: 'gauge', value: -1.5, tags: '' });
    expect(formatSeries(gauge, SECOND, rates)).toBe(formatSeries(gauge, SECOND, V2));
  });

  it('that are rates give the increase again, whatever it is and however long it took', () => {
    const increase = fc.oneof(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.double({ min: 1e-12, max: 1e300, noNaN: true }),
    );
    const millis = fc.double({ min: 0, max: 7_200_000, noNaN: true });
    fc.assert(
      fc.property(
        increase,
        millis,
        fc.double({ min: 0, max: 999.999, noNaN: true }),
        fc.constantFrom('v1', 'v2'),
        (value, length, offset, apiVersion) => {
          const startMillis = 1_700_000_000_000 + offset;
          const one = series({ value, startMillis, endMillis: startMillis + length });
          const path = `/api/${apiVersion}/series`;
          const text = formatSeries(one, SECOND, { ...V2, apiVersion, countersAs: 'rate' });
          const [read] = parseDatadogPayload(path, Buffer.from(`{"series":[${text}]}`))!.series;
          expect(read!.type).toBe('rate');
          expect(Math.abs((read!.points[0]!.value * read!.interval) / value - 1)).toBeLessThan(1e-12);
          // The length, to the whole seconds between which it lies.
          expect(Math.abs(read!.interval - Math.max(length / 1000, 1))).toBeLessThan(1);
        },
      ),
    );
  });

  it.each([
    [1_700_000_000_000, 1_700_000_010_000, 10],
    [1_700_000_000_999, 1_700_000_010_001, 10],
    [1_700_000_000_001, 1_700_000_010_999, 10],
    [1_700_000_000_100, 1_700_000_000_900, 1],
    [1_700_000_000_100, 1_700_000_000_100, 1],
  ])('that count from %d to %d have an interval of %d s', (startMillis, endMillis, interval) => {
    const text = formatSeries(series({ startMillis, endMillis }), SECOND, V2);
    expect(JSON.parse(text)).toMatchObject({ interval });
  });

  it('of successive intervals cover all seconds, none of them twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1000, max: 60_000, noNaN: true }), { minLength: 1 }),
        (lengths) => {
          let [end, covered] = [1_700_000_000_123.4, 0];
          for (const length of lengths) {
            const text = formatSeries(series({ startMillis: end, endMillis: end + length }), SECOND, V2);
            covered += (JSON.parse(text) as { interval: number }).interval;
            end += length;
          }
          expect(covered).toBe(Math.floor(end / 1000) - 1_700_000_000);
        },
      ),
    );
  });
});

describe('histograms', () => {
  it('are aggregates when they are asked for, together in one text', () => {
    const options: FormatOptions = { ...V2, histograms: 'aggregates' };
    const text = formatSeries(series({ type: 'histogram', value: histogram, unit: 'ms' }), SECOND, options);
    const common = {
      resources: [{ type: 'host', name: 'web-1' }],
      tags: ['plan:pro', 'region:eu'],
    };
    const point = (value: unknown) => ({ ...common, points: [{ timestamp: SECOND, value }] });
    const gauge = { type: 3, unit: 'millisecond' };
    expect(JSON.parse(`[${text}]`)).toEqual([
      { metric: 'orders.count', type: 1, interval: 10, ...point(3) },
      { metric: 'orders.sum', type: 1, interval: 10, unit: 'millisecond', ...point(36) },
      { metric: 'orders.avg', ...gauge, ...point(12) },
      { metric: 'orders.min', ...gauge, ...point(4) },
      { metric: 'orders.max', ...gauge, ...point(25) },
      { metric: 'orders.50percentile', ...gauge, ...point(expect.closeTo(7, 6)) },
      { metric: 'orders.99.9percentile', ...gauge, ...point(25) },
    ]);
  });

  it('are aggregates with a rate for their number, and a count for their sum', () => {
    const options: FormatOptions = { ...V2, histograms: 'aggregates', countersAs: 'rate', percentiles: [] };
    const text = formatSeries(series({ type: 'histogram', value: histogram }), SECOND, options);
    const read = JSON.parse(`[${text}]`) as { metric: string; type: number; interval?: number }[];
    expect(read.map(({ metric, type, interval }) => [metric, type, interval])).toEqual([
      ['orders.count', 2, 10],
      ['orders.sum', 1, 10],
      ['orders.avg', 3, undefined],
      ['orders.min', 3, undefined],
      ['orders.max', 3, undefined],
    ]);
    expect(read[0]).toMatchObject({ points: [{ value: 0.3 }] });
    expect(read[1]).toMatchObject({ points: [{ value: 36 }] });
  });

  it.each(['count', 'sum', 'avg', 'min', 'max'] as const)('are aggregates without .%s', (left) => {
    const aggregates = { ...V2.aggregates, [left]: false };
    const options: FormatOptions = { ...V2, histograms: 'aggregates', aggregates, percentiles: [50] };
    const one = series({ type: 'histogram', value: histogram });
    const all = formatSeries(one, SECOND, { ...options, aggregates: V2.aggregates });
    const read = (text: string) => JSON.parse(`[${text}]`) as { metric: string }[];
    expect(read(formatSeries(one, SECOND, options))).toEqual(
      read(all).filter(({ metric }) => metric !== `orders.${left}`),
    );
    const names = read(formatSeries(one, SECOND, options)).map(({ metric }) => metric);
    expect(aggregateSuffixes(options).map((suffix) => `orders${suffix}`)).toEqual(names);
    expect(names).toHaveLength(5);
  });

  it('that know nothing of what is left to send are refused', () => {
    const value = { ...histogram, sum: undefined };
    const aggregates = { count: false, sum: true, avg: true, min: false, max: false };
    const options: FormatOptions = { ...V2, histograms: 'aggregates', aggregates, percentiles: [] };
    expect(createFormat(options)(series({ type: 'histogram', value }), SECOND)).toMatchObject({
      refused: 'notRepresentable',
      reason: expect.stringContaining('`aggregates`'),
    });
  });

  it('have no aggregates of what they do not know, and names that are not too long', () => {
    const value = { ...histogram, sum: undefined, min: undefined, max: undefined };
    const options: FormatOptions = { ...V2, histograms: 'aggregates', percentiles: [95] };
    const text = formatSeries(series({ type: 'histogram', value, name: 'x'.repeat(200) }), SECOND, options);
    const names = (JSON.parse(`[${text}]`) as { metric: string }[]).map(({ metric }) => metric);
    expect(names).toEqual([`${'x'.repeat(194)}.count`, `${'x'.repeat(187)}.95percentile`]);
  });

  it('of few values are their values when these are asked for', () => {
    const options: FormatOptions = { ...V2, histograms: 'points' };
    const few = series({ type: 'histogram', value: histogram });
    expect(formOf(few, options)).toBe('points');
    const { points, ...rest } = JSON.parse(formatSeries(few, SECOND, options)) as {
      points: [[number, number[]]];
    };
    expect(rest).toEqual({
      metric: 'orders',
      type: 'distribution',
      host: 'web-1',
      tags: ['plan:pro', 'region:eu'],
    });
    const [[timestamp, values]] = points;
    expect(timestamp).toBe(SECOND);
    expect(values).toEqual([4, expect.closeTo(7, 9), 25]);
    const many = { ...histogram, counts: [100, 1], count: 101 };
    expect(formOf(series({ type: 'histogram', value: many }), options)).toBe('sketch');
    expect(formOf(series({ type: 'histogram', value: histogram }), V2)).toBe('sketch');
    expect(formOf(series({ type: 'sum', value: 1 }), options)).toBe('series');
  });

  it('are sketches, one field of the payload each', () => {
    const text = formatSeries(series({ type: 'histogram', value: histogram, name: 'zeit' }), SECOND, V2);
    const body = Buffer.from(text + text, 'latin1');
    const sketch = {
      metric: 'zeit',
      host: 'web-1',
      tags: ['plan:pro', 'region:eu'],
      timestamp: SECOND,
      count: 3,
      sum: 36,
      min: 4,
      max: 25,
      average: 12,
    };
    expect(parseDatadogPayload('/api/beta/sketches', body)?.sketches).toMatchObject([sketch, sketch]);
  });
});

describe('tags', () => {
  const write = (attributes: Record<string, unknown>) => new TagWriter(tagSpelling()).write(attributes);

  it.each<[Record<string, unknown>, string]>([
    [{ plan: 'Pro', region: 'eu' }, 'plan:pro,region:eu'],
    [{ 'Plan Name': 'a b,c' }, 'plan_name:a_b_c'],
    [{ url: 'https://x/y?z' }, 'url:https://x/y_z'],
    [{ 'a:b': 'c:d' }, 'a_b:c:d'],
    [{ stadt: 'Zürich 🚲' }, 'stadt:zürich__'],
    [{ empty: '' }, 'empty:n/a'],
    [{ '5xx': 1, _x: true }, 'tag_5xx:1,tag__x:true'],
    [{ ends: 'a:' }, 'ends:a_'],
    [{ '': 'x' }, 'tag_:x'],
    [{ long: 'x'.repeat(300) }, `long:${'x'.repeat(195)}`],
    [{ long: '𝒙'.repeat(300) }, `long:${'𝒙'.repeat(195)}`],
    [{ host: 'Web-1.example', a: 1 }, 'a:1,host:Web-1.example'],
    [{ host: 'a b,c:d"' }, 'host:a_b_c:d"'],
    [{ host: '' }, ''],
  ])('%j become %j', (attributes, text) => {
    expect(write(attributes)).toBe(text);
  });

  it('without a value stand behind the others, each once', () => {
    const bare = new TagWriter(tagSpelling(['Urgent', 'urgent', 'a b,c', '5xx', 'x'.repeat(300)]));
    const text = bare.write({ plan: 'pro' });
    expect(listTags(text)).toEqual(['plan:pro', 'urgent', 'a_b_c', 'tag_5xx', 'x'.repeat(200)]);
    expect(new TagWriter(tagSpelling(['urgent'])).write({})).toBe('urgent');
    expect(splitTags(new TagWriter(tagSpelling(['urgent'])).write({ host: 'h' }))).toEqual({
      host: 'h',
      tags: 'urgent',
    });
  });

  it('that are equal to Datadog are one tag', () => {
    expect(write({ Plan: 'a', plan: 'b' })).toBe('plan:b');
    expect(write({ plan: 'Pro' })).toBe(write({ plan: 'pro' }));
  });

  it('can be read again, whatever they are made of', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(...':,"\\ {}[]\n\r\0\ud800aÉ🚲hosT/'.split('')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile, { maxKeys: 4 }), (attributes) => {
        const text = write(attributes);
        const { host, tags: others } = splitTags(text);
        const tags = listTags(others);
        // Written into JSON as they are.
        expect(JSON.stringify(others)).toBe(`"${others}"`);
        expect(tags.length).toBeLessThanOrEqual(Object.keys(attributes).length);
        for (const tag of tags.concat(host)) expect(tag).not.toMatch(/[,\p{Cc}\p{Cs}\s]/u);
        expect(tags.every((tag) => tag.includes(':') && !tag.endsWith(':'))).toBe(true);
        // Once more changes nothing.
        const again = Object.fromEntries(tags.map((tag) => tag.split(/:(.*)/s).slice(0, 2)));
        expect(splitTags(write(again)).tags).toBe(others);
      }),
    );
  });
});

describe('units', () => {
  it.each([
    ['By', 'byte'],
    ['KiBy', 'kibibyte'],
    ['ms', 'millisecond'],
    ['s', 'second'],
    ['%', 'percent'],
    ['Cel', 'degree celsius'],
    ['{request}', 'request'],
    ['{unheardOf}', undefined],
    ['{constructor}', undefined],
    ['constructor', undefined],
    ['1', undefined],
    ['', undefined],
    ['By/s', undefined],
  ])('%j is %j', (unit, word) => {
    expect(datadogUnit(unit)).toBe(word);
  });
});
