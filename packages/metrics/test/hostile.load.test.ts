import { diag, DiagLogLevel } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { Metrics } from '../src/index.ts';
import { shared } from '../src/shared.ts';
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

/** A generator of numbers from 0 to 1 that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls whatever there is with whatever there is, and counts how many calls have to be recorded. */
class Attacker {
  /** How many calls have to be recorded. */
  expected = 0;
  readonly thrown: unknown[] = [];
  readonly #pending: Promise<unknown>[] = [];
  readonly #random: () => number;
  readonly #metrics: Metrics;
  readonly #recorded: () => number;
  readonly #pool: unknown[];
  readonly #manyTags = {
    tags: Object.fromEntries(Array.from({ length: 100_000 }, (_, tag) => [`t${tag}`, tag])),
  };

  /** @param recorded how many calls were recorded so far */
  constructor(metrics: Metrics, recorded: () => number, seed: number) {
    this.#metrics = metrics;
    this.#recorded = recorded;
    this.#random = randomFrom(seed);
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const reenter = (): number => {
      this.expected += 3;
      metrics.incr('within');
      metrics.timing('within.timing', 1);
      metrics.event('within', '');
      return 5;
    };
    this.#pool = [
      ...broken,
      revoked.proxy,
      'a',
      'b',
      '__proto__',
      'constructor',
      1,
      2.5,
      -1,
      {},
      { tags: { plan: 'pro' } },
      { tags: { plan: 'free' }, instance: 'w1', unit: 's', sampleRate: 0.5, internal: true },
      { tags: { __proto__: null, plan: 'pro' } },
      JSON.parse('{"tags":{"__proto__":"x","constructor":"y","toString":1}}'),
      Object.assign(Object.create(null), { tags: Object.create({ inherited: 1 }) }),
      { plan: 'pro' },
      ['plan:pro'],
      Object.defineProperty({}, 'tags', { enumerable: true, get: () => ({ plan: reenter() }) }),
      { tags: Object.defineProperty({}, 'plan', { enumerable: true, get: reenter }) },
      { tags: new Proxy({ plan: 'pro' }, { get: reenter }) },
      new Proxy({ tags: { plan: 'pro' } }, { has: reenter as never, ownKeys: () => [] }),
      Promise.resolve(5),
      () => 5,
      () => Promise.reject(new Error('no')),
      async function* rows() {
        yield 1;
      },
      class Parser extends Object {},
      new Date(Number.NaN),
      new Uint8Array(3),
      { then: throwing },
    ];
  }

  any(): unknown {
    if (this.#random() < 1 / 20_000) return this.#manyTags;
    return this.#pool[Math.floor(this.#random() * this.#pool.length)];
  }

  attack(): void {
    const kind = Math.floor(this.#random() * 20);
    const [name, value, options, more] = [this.any(), this.any(), this.any(), this.any()] as never[];
    const args = this.#random() < 0.1 ? [name!, value!, options!, more!] : [name!, value!, options!];
    try {
      this.#call(kind, name!, value!, options!, args);
    } catch (error) {
      this.thrown.push(error);
    }
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  #mustBe(value: unknown, ...accepted: unknown[]): void {
    if (!accepted.includes(value))
      this.thrown.push(new Error(`${String(value)} is not among ${accepted.join()}`));
  }

  #call(kind: number, name: never, value: never, options: never, args: never[]): void {
    const metrics = this.#metrics;
    switch (kind) {
      case 0: {
        const handles = [
          () => metrics.counter(name, value, options).incr,
          () => metrics.bindUpDown(name, value, options).add,
          () => metrics.bindGauge(name, value, options).record,
          () => metrics.bindTiming(name, value, options).record,
          () => metrics.bindDistribution(name, value, options).record,
        ];
        const record = handles[Math.floor(this.#random() * handles.length)]!();
        this.expected += 3;
        for (let call = 0; call < 3; call += 1) record(value);
        break;
      }
      case 1: {
        const timer = metrics.timer(name, options);
        (timer.tags as Record<string, unknown>)['late'] = value;
        timer.fail(value);
        this.expected += 1;
        timer.stop();
        timer.stop();
        break;
      }
      case 2: {
        this.expected += 1;
        const active = metrics.active(name, options);
        const before = this.#recorded();
        active.stop();
        active[Symbol.dispose]();
        // It takes back only what could be added.
        const takenBack = this.#recorded() - before;
        this.#mustBe(takenBack, 0, 1);
        this.expected += takenBack;
        break;
      }
      case 3: {
        const before = this.#recorded();
        const expected = this.expected;
        metrics.observe(name, value, options)();
        // Refused ones count as a call; what getters record is among `expected` already.
        const refused = this.#recorded() - before - (this.expected - expected);
        this.#mustBe(refused, 0, 1);
        this.expected += refused;
        break;
      }
      case 4:
        this.expected += 1;
        this.#mustBe(
          metrics.time(name, () => 6, options),
          6,
        );
        break;
      case 5:
        this.expected += 1;
        this.#pending.push(
          metrics.time(name, () => Promise.reject(new Error('no')), options).catch(() => undefined),
        );
        break;
      case 6:
        this.expected += 1;
        this.#mustBe(metrics.wrap(name, () => 7, options)(), 7);
        break;
      case 7:
        if (typeof value === 'function') break;
        metrics.time(name, value, options);
        metrics.wrap(name, value, options);
        break;
      case 8:
        this.expected += 1;
        metrics.withTags(options, () => metrics.incr('scoped'));
        break;
      case 9:
        this.expected += 1;
        metrics.child(options).incr('child');
        break;
      default: {
        this.expected += 1;
        metrics[verbs[kind % verbs.length]!](...(args as [never, never, never]));
      }
    }
  }
}

describe('whatever is passed', () => {
  it.each([1, 2, 3])(
    'nothing throws, no rejection is left, and every call is accounted for (seed %i)',
    async (seed) => {
      warnings();
      const { reader, meterProvider } = setUp();
      const metrics = createMetrics({ meterProvider, events: { event: () => undefined } });
      const { recorded: atStart } = metrics.stats();
      const registry = shared.registries.get(meterProvider)!;
      const attacker = new Attacker(metrics, () => registry.recorded, seed);
      for (let call = 0; call < 300_000; call += 1) attacker.attack();
      await attacker.settled();
      expect(attacker.thrown).toEqual([]);
      await reader.points();
      const { recorded, handed, held, refused } = metrics.stats();
      expect(recorded - atStart).toBe(attacker.expected);
      expect(held).toBe(0);
      expect(handed + Object.values(refused).reduce((sum, count) => sum + count, 0)).toBe(recorded);
      expect(handed).toBeGreaterThan(10_000);
    },
  );

  it('that is odd in another way is accounted for too', async () => {
    warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    let calls = 0;
    fc.assert(
      fc.property(fc.constantFrom(...verbs), odd, odd, odd, (verb, name, value, options) => {
        metrics[verb](name() as string, value() as never, options() as never);
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
