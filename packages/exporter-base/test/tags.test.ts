import { describe, expect, it } from 'vitest';
import { TagWriter, type TagSpelling } from '../src/index.ts';
import { tagText } from '../src/series/tags.ts';

const spelling: TagSpelling = {
  key: (text) => text.replaceAll(',', '_'),
  value: (text) => text.replaceAll(',', '_'),
  join: (tags) => tags.map(([key, value]) => `${key}:${value}`).join(','),
};

describe('tagText', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;

  it.each([
    ['text', 'text'],
    [1.5, '1.5'],
    [false, 'false'],
    [10n, '10'],
    [['a', 'b'], '["a","b"]'],
    [{ a: 1 }, '{"a":1}'],
    [null, undefined],
    [undefined, undefined],
    [Symbol('s'), undefined],
    [() => 1, undefined],
    [cycle, undefined],
  ])('%o becomes %o', (value, text) => {
    expect(tagText(value)).toBe(text);
  });
});

describe('TagWriter', () => {
  it('sorts by key and lets the point win over the resource, and that over the static tags', () => {
    const writer = new TagWriter(
      spelling,
      { z: 'static', b: 'static', c: 'static' },
      { b: 'resource', c: 'resource' },
    );
    expect(writer.write({ c: 'point', a: 1 })).toBe('a:1,b:resource,c:point,z:static');
  });

  it('never writes a key twice, also when keys are equal only on the wire', () => {
    expect(new TagWriter(spelling, { 'a,b': 'static' }).write({ a_b: 'point' })).toBe('a_b:point');
  });

  it('keeps all values of a key in a list of tags, each once, until a stronger source has the key', () => {
    const list = [
      ['team', 'b'],
      ['a,b', 'x'],
      ['team', 'a'],
      ['a_b', 'y'],
      ['team', 'b'],
    ] as const;
    const writer = new TagWriter(spelling, { team: 'weaker', a_b: 'weaker' }, list);
    expect(writer.write({ z: 1 })).toBe('a_b:x,a_b:y,team:b,team:a,z:1');
    expect(writer.write({ team: 'point' })).toBe('a_b:x,a_b:y,team:point');
    expect(new TagWriter(spelling, list, { team: 'stronger' }).write({})).toBe('a_b:x,a_b:y,team:stronger');
  });

  it('writes what the attributes say now', () => {
    const writer = new TagWriter(spelling);
    const attributes = { a: '1' };
    expect(writer.write(attributes)).toBe('a:1');
    attributes.a = '2';
    expect(writer.write(attributes)).toBe('a:2');
  });
});
