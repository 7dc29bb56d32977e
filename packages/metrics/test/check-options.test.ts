import { describe, expect, it } from 'vitest';
import { describeRejected as describedByExporters } from '../../exporter-base/src/support/option-error.ts';
import { GivenOptions } from '../../exporter-base/src/support/options.ts';
import { describeRejected } from '../src/check-options.ts';
import { configureMetrics, createMetrics } from '../src/index.ts';

describe('wrong options', () => {
  it.each([
    [
      { prefx: 'a' },
      'createMetrics: there is no option `prefx`; there are meterProvider, producers, scope, prefix,',
    ],
    [{ a: 1, ['b\n']: 2 }, 'createMetrics: there is no option `a`, `b\\n`; there are '],
    [{ toString: 'a' }, 'createMetrics: there is no option `toString`; there are '],
    [{ prefix: 5 }, 'createMetrics: `prefix` must be a string, not a number of 1 digit'],
    [
      { tags: { a: {} } },
      '`tags` must be an object whose values are strings, numbers or booleans, not an object',
    ],
    [{ tags: null }, '`tags` must be an object whose values are strings, numbers or booleans, not null'],
    [
      { tags: ['a:1'] },
      '`tags` must be an object whose values are strings, numbers or booleans, not an array',
    ],
    [{ tags: 'token:hunter2' }, 'not a string of 13 characters'],
    [{ timingUnit: 'us' }, '`timingUnit` must be one of "ms", "s", not a string of 2 characters'],
    [{ timingUnit: 'token=hunter2' }, '`timingUnit` must be one of "ms", "s", not a string of 13 characters'],
    [{ timingUnit: '' }, '`timingUnit` must be one of "ms", "s", not an empty string'],
    [
      { maxSeriesPerMetric: 1 },
      '`maxSeriesPerMetric` must be a whole number from 2, not a number of 1 digit',
    ],
    [{ maxMetrics: 0 }, '`maxMetrics` must be a whole number from 1, not zero'],
    [{ maxMetrics: '1000' }, '`maxMetrics` must be a whole number from 1, not a string of 4 characters'],
    [{ maxMetrics: 'hunter2' }, '`maxMetrics` must be a whole number from 1, not a string of 7 characters'],
    [{ hold: 'yes' }, '`hold` must be one of true, false, not a string of 3 characters'],
    [{ meterProvider: {} }, '`meterProvider` must be a MeterProvider, not an object'],
    [
      { events: [{}] },
      '`events` must be an object with a method `event`, or an array of such objects, not an array',
    ],
    [{ operations: {} }, '`operations` must be a function, not an object'],
    [{ tagRules: { denied: [] } }, 'there is no option `tagRules.denied`; there are deny, denySuffixes, '],
    [
      { tagRules: { except: 'x' } },
      '`tagRules.except` must be an array of strings, not a string of 1 character',
    ],
    [{ tagRules: 5 }, '`tagRules` must be an object, not a number of 1 digit'],
    [{ tagRules: [] }, '`tagRules` must be an object, not an array'],
    [{ tagRules: { deny: [5] } }, '`tagRules.deny` must be an array of strings or a function, not an array'],
    [
      { tagRules: { onViolation: 'warn' } },
      '`tagRules.onViolation` must be one of "drop", "throw", not a string of 4 characters',
    ],
    [{ scope: Symbol('hunter2') }, '`scope` must be a string, not a symbol'],
    [5, 'createMetrics: the options must be an object, not a number of 1 digit'],
    [[], 'createMetrics: the options must be an object, not an array'],
    ['udp://me:hunter2@h', 'createMetrics: the options must be an object, not a string of 18 characters'],
  ])('%j', (options, message) => {
    expect(() => createMetrics(options as never)).toThrow(message);
    expect(() => configureMetrics(options as never)).toThrow(
      message.replace('createMetrics', 'configureMetrics'),
    );
  });
});

describe('messages', () => {
  const component = 'createMetrics';
  const exporters = (options: object): GivenOptions<string> =>
    new GivenOptions(component, options, Object.keys(options));
  it.each<[string, object, () => unknown]>([
    ['options', 'x' as never, () => new GivenOptions(component, 'x', [])],
    ['a string', { prefix: {} }, () => exporters({ prefix: {} }).text('prefix', { mayBeEmpty: true })],
    ['tags', { tags: 'a:1' }, () => exporters({ tags: 'a:1' }).tags('tags')],
    ['a word', { timingUnit: 'm' }, () => exporters({ timingUnit: 'm' }).oneOf('timingUnit', ['ms', 's'])],
    ['a switch', { hold: 1 }, () => exporters({ hold: 1 }).oneOf('hold', [true, false])],
    [
      'an unknown option',
      { x: 1, y: 1 },
      () => {
        const known = [
          'meterProvider',
          'producers',
          'scope',
          'prefix',
          'tags',
          'timingUnit',
          'maxSeriesPerMetric',
        ];
        const further = ['maxMetrics', 'hold', 'tagRules', 'events', 'observeTimeoutMillis', 'operations'];
        return new GivenOptions(component, { x: 1, y: 1 }, [...known, ...further]);
      },
    ],
  ])('are those of the exporters for %s', (_what, options, readAsExportersDo) => {
    expect(messageOf(() => createMetrics(options as never))).toBe(messageOf(readAsExportersDo));
  });

  it('show of a rejected value what those of the exporters show', () => {
    const texts = ['', 'x', 'token', '5', '-2.5', 'a key with blanks', '5'.repeat(40)];
    const others = [
      0,
      7,
      70_000,
      -1,
      -1.5,
      2.5,
      Number.NaN,
      5n,
      true,
      null,
      undefined,
      {},
      [],
      () => 1,
      Symbol('s'),
    ];
    for (const value of [...texts, ...others]) {
      expect(describeRejected(value)).toBe(describedByExporters(value));
    }
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
