import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  amendOptionError,
  EnvironmentOptions,
  GivenOptions,
  isOptionError,
  OptionError,
} from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';

const names = ['host', 'port', 'mode', 'tags', 'list'] as const;
const given = (options: unknown) => new GivenOptions('X', options, names);
const ports = { min: 1, max: 65_535 };

function errorOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return undefined;
}

function messageOf(read: () => unknown): string | undefined {
  const error = errorOf(read);
  return isOptionError(error) ? error.message : undefined;
}

describe('GivenOptions', () => {
  it('reads what is right, and undefined for what is missing', () => {
    const options = given({ host: 'h', port: 1, mode: 'a', tags: { a: 1, b: true }, list: ['x'] });
    expect(options.text('host')).toBe('h');
    expect(options.integer('port', ports)).toBe(1);
    expect(options.oneOf('mode', ['a', 'b'])).toBe('a');
    expect(options.tags('tags')).toEqual({ a: 1, b: true });
    expect(options.texts('list')).toEqual(['x']);
    expect(options.object('tags')).toEqual({ a: 1, b: true });
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
      'X: `port` must be a whole number from 1 to 65535, not a string of 4 characters',
    ],
    [
      () => given({ port: 0 }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not zero',
    ],
    [
      () => given({ port: 1.5 }).integer('port', ports),
      'X: `port` must be a whole number from 1 to 65535, not a number with a fraction',
    ],
    [
      () => given({ mode: 'c' }).oneOf('mode', ['a', true]),
      'X: `mode` must be one of "a", true, not a string of 1 character',
    ],
    [
      () => given({ tags: { a: {} } }).tags('tags'),
      'X: `tags` must be an object whose values are strings, numbers or booleans, not an object',
    ],
    [
      () => given({ port: 2 }).parse('port', 'odd', () => undefined),
      'X: `port` must be odd, not a number of 1 digit',
    ],
    [() => given({ tags: [] }).object('tags'), 'X: `tags` must be an object, not an array'],
    [() => given({ list: [1] }).texts('list'), 'X: `list` must be an array of strings, not an array'],
    [
      () => given({ port: 0, list: 1, 'a\u001b': 1, prot: 1 }),
      'X: there is no option `a\\x1b`, `prot`; there are host, port, mode, tags, list',
    ],
    [
      () => new GivenOptions('X', 5, ['url'], 'redis'),
      'X: `redis` must be an object, not a number of 1 digit',
    ],
    [
      () => new GivenOptions('X', { url: 5 }, ['url'], 'redis').text('url'),
      'X: `redis.url` must be a string that is not empty, not a number of 1 digit',
    ],
    [
      () => new GivenOptions('X', { uri: 5 }, ['url'], 'redis'),
      'X: there is no option `redis.uri`; there are url',
    ],
    [
      () => {
        throw given({}).error('host', 'given');
      },
      'X: `host` must be given',
    ],
    [
      () => {
        throw given({ host: true }).error('host', 'a name', 'give `port` as well');
      },
      'X: `host` must be a name, not true; give `port` as well',
    ],
  ])('%s throws and says what is accepted', (read, message) => {
    expect(messageOf(read)).toBe(message);
  });

  it('throws errors whose fields say the same', () => {
    const error = errorOf(() => given({ port: '8125' }).integer('port', ports));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/^OptionError: X: `port` must be/);
    expect(Object.fromEntries(Object.entries(error as OptionError))).toEqual({
      component: 'X',
      option: 'port',
      accepted: 'a whole number from 1 to 65535',
      valueKind: 'a string of 4 characters',
    });
    expect(errorOf(() => given({ prot: 1 }))).toMatchObject({
      option: 'prot',
      accepted: 'one of the options host, port, mode, tags, list',
      unknownOptions: ['prot'],
      knownOptions: names,
    });
  });

  it.each<[unknown, string]>([
    [Number.NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [0.5, 'a number with a fraction'],
    [-0, 'zero'],
    [-4711, 'a negative number'],
    [4711, 'a number of 4 digits'],
    [1e21, 'a number of 22 digits'],
    [4711n, 'a bigint'],
    [false, 'false'],
    ['4', 'a string of 1 character'],
  ])('never shows a value: %s is %s', (value, kind) => {
    expect(given({ list: value }).error('list', 'odd').valueKind).toBe(kind);
  });

  it('copies what the caller may change', () => {
    const tags = { a: 'x' };
    const read = given({ tags }).tags('tags');
    tags.a = 'y';
    expect(read).toEqual({ a: 'x' });
  });
});

describe('isOptionError', () => {
  it('recognizes the errors of another copy of the package, and no others', async () => {
    vi.resetModules();
    const copy = await import('../src/index.ts');
    expect(copy.OptionError).not.toBe(OptionError);
    const theirs = new copy.OptionError({ component: 'X', option: 'a', accepted: 'b', valueKind: 'c' });
    expect(theirs).not.toBeInstanceOf(OptionError);
    expect(isOptionError(theirs)).toBe(true);
    for (const other of [new TypeError('X: `a` must be b, not c'), null, undefined, 'X', {}]) {
      expect(isOptionError(other)).toBe(false);
    }
  });

  it('recognizes a copy with other fields', () => {
    const error = given({ port: 0 }).error('port', 'right');
    const copy = amendOptionError(error, { component: 'Y: X', advice: 'change it' });
    expect(isOptionError(copy)).toBe(true);
    expect(copy.message).toBe('Y: X: `port` must be right, not zero; change it');
    expect(copy.cause).toBe(error);
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
    ['0', 'a string of 1 character'],
    ['65536', 'a string of 5 characters'],
    ['8125.5', 'a string of 6 characters'],
    ['abc', 'a string of 3 characters'],
    ['0x10', 'a string of 4 characters'],
    ['1e3', 'a string of 3 characters'],
  ])('ignores a port of %s and says so once', (text, shown) => {
    expect(new EnvironmentOptions('X', { PORT: text }).integer('PORT', ports)).toBeUndefined();
    expect(said.warn).toEqual([
      `X: \`PORT\` must be a whole number from 1 to 65535, not ${shown}; it is ignored`,
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
      'X: `BAD` must be true or false, not a string of 5 characters; it is ignored',
      'X: `ODD` must be one of low, high, not a string of 3 characters; it is ignored',
    ]);
  });

  it('throws where it is asked to, without a word of the value', () => {
    const environment = new EnvironmentOptions('X', { URL: 'http://me:hunter2@h' });
    const parse = (name: string, accept: (text: string) => number | undefined) =>
      environment.parse(name, 'an address', accept, 'throw');
    const error = errorOf(() => parse('URL', () => undefined));
    expect(Object.fromEntries(Object.entries(error as OptionError))).toEqual({
      component: 'X',
      option: 'URL',
      accepted: 'an address',
      valueKind: 'a string of 19 characters',
    });
    expect((error as Error).message).toBe('X: `URL` must be an address, not a string of 19 characters');
    expect(messageOf(() => environment.integer('URL', ports, 'throw'))).toMatch(/^X: `URL` must be a whole/);
    expect(messageOf(() => environment.boolean('URL', 'throw'))).toMatch(/^X: `URL` must be true or false/);
    expect(environment.error('URL', 'an address', 'set HOST').message).toMatch(/characters; set HOST$/);
    expect(parse('URL', (text) => text.length)).toBe(19);
    expect(parse('MISSING', () => undefined)).toBeUndefined();
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
    expect(said.warn).toEqual(['X: `COLOUR` must be m or xl, not a string of 200 characters; it is ignored']);
  });
});
