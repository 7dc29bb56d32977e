import type { Attributes } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeKeys, neverChanges } from '../src/attribute-keys.ts';

describe('AttributeKeys', () => {
  // Everything that keys are made of, and what could be taken for it.
  const text = fc.string({
    unit: fc.constantFrom('0', '1', '2', ':', '|', '#', '\0', '\n', '"', ',', 'a', 'é', '\ud800'),
    maxLength: 12,
  });
  const value = fc.oneof(
    text,
    fc.constantFrom(0, 1, 11, 112, -1, 1.5, 1e21, Number.NaN, Infinity, true, false, undefined),
    fc.constantFrom('0', '1', '11', 'true', 'undefined', 'NaN', '|1|', '1:1', '10:1234567'),
  );
  const attributes = fc.oneof(
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { maxKeys: 4 }),
    fc.dictionary(text, value, { maxKeys: 4 }),
  );

  it('are equal for equal attributes, and never for others', () => {
    fc.assert(
      fc.property(fc.array(attributes, { minLength: 2, maxLength: 8 }), (list) => {
        const keys = new AttributeKeys();
        const told = list.map((one) => keys.of(one as Attributes));
        for (const [first, key] of told.entries()) {
          expect(key).toBeTypeOf('string');
          // Another object with the same contents, after all the others.
          expect(keys.of({ ...list[first] })).toBe(key);
          for (const [second, other] of told.entries()) {
            expect(key === other).toBe(isSame(list[first]!, list[second]!));
          }
        }
      }),
      { numRuns: 2000 },
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

  it('tell where a number ends and the length of the next text begins', () => {
    const keys = new AttributeKeys();
    expect(keys.of({ a: 1, b: 'ab10:1234567', c: 'z' })).not.toBe(
      keys.of({ a: 11, b: 'ab', c: '12345671:z' }),
    );
  });

  it('tell numbers from their texts, and an absent attribute from an undefined one', () => {
    const keys = new AttributeKeys();
    expect(keys.of({ a: 1 })).not.toBe(keys.of({ a: '1' }));
    expect(keys.of({ a: undefined })).not.toBe(keys.of({}));
    expect(keys.of({ a: true })).not.toBe(keys.of({ a: 'true' }));
  });

  it.each([
    ['an array', { a: ['x'] }],
    ['an object', { a: { b: 1 } }],
    ['null', { a: null }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('|1|') }],
    ['a BigInt', { a: 1n }],
    ['inherited attributes', Object.create({ a: 1 })],
    [
      'an instance of a class',
      new (class Tags {
        a = 1;
      })(),
    ],
  ])('there is none for %s, which may change or be read in another way', (_, given) => {
    expect(new AttributeKeys().of(given as Attributes)).toBeUndefined();
  });

  it('there is one for attributes without a prototype', () => {
    const keys = new AttributeKeys();
    expect(keys.of(Object.assign(Object.create(null), { a: 1 }) as Attributes)).toBe(keys.of({ a: 1 }));
  });

  it('stay apart when there are more lists of names than are remembered', () => {
    const keys = new AttributeKeys();
    const all = Array.from({ length: 3000 }, (_, index) => keys.of({ [`name${index}`]: 1 }));
    expect(new Set(all).size).toBe(3000);
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
