import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTags, plainTagWriter, redisField, seriesKey } from '../src/identity.ts';

describe('redisField', () => {
  it.each([
    ['foo', 'bf4e529197e56a48ae2737505b9736e4', 46],
    ['events.total', '574c4bd927bd88a7c500a86d4364ae2f', 52],
    ['1', '1', 1],
  ])('keeps %s where Sentry keeps it', (key, field, virtualNode) => {
    expect(redisField(key)).toEqual({ field, virtualNode });
  });

  it('has 64 hashes for whole numbers of any length, too', () => {
    expect(redisField('123456789012345').virtualNode).toBeLessThan(64);
    expect(redisField('01').field).toHaveLength(32);
  });
});

describe('seriesKey', () => {
  it('is the name of a counter without tags', () => {
    expect(seriesKey('counter', 'foo', '{}')).toBe('foo');
  });

  it('is not the name of a counter that looks like the key of something else', () => {
    const key = seriesKey('gauge', 'a', '{}');
    expect(seriesKey('counter', key, '{}')).not.toBe(key);
  });

  it('tells any two series apart', () => {
    const series = fc.tuple(
      fc.constantFrom('counter', 'gauge', 'distribution'),
      fc.oneof(fc.string(), fc.constantFrom('["gauge","a","{}"]', '["counter","a","{}"]', 'a')),
      fc.dictionary(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }), { maxKeys: 2 }),
    );
    fc.assert(
      fc.property(series, series, ([type, name, tags], [otherType, otherName, otherTags]) => {
        const text = plainTagWriter.write(tags);
        const otherText = plainTagWriter.write(otherTags);
        const isSame = type === otherType && name === otherName && text === otherText;
        expect(seriesKey(type, name, text) === seriesKey(otherType, otherName, otherText)).toBe(isSame);
      }),
    );
  });
});

describe('tags', () => {
  it('come back as they were, whatever they are called', () => {
    const text = plainTagWriter.write({ b: 1, a: '<"\n>', ['__proto__']: 'x', 10: true });
    expect(text).toBe(String.raw`{"10":"true","__proto__":"x","a":"<\"\n>","b":"1"}`);
    expect(Object.entries(parseTags(text))).toHaveLength(4);
  });
});
