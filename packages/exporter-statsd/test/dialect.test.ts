import { TagWriter } from '@tallykit/exporter-base';
import { parseStatsdPayload } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lineFormat,
  safeName,
  STATSD_DIALECTS,
  tagSpelling,
  type StatsdDialect,
  type StatsdType,
} from '../src/dialect.ts';
import { runs } from '../../../test/runs.ts';

const twoTags = [
  ['env', 'eu'],
  ['plan', 'pro'],
] as const;

interface Line {
  readonly tags: string;
  readonly type: StatsdType;
  readonly value: number;
  readonly weight: number;
}

function lineOf(
  dialect: StatsdDialect,
  { tags = '', type = 'c', value = 3, weight = 1 }: Partial<Line>,
): string {
  return lineFormat(dialect)('shop.orders', tags, type, value, weight);
}

describe('lineFormat', () => {
  it.each([
    ['dogstatsd', 'shop.orders:3|c|#env:eu,plan:pro', 'shop.orders:1.5|ms|@0.25|#env:eu,plan:pro'],
    ['graphite', 'shop.orders;env=eu;plan=pro:3|c', 'shop.orders;env=eu;plan=pro:1.5|ms|@0.25'],
    ['influx', 'shop.orders,env=eu,plan=pro:3|c', 'shop.orders,env=eu,plan=pro:1.5|ms|@0.25'],
    ['signalfx', 'shop.orders[env=eu,plan=pro]:3|c', 'shop.orders[env=eu,plan=pro]:1.5|ms|@0.25'],
    ['librato', 'shop.orders#env=eu,plan=pro:3|c', 'shop.orders#env=eu,plan=pro:1.5|ms|@0.25'],
    ['none', 'shop.orders:3|c', 'shop.orders:1.5|ms|@0.25'],
  ] as const)('writes %s', (dialect, counter, timing) => {
    const tags = tagSpelling(dialect).join(twoTags);
    expect(lineOf(dialect, { tags })).toBe(counter);
    expect(lineOf(dialect, { tags, type: 'ms', value: 1.5, weight: 4 })).toBe(timing);
  });

  it.each(STATSD_DIALECTS)('writes %s without tags', (dialect) => {
    const tags = tagSpelling(dialect).join([]);
    expect(lineOf(dialect, { tags, weight: 1 })).toBe('shop.orders:3|c');
  });

  it('sets a gauge below zero to 0 first, and only a gauge', () => {
    const tags = tagSpelling('dogstatsd').join(twoTags);
    expect(lineOf('dogstatsd', { type: 'g', value: -5, tags })).toBe(
      'shop.orders:0|g|#env:eu,plan:pro\nshop.orders:-5|g|#env:eu,plan:pro',
    );
    expect(lineOf('graphite', { type: 'g', value: -0.5, tags: ';a=b' })).toBe(
      'shop.orders;a=b:0|g\nshop.orders;a=b:-0.5|g',
    );
    expect(lineOf('none', { type: 'g', value: 5 })).toBe('shop.orders:5|g');
    expect(lineOf('none', { type: 'g', value: -0 })).toBe('shop.orders:0|g');
    expect(lineOf('none', { type: 'c', value: -5 })).toBe('shop.orders:-5|c');
  });

  it('never writes an exponent, in values or rates', () => {
    expect(lineOf('none', { value: 1e-7, type: 'ms', weight: 10_000_000 })).toBe(
      'shop.orders:0.0000001|ms|@0.0000001',
    );
    expect(lineOf('none', { value: 1e21 })).toBe('shop.orders:1000000000000000000000|c');
  });

  it('writes a rate from which a server that truncates gets the weight back', () => {
    expect(lineOf('none', { type: 'ms', weight: 93 })).toBe('shop.orders:3|ms|@0.01075268817204301');
  });
});

