import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnvironmentOptions, GivenOptions } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';

const names = ['host', 'port', 'mode', 'tags', 'list'] as const;
const given = (options: unknown) => new GivenOptions('X', options, names);
const ports = { min: 1, max: 65_535 };

describe('GivenOptions', () => {
  it('reads what is right, and undefined for what is missing', () => {
    const options = given({ host: 'h', port: 1, mode: 'a', tags: { a: 1, b: true }, list: ['x'] });
    expect(options.text('host')).toBe('h');
    expect(options.integer('port', ports)).toBe(1);
    expect(options.oneOf('mode', ['a', 'b'])).toBe('a');
    expect(options.tags('tags')).toEqual({ a: 1, b: true });
    expect(options.texts('list')).toEqual(['x']);
    expect(options.parse('port', 'odd', (value) => value === 1 && 'one')).toBe('one');
    expect(given({ host: undefined }).text('host')).toBeUndefined();
    expect(given({}).parse('port', 'odd', () => 'never asked')).toBeUndefined();
  });

  it.each([
    [() => given({ prot: 1 }), 'X: there is no option `prot`; there are host, port, mode, tags, list'],
    [() => given(null), 'X: the options must be an object, not null'],
    [() => given('udp'), 'X: the options must be an object, not a string of 3 characters'],
    [
      () => given({ 'a\u001b\u202eb': 1 }),
      'X: there is no option `a\\x1b\\u202eb`; there are host, port, mode, tags, list',
    ],
    [
      () => given({ tags: 'token:hunter2' }).tags('tags'),
      'X: `tags` must be an object whose values are strings, numbers or booleans, not a string of 13 characters',
    ],
    [
      () => given({ port: '8125 hunter2' }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not a string of 12 characters',
    ],
    [
      () => given({ mode: 'x'.repeat(17) }).oneOf('mode', ['a']),
      'X: `mode` must be one of "a", not a string of 17 characters',
    ],
    [
      () => given({ host: Symbol('hunter2') }).text('host'),
      'X: `host` must be a string that is not empty, not a symbol',
    ],
    [
      () => given({ host: () => 'hunter2' }).text('host'),
      'X: `host` must be a string that is not empty, not a function',
    ],
    [
      () => given({ host: '' }).text('host'),
      'X: `host` must be a string that is not empty, not an empty string',
    ],
    [() => given({ host: null }).text('host'), 'X: `host` must be a string that is not empty, not null'],
    [
      () => given({ port: '8125' }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not "8125"',
    ],
    [
      () => given({ port: 0 }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not 0',
    ],
    [
      () => given({ port: 1.5 }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not 1.5',
    ],
    [() => given({ mode: 'c' }).oneOf('mode', ['a', true]), 'X: `mode` must be one of "a", true, not "c"'],
    [
      () => given({ tags: { a: {} } }).tags('tags'),
      'X: `tags` must be an object whose values are strings, numbers or booleans, not an object',
    ],
    [() => given({ port: 2 }).parse('port', 'odd', () => undefined), 'X: `port` must be odd, not 2'],
    [() => given({ list: [1] }).texts('list'), 'X: `list` must be an array of strings, not an array'],
  ])('%s throws and says what is accepted', (read, message) => {
    expect(read).toThrow(new TypeError(message));
  });

  it('copies what the caller may change', () => {
    const tags = { a: 'x' };
    const read = given({ tags }).tags('tags');
    tags.a = 'y';
    expect(read).toEqual({ a: 'x' });
  });
});

describe('EnvironmentOptions', () => {
  let said: ReturnType<typeof listenToDiag>;
  beforeEach(() => {
    said = listenToDiag();
  });
  afterEach(() => said.stop());

  it('reads variables, and takes empty ones for missing', () => {
    const environment = new EnvironmentOptions('X', {
      PORT: ' 8126\r\n',
      HOST: '\th \n',
      EMPTY: '',
      BLANK: ' \n',
    });
    expect(environment.text('BLANK')).toBeUndefined();
    expect(environment.integer('PORT', ports)).toBe(8126);
    expect(environment.text('HOST')).toBe('h');
    expect(environment.text('EMPTY')).toBeUndefined();
    expect(environment.integer('MISSING', ports)).toBeUndefined();
    expect(said.warn).toEqual([]);
  });

  it.each([
    ['0', '"0"'],
    ['65536', '"65536"'],
    ['8125.5', '"8125.5"'],
    ['abc', 'a string of 3 characters'],
    ['0x10', 'a string of 4 characters'],
    ['1e3', 'a string of 3 characters'],
  ])('ignores a port of %s and says so once', (text, shown) => {
    expect(new EnvironmentOptions('X', { PORT: text }).integer('PORT', ports)).toBeUndefined();
    expect(said.warn).toEqual([
      `X: ignored the variable PORT: it must be a whole number from 1 to 65535, not ${shown}`,
    ]);
  });

  it('reads words and switches in letters of any size', () => {
    const environment = new EnvironmentOptions('X', {
      MODE: 'Low',
      ON: 'TRUE',
      OFF: '0',
      BAD: 'maybe',
      ODD: 'a=b',
    });
    expect(environment.oneOf('MODE', ['low', 'high'])).toBe('low');
    expect([environment.boolean('ON'), environment.boolean('OFF')]).toEqual([true, false]);
    expect([environment.boolean('BAD'), environment.oneOf('ODD', ['low', 'high'])]).toEqual([
      undefined,
      undefined,
    ]);
    expect(said.warn).toEqual([
      'X: ignored the variable BAD: it must be true or false, not "maybe"',
      'X: ignored the variable ODD: it must be one of low, high, not a string of 3 characters',
    ]);
  });

  it('throws where it is asked to, without a word of the value', () => {
    const environment = new EnvironmentOptions('X', { URL: 'http://me:hunter2@h' });
    expect(() => environment.parseOrThrow('URL', 'an address', () => undefined)).toThrow(
      new TypeError('X: the variable URL is wrong: it must be an address, not a string of 19 characters'),
    );
    expect(environment.parseOrThrow('URL', 'an address', (text) => text.length)).toBe(19);
    expect(environment.parseOrThrow('MISSING', 'an address', () => undefined)).toBeUndefined();
    expect(said.warn).toEqual([]);
  });

  it('reads texts of any form, and says what is right of one that is wrong', () => {
    const environment = new EnvironmentOptions('X', { SIZE: 'xl', COLOUR: 'x'.repeat(200), EMPTY: '' });
    const size = (text: string) => ({ m: 1, xl: 2 })[text];
    expect(environment.parse('SIZE', 'm or xl', size)).toBe(2);
    expect(environment.parse('EMPTY', 'm or xl', size)).toBeUndefined();
    expect(environment.parse('MISSING', 'm or xl', size)).toBeUndefined();
    expect(said.warn).toEqual([]);
    expect(environment.parse('COLOUR', 'm or xl', size)).toBeUndefined();
    expect(said.warn).toEqual([
      `X: ignored the variable COLOUR: it must be m or xl, not a string of 200 characters`,
    ]);
  });
});
