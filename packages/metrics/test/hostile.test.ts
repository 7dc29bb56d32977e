import { diag, DiagLogLevel } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { Metrics } from '../src/index.ts';
import { setUp, warnings } from './collect.ts';

const throwing = (): never => {
  throw new Error('no');
};

/** Values that break metrics libraries; behind a function, because some break the generator as well. */
const broken: unknown[] = [
  undefined,
  null,
  Number.NaN,
  -0,
  Infinity,
  10n,
  Symbol('s'),
  'x'.repeat(1_000_000),
  '\ud800',
  new Proxy({}, { get: throwing, ownKeys: throwing, has: throwing, getPrototypeOf: throwing }),
  Object.defineProperty({}, 'tags', { enumerable: true, get: throwing }),
  { tags: Object.defineProperty({}, 'plan', { enumerable: true, get: throwing }) },
  { toString: throwing, valueOf: throwing, toJSON: throwing },
  throwing,
  [],
  new Map([['plan', 'pro']]),
  cyclic(),
];
const always =
  <T>(value: T): (() => T) =>
  () =>
    value;
const odd: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.nat({ max: broken.length - 1 }).map((index) => () => broken[index]),
  fc
    .anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withTypedArray: true,
    })
    .map(always),
  fc.double().map(always),
  fc.string({ unit: 'binary' }).map(always),
  fc
    .record({ tags: fc.dictionary(fc.string(), fc.anything()), instance: fc.anything(), unit: fc.anything() })
    .map(always),
);

function cyclic(): unknown {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  object['tags'] = object;
  return object;
}

const verbs = ['incr', 'upDown', 'gauge', 'timing', 'distribution', 'event'] as const;

function call(
  metrics: Metrics,
  verb: (typeof verbs)[number],
  name: unknown,
  value: unknown,
  options: unknown,
): void {
  metrics[verb](name as string, value as never, options as never);
}

describe('whatever is passed', () => {
  it('nothing throws, and every call is accounted for', async () => {
    warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    let calls = 0;
    fc.assert(
      fc.property(fc.constantFrom(...verbs), odd, odd, odd, (verb, name, value, options) => {
        call(metrics, verb, name(), value(), options());
        calls += 1;
      }),
      { numRuns: 30_000 },
    );
    await reader.points();
    const { recorded, handed, held, refused } = metrics.stats();
    expect(recorded).toBe(calls);
    expect(held).toBe(0);
    expect(handed + Object.values(refused).reduce((sum, count) => sum + count, 0)).toBe(calls);
    expect(handed).toBeGreaterThan(0);
  });

  it('the other members do not throw either', () => {
    warnings();
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    fc.assert(
      fc.property(odd, odd, odd, (oddName, oddValue, oddOptions) => {
        const [name, value, options] = [oddName(), oddValue(), oddOptions()];
        metrics.counter(name as string, value as never, options as never).incr(value as never);
        metrics.timer(name as string, options as never).stop();
        metrics.observe(name as string, value as never, options as never)();
        expect(metrics.withTags(options as never, () => 5)).toBe(5);
        expect(metrics.time(name as string, () => 6, options as never)).toBe(6);
        expect(metrics.wrap(name as string, () => 7, options as never)()).toBe(7);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a logger that throws does no harm', () => {
    let isArmed = false;
    const log = (): void => {
      if (isArmed) throwing();
    };
    const logger = { verbose: log, debug: log, info: log, warn: log, error: log };
    diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
    onTestFinished(() => {
      isArmed = false;
      diag.disable();
    });
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    isArmed = true;
    metrics.incr('orders', Number.NaN);
    metrics.incr('', 1);
    expect(metrics.stats().refused).toEqual({ 'not-finite': 1, 'bad-name': 1 });
  });
});