describe('unsafe characters', () => {
  it.each([
    ['http.server/duration', 'http.server_duration'],
    ['a b\tc\nd\re', 'a_b_c_d_e'],
    ['a:b|c@d#e,f;g=h[i]', 'a_b_c_d_e_f_g_h_i_'],
    ['größe😀', 'gr__e_'],
    ['half\ud800pair', 'half_pair'],
    ['', '_'],
  ])('in the name %j are replaced', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it.each([
    ['dogstatsd', 'a:b=c d', 'a_b_c_d', '/users/:id=1 x, |;#\r\n', '/users/:id=1 x_ __#__'],
    ['graphite', 'a:b=c d!^', 'a_b_c_d__', '~/users/:id=1;x, |', '_/users/_id_1_x___'],
    ['influx', 'a,b', 'a_b', 'x=1,y', 'x_1_y'],
    ['signalfx', 'a]b', 'a_b', 'x[1]', 'x_1_'],
    ['librato', 'a#b', 'a_b', 'x#1', 'x_1'],
  ] as const)('in tags of %s are replaced', (dialect, key, safeKey, value, safeValue) => {
    const spelling = tagSpelling(dialect);
    expect([spelling.key(key), spelling.value(value)]).toEqual([safeKey, safeValue]);
    expect([spelling.key(''), spelling.value('')]).toEqual(['_', '_']);
    expect(spelling.value('grüße 😀\u2028\ud83d')).toBe(
      dialect === 'dogstatsd' ? 'grüße 😀__' : 'grüße_😀__',
    );
  });

  it.each([
    ['__name', 'tag__name'],
    ['__proto__', 'tag__proto__'],
    ['__', 'tag__'],
    ['_name', '_name'],
    ['a__b', 'a__b'],
    // What becomes so by replacing.
    [': name', 'tag__name'],
    ['_\nname', 'tag__name'],
    // What becomes so at statsd_exporter.
    ['..name', 'tag..name'],
    ['_é', 'tag_é'],
    ['日本', 'tag日本'],
    ['😀', '😀'],
    ['é', 'é'],
    ['1_', '1_'],
  ])('in the key %j do not make a reserved label: it is written %j', (key, safe) => {
    for (const dialect of STATSD_DIALECTS.filter((one) => one !== 'none'))
      expect(tagSpelling(dialect).key(key)).toBe(safe);
  });

  it('that make two keys equal leave one of them', () => {
    const writer = new TagWriter(tagSpelling('influx'), { __a: 'shared' });
    expect(writer.write({ tag__a: 'first', _b: '1' })).toBe(',_b=1,tag__a=first');
  });

  // Every delimiter of every dialect, line ends, white space, halves of surrogate pairs, and some harmless characters.
  const hostile = fc.string({
    unit: fc.constantFrom(
      ...':|@#,;=[]~!^+-.0\n\r\t \u0000\u0085\u2028aZ_é€/\\"\''.split(''),
      '|#',
      '\ud83d',
      '\ude00',
      '😀',
    ),
    maxLength: 12,
  });

  it.each(STATSD_DIALECTS)('never make a line, a tag or a field in %s', (dialect) => {
    const spelling = tagSpelling(dialect);
    fc.assert(
      fc.property(
        hostile,
        fc.array(fc.tuple(hostile, hostile), { maxLength: 4 }),
        fc.constantFrom('c', 'g', 'ms'),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 1e6 }),
        (name, tags, type, anyValue, weight) => {
          const value = type === 'ms' ? Math.abs(anyValue) : anyValue;
          const safeTags = new Map(tags.map(([key, text]) => [spelling.key(key), spelling.value(text)]));
          const text = lineFormat(dialect)(safeName(name), spelling.join([...safeTags]), type, value, weight);
          const [parsed, ...others] = parseStatsdPayload(text, dialect);
          expect(others).toEqual([]);
          expect(parsed).toMatchObject({ name: safeName(name), type, value: value + 0 });
          expect({ ...parsed!.tags }).toEqual(dialect === 'none' ? {} : Object.fromEntries(safeTags));
          expect(Math.trunc(1 / parsed!.rate)).toBe(weight);
        },
      ),
      { numRuns: runs(2000) },
    );
  });
});
