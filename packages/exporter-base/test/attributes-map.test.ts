import type { Attributes } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributesMap } from '../src/series/attributes-map.ts';
import { runs } from '../../../test/runs.ts';

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
            map.add(key, found);
          }
          expect(map.size).toBe(model.length);
        }
        for (const { key, found } of model) expect(map.get({ ...key })).toBe(found);
      }),
      { numRuns: runs(3000) },
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

  it('finds what was added, in whichever order it is asked for', () => {
    const keys = fc.array(fc.record({ key: attributes, isFrozen: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    });
    const restart = fc.constant('restart' as const);
    const asked = fc.array(fc.oneof({ weight: 1, arbitrary: restart }, { weight: 8, arbitrary: fc.nat(5) }));
    fc.assert(
      fc.property(keys, asked, (list, steps) => {
        const map = new AttributesMap<{ readonly step: number }>();
        const all = list.map(({ key, isFrozen }) => (isFrozen ? Object.freeze({ ...key }) : key));
        const model: { readonly key: object; readonly found: { readonly step: number } }[] = [];
        for (const [step, which] of steps.entries()) {
          if (which === 'restart') {
            map.restart();
            continue;
          }
          const key = all[which % all.length]!;
          const isKnown = (each: object) => each === key || (!Object.isFrozen(each) && isSame(each, key));
          const known = model.find((each) => isKnown(each.key));
          expect(map.get(Object.isFrozen(key) ? key : { ...key })).toBe(known?.found);
          if (known === undefined) {
            model.push({ key, found: { step } });
            map.add(key, model.at(-1)!.found);
          }
        }
        expect(map.size).toBe(model.length);
      }),
      { numRuns: runs(3000) },
    );
  });

  it('tells numbers from their texts, and an absent attribute from an undefined one', () => {
    const map = new AttributesMap<object>();
    map.add({ a: 1, b: undefined }, {});
    map.add({ a: true }, {});
    expect(map.get({ a: '1', b: undefined })).toBeUndefined();
    expect(map.get({ a: 1 })).toBeUndefined();
    expect(map.get({ a: 'true' })).toBeUndefined();
    expect(map.get({})).toBeUndefined();
  });

  it('follows an object that is changed and used again', () => {
    const map = new AttributesMap<object>();
    const [first, second] = [{}, {}];
    const reused: Attributes = { a: 'x' };
    map.add(reused, first);
    reused['a'] = 'y';
    expect(map.get(reused)).toBeUndefined();
    map.add(reused, second);
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
    map.add(given as Attributes, {});
    expect(map.get(given as Attributes)).toBeUndefined();
    expect(map.size).toBe(0);
  });

  it('takes attributes without a prototype', () => {
    const map = new AttributesMap<object>();
    const found = {};
    map.add(Object.assign(Object.create(null), { a: 1 }) as Attributes, found);
    expect(map.get({ a: 1 })).toBe(found);
  });

  it('does not grow with the lists of names', () => {
    const map = new AttributesMap<{ readonly index: number }>();
    for (let index = 0; index < 3000; index += 1) {
      map.add({ [`name${index}`]: 1 }, { index });
      expect(map.get({ [`name${index}`]: 1 })?.index).toBe(index);
      expect(map.size).toBeLessThanOrEqual(1000);
    }
  });

  it('forgets everything when it is cleared', () => {
    const map = new AttributesMap<object>();
    for (const a of ['x', 'y']) map.add({ a }, {});
    const frozen = Object.freeze({ a: 'z' });
    map.add(frozen, {});
    map.clear();
    expect(map.size).toBe(0);
    for (const a of [{ a: 'x' }, { a: 'y' }, frozen]) expect(map.get(a)).toBeUndefined();
    map.restart();
    expect(map.get({ a: 'x' })).toBeUndefined();
  });

  it('knows again an object that is frozen, without looking into it', () => {
    const map = new AttributesMap<object>();
    const found = {};
    let reads = 0;
    const frozen = Object.freeze(
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get() {
          reads += 1;
          return 'x';
        },
      }),
    );
    map.add(frozen, found);
    reads = 0;
    for (let round = 0; round < 3; round += 1) {
      expect(map.get(frozen)).toBe(found);
      map.restart();
    }
    expect(reads).toBe(0);
    expect(map.get({ a: 'x' })).toBeUndefined();
  });

  it('looks into objects that are only sealed, and keeps nothing of frozen ones in which something may change', () => {
    const map = new AttributesMap<object>();
    const sealed = Object.seal({ a: 'x' });
    map.add(sealed, {});
    sealed.a = 'y';
    expect(map.get(sealed)).toBeUndefined();
    const deep = Object.freeze({ a: ['x'] });
    map.add(deep, {});
    expect(map.get(deep)).toBeUndefined();
  });

  it('finds nothing for inherited attributes that are those it expects', () => {
    const map = new AttributesMap<object>();
    map.add({ a: 1 }, {});
    map.restart();
    expect(map.get(Object.create({ a: 1 }) as Attributes)).toBeUndefined();
  });
});
