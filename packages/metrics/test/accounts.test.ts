import { metrics as api } from '@opentelemetry/api';
import type { Meter, MeterProvider } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configureMetrics, createMetrics, metrics } from '../src/index.ts';
import type { Metrics, MetricsStats } from '../src/index.ts';
import { shared } from '../src/shared.ts';
import { forgetWhatWasLogged, resetDefaultMetrics, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(resetDefaultMetrics);

/** What the equation leaves over: 0 when it holds. */
function difference({ recorded, handed, held, refused }: MetricsStats): number {
  return recorded - handed - held - Object.values(refused).reduce((sum, calls) => sum + calls, 0);
}

/** A provider whose meters refuse some instruments. */
function refusing(provider: MeterProvider, refused: readonly string[]): MeterProvider {
  return {
    getMeter: (...args) => {
      const meter = provider.getMeter(...args);
      return new Proxy(meter, {
        get(target, member, receiver): unknown {
          const value: unknown = Reflect.get(target, member, receiver);
          if (typeof value !== 'function') return value;
          return (name: string, ...others: unknown[]): unknown => {
            if (refused.includes(name)) throw new Error(`no ${name}`);
            return (value as (...all: unknown[]) => unknown).call(target, name, ...others);
          };
        },
      }) satisfies Meter;
    },
  };
}

describe('recorded', () => {
  it('is counted by itself, so that the equation can fail', () => {
    const { meterProvider } = setUp();
    const own = createMetrics({ meterProvider });
    own.incr('a');
    own.incr('a');
    expect(difference(own.stats())).toBe(0);
    shared.registries.get(meterProvider)!.handed += 1;
    expect(difference(own.stats())).toBe(-1);
  });

  it('stays what it was when a provider is registered', async () => {
    warnings();
    configureMetrics({
      events: {
        event: () => {
          throw new Error('no');
        },
      },
    });
    metrics.event('Deploy', 'one');
    metrics.incr('a');
    metrics.incr('a', Number.NaN);
    metrics.incr('a', 1, { plan: 'pro' } as never);
    const before = metrics.stats();
    expect(before).toMatchObject({ recorded: 4, handed: 1, held: 2, hookErrors: 1, malformed: 1 });
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    await reader.points();
    const { recorded, hookErrors, malformed, handed } = metrics.stats();
    expect({ recorded, hookErrors, malformed, handed }).toEqual({
      recorded: 4,
      hookErrors: 1,
      malformed: 1,
      handed: 3,
    });
    expect(difference(metrics.stats())).toBe(0);
  });

  it.each<[string, (own: Metrics) => void]>([
    ['a bad name', (own) => own.counter('')],
    ['another kind', (own) => own.counter('gauge')],
    ['too many metrics', (own) => own.counter('third')],
  ])('counts each call of a bound counter once, with %s', (_what, touch) => {
    warnings();
    const { meterProvider } = setUp();
    const own = createMetrics({ meterProvider, maxMetrics: 2 });
    own.gauge('gauge', 1);
    own.incr('second');
    touch(own);
    const name = { 'a bad name': '', 'another kind': 'gauge', 'too many metrics': 'third' }[_what]!;
    const hits = own.counter(name);
    for (let call = 0; call < 3; call += 1) hits.incr();
    const { refused, recorded } = own.stats();
    expect(Object.values(refused)).toEqual([3]);
    expect(recorded).toBe(5);
  });

  it('counts a call either as recorded or as refused, whatever its listener does', () => {
    warnings();
    const { meterProvider } = setUp();
    const own = createMetrics({ meterProvider, operations: () => undefined });
    let readings = 0;
    const options = {
      get sampleRate(): number {
        readings += 1;
        throw new Error('no');
      },
    };
    own.incr('a', 1, { tags: { plan: 'pro' } });
    const given = Object.defineProperty({ tags: { plan: 'pro' } }, 'sampleRate', {
      get: () => options.sampleRate,
    });
    own.incr('a', 1, given);
    expect(readings).toBe(1);
    expect(own.stats()).toMatchObject({ recorded: 2, refused: {}, hookErrors: 1 });
    const unreadable = new Proxy({}, { ownKeys: () => options.sampleRate as never });
    expect(own.withTags(unreadable as never, () => 5)).toBe(5);
    expect(own.stats()).toMatchObject({ recorded: 2, refused: {}, malformed: 1 });
    expect(difference(own.stats())).toBe(0);
  });

  it('counts a call that throws a TagRuleError as refused', () => {
    warnings();
    const { meterProvider } = setUp();
    const own = createMetrics({ meterProvider, tagRules: { deny: ['user'], onViolation: 'throw' } });
    expect(() => own.incr('a', 1, { tags: { user: 1 } })).toThrow('user');
    expect(() => own.event('a', 'b', { tags: { user: 1 } })).toThrow('user');
    expect(() => own.counter('a', { user: 1 }).incr()).toThrow('user');
    expect(() => own.observe('o', () => 1, { tags: { user: 1 } })).toThrow('user');
    expect(own.stats()).toMatchObject({ recorded: 4, handed: 0, held: 0, refused: { 'tag-rule': 4 } });
  });
});

describe('a provider that refuses an instrument', () => {
  it('gets everything else that waited, and what comes later', async () => {
    const logged = warnings();
    metrics.incr('good', 2);
    metrics.incr('bad', 3);
    metrics.timing('bad.timing', 4);
    metrics.timing('good.timing', 5);
    metrics.gauge('depth', 6);
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(refusing(meterProvider, ['bad', 'bad.timing']));
    metrics.incr('good', 2);
    metrics.incr('bad');
    expect(values(await reader.points())).toEqual({ 'good{}': 4, 'good.timing{}': 5, 'depth{}': 6 });
    expect(metrics.stats()).toMatchObject({ recorded: 7, handed: 4, held: 0, refused: { error: 3 } });
    expect(logged.filter((line) => line.includes("refused metric 'bad'"))).toHaveLength(1);
  });

  it('that gives no meter at all loses nothing in silence', () => {
    warnings();
    metrics.incr('a');
    let asked = 0;
    const provider = {
      getMeter: (name: string) => {
        asked += 1;
        if (name === 'own') throw new Error('no');
        return setUp().meterProvider.getMeter(name);
      },
    };
    const own = createMetrics({ scope: 'own' });
    own.incr('b');
    api.setGlobalMeterProvider(provider);
    expect(asked).toBeGreaterThan(1);
    expect(metrics.stats()).toMatchObject({ recorded: 2, handed: 1, refused: { error: 1 } });
  });

  it('of an observer is said, and nothing throws', () => {
    const logged = warnings();
    const stop = metrics.observe('depth', () => 1);
    const { meterProvider } = setUp();
    api.setGlobalMeterProvider(refusing(meterProvider, ['depth']));
    const { recorded, refused } = metrics.stats();
    expect(refused).toEqual({ error: recorded });
    expect(logged.some((line) => line.includes('no depth'))).toBe(true);
    stop();
  });
});

describe('a provider that is registered while a call reads its options', () => {
  it('gets that call', async () => {
    const { reader, meterProvider } = setUp();
    metrics.incr('a');
    metrics.incr('a', 2, {
      get tags() {
        api.setGlobalMeterProvider(meterProvider);
        return { plan: 'pro' };
      },
    });
    expect(values(await reader.points())).toEqual({ 'a{}': 1, 'a{plan=pro}': 2 });
    expect(metrics.stats()).toMatchObject({ recorded: 2, handed: 2, held: 0 });
  });
});

describe('active', () => {
  it('takes back what it added, from the same series, whatever the scope', async () => {
    const { reader, meterProvider } = setUp();
    const own = createMetrics({ meterProvider });
    const outside = own.active('requests', { tags: { route: '/' } });
    own.withTags({ tenant: 'acme' }, () => {
      outside.stop();
      outside.stop();
      using inside = own.active('requests', { tags: { route: '/' } });
      expect(inside).toBeDefined();
    });
    expect(values(await reader.points())).toEqual({
      'requests{route=/}': 0,
      'requests{route=/,tenant=acme}': 0,
    });
    expect(own.stats()).toMatchObject({ recorded: 4, handed: 4, held: 0 });
  });

  it('takes it back where it went, when providers and options change in between', async () => {
    const before = metrics.active('requests');
    const first = setUp();
    api.setGlobalMeterProvider(first.meterProvider);
    const during = metrics.active('requests');
    expect(values(await first.reader.points())).toEqual({ 'requests{}': 2 });
    configureMetrics({ prefix: 'p.' });
    before.stop();
    api.disable();
    const second = setUp();
    api.setGlobalMeterProvider(second.meterProvider);
    during.stop();
    // The reader takes deltas: what was added and what was taken back come to zero.
    expect(values(await first.reader.points())).toEqual({ 'requests{}': -2 });
    expect(await second.reader.points()).toEqual([]);
  });

  it('takes back nothing where nothing could be added', () => {
    warnings();
    const { meterProvider } = setUp();
    const own = createMetrics({ meterProvider });
    own.active('').stop();
    expect(own.stats()).toMatchObject({ recorded: 1, refused: { 'bad-name': 1 } });
    const waiting = metrics.active('bad');
    api.setGlobalMeterProvider(refusing(meterProvider, ['bad']));
    waiting.stop();
    expect(metrics.stats()).toMatchObject({ recorded: 2, handed: 0, held: 0, refused: { error: 2 } });
  });
});
