import type { Attributes } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributesMap, neverChanges } from '../src/attributes-map.ts';

describe('AttributesMap', () => {
  // Few enough that many are alike in their first values.
  const text = fc.string({
    unit: fc.constantFrom('0', '1', '2', ':', '|', '#', '\0', '\n', '"', ',', 'a', 'é', '\ud800'),
    maxLength: 12,
  });
  const value = fc.oneof(
    text,
    fc.constantFrom(0, 1, 11, 112, -1, 1.5, 1e21, Number.NaN, Infinity, true, false, undefined),
    fc.constantFrom('0', '1', '11', 'true', 'undefined', 'NaN', -0),
  );
  const attributes = fc.oneof(
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { maxKeys: 4 }),
    fc.dictionary(text, value, { maxKeys: 4 }),
  );

  it('finds what was set for equal attributes, and for no others', () => {
    fc.assert(
      fc.property(fc.array(attributes, { minLength: 1, maxLength: 12 }), (list) => {
        const map = new AttributesMap<{ readonly index: number }>();
        const model: { readonly key: object; readonly found: { readonly index: number } }[] = [];
        for (const [index, key] of list.entries()) {
          const known = model.find((each) => isSame(each.key, key));
          // Another object with the same contents.
          expect(map.get({ ...key })).toBe(known?.found);
          if (known === undefined) {
            const found = { index };
            model.push({ key, found });
            map.set(key, found);
          }
          expect(map.size).toBe(model.length);
        }
        for (const { key, found } of model) expect(map.get({ ...key })).toBe(found);
      }),
      { numRuns: 3000 },
    );
  });

  function isSame(first: object, second: object): boolean {
    const [one, other] = [Object.entries(first), Object.entries(second)];
    const same = (a: unknown, b: unknown) => a === b || (a !== a && b !== b);
    return (
      one.length === other.length &&
      one.every(([name, item], index) => name === other[index]![0] && same(item, other[index]![1]))
    );
  }

  it('takes what is set last', () => {
    const map = new AttributesMap<object>();
    const [first, second] = [{}, {}];
    map.set({ a: 1, b: Number.NaN }, first);
    map.set({ a: 1, b: Number.NaN }, second);
    expect(map.get({ a: 1, b: Number.NaN })).toBe(second);
    expect(map.size).toBe(1);
  });

  it('tells numbers from their texts, and an absent attribute from an undefined one', () => {
    const map = new AttributesMap<object>();
    map.set({ a: 1, b: undefined }, {});
    map.set({ a: true }, {});
    expect(map.get({ a: '1', b: undefined })).toBeUndefined();
    expect(map.get({ a: 1 })).toBeUndefined();
    expect(map.get({ a: 'true' })).toBeUndefined();
    expect(map.get({})).toBeUndefined();
  });

  it('follows an object that is changed and used again', () => {
    const map = new AttributesMap<object>();
    const [first, second] = [{}, {}];
    const reused: Attributes = { a: 'x' };
    map.set(reused, first);
    reused['a'] = 'y';
    expect(map.get(reused)).toBeUndefined();
    map.set(reused, second);
    expect(map.get({ a: 'x' })).toBe(first);
    expect(map.get({ a: 'y' })).toBe(second);
  });

  it.each([
    ['an array', { a: ['x'] }],
    ['an object', { a: { b: 1 } }],
    ['null', { a: null }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('1') }],
    ['a BigInt', { a: 1n }],
    ['inherited attributes', Object.create({ a: 1 })],
    [
      'an instance of a class',
      new (class Tags {
        a = 1;
      })(),
    ],
    ['very many names', Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`name${index}`, 1]))],
  ])('keeps nothing for %s, which may change, be read in another way or take long', (_, given) => {
    const map = new AttributesMap<object>();
    map.set(given as Attributes, {});
    expect(map.get(given as Attributes)).toBeUndefined();
    expect(map.size).toBe(0);
  });

  it('takes attributes without a prototype', () => {
    const map = new AttributesMap<object>();
    const found = {};
    map.set(Object.assign(Object.create(null), { a: 1 }) as Attributes, found);
    expect(map.get({ a: 1 })).toBe(found);
  });

  it('does not grow with the lists of names', () => {
    const map = new AttributesMap<{ readonly index: number }>();
    for (let index = 0; index < 3000; index += 1) {
      map.set({ [`name${index}`]: 1 }, { index });
      expect(map.get({ [`name${index}`]: 1 })?.index).toBe(index);
      expect(map.size).toBeLessThanOrEqual(1000);
    }
  });

  it('forgets everything when it is cleared', () => {
    const map = new AttributesMap<object>();
    for (const a of ['x', 'y']) map.set({ a }, {});
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get({ a: 'x' })).toBeUndefined();
  });
});

describe('neverChanges', () => {
  it.each([
    [Object.freeze({ a: '1', b: 2, c: true }), true],
    [Object.freeze({}), true],
    [{ a: '1' }, false],
    [Object.freeze({ a: ['1'] }), false],
    [Object.seal({ a: '1' }), false],
  ])('%o: %s', (attributes, expected) => {
    expect(neverChanges(attributes)).toBe(expected);
  });
});
