import { metrics as api } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configureMetrics, createMetrics, metrics, setUpMetrics } from '../src/index.ts';
import type { MetricEvent, Operation } from '../src/index.ts';
import { shared } from '../src/shared.ts';
import { DESTINATION, forgetWhatWasLogged, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(() => {
  shared.events = [];
  setUpMetrics({});
  configureMetrics({});
  api.disable();
});

function sink(): { events: MetricEvent[]; event: (event: MetricEvent) => void } {
  const events: MetricEvent[] = [];
  return { events, event: (event) => void events.push(event) };
}

describe('what was set up', () => {
  it.each(['before', 'after'])('stays when the program configures more, %s it', async (order) => {
    const { reader, meterProvider } = setUp();
    const events = sink();
    const operations: Operation[] = [];
    const start = (): void =>
      setUpMetrics({
        meterProvider,
        prefix: 'shop.',
        tags: { env: 'prod', region: 'eu' },
        events,
        operations: (operation) => operations.push(operation),
        tagRules: { deny: ['user'] },
      });
    const configure = (): void =>
      configureMetrics({ prefix: 'mail.', tags: { region: 'us', team: 'growth' } });
    for (const step of order === 'before' ? [configure, start] : [start, configure]) step();
    metrics.incr('sent', 1, { tags: { user: 1 } });
    metrics.event('Deploy', 'done');
    const tags = { env: 'prod', region: 'us', team: 'growth' };
    expect(values(await reader.points())).toEqual({ 'shop.mail.sent{env=prod,region=us,team=growth}': 1 });
    expect(events.events).toMatchObject([{ title: 'Deploy', tags }]);
    expect(operations.map(({ kind, tags: reported }) => [kind, reported])).toEqual([
      ['incr', tags],
      ['event', tags],
    ]);
  });

  it('is where the metrics of createMetrics go too, if they name no other place', async () => {
    const first = setUp();
    const second = setUp();
    const events = sink();
    setUpMetrics({ meterProvider: first.meterProvider, prefix: 'shop.', events });
    const own = createMetrics({ prefix: 'own.' });
    const elsewhere = createMetrics({ meterProvider: second.meterProvider });
    own.incr('a');
    own.event('Deploy', 'one');
    elsewhere.incr('b');
    warnings();
    elsewhere.event('Deploy', 'two');
    expect(values(await first.reader.points())).toEqual({ 'own.a{}': 1 });
    expect(values(await second.reader.points())).toEqual({ 'b{}': 1 });
    expect(events.events.map(({ text }) => text)).toEqual(['one']);
    expect(elsewhere.stats().refused).toEqual({ 'no-event-backend': 1 });
  });
});

describe('events without a backend', () => {
  it('are kept in their order until there is one, also after an end, and counted as held', () => {
    const events = sink();
    metrics.event('Deploy', 'before', { timestamp: 5 });
    createMetrics().event('Deploy', 'of another');
    expect(metrics.stats()).toMatchObject({ held: 2, refused: {} });
    const held = metrics.stats().handed;
    setUpMetrics({ events });
    expect(events.events.map(({ text }) => text)).toEqual(['before', 'of another']);
    expect(events.events[0]?.timestamp).toBe(5);
    expect(metrics.stats()).toMatchObject({ held: 0, handed: held + 2 });
    setUpMetrics({});
    metrics.event('Deploy', 'between');
    setUpMetrics({ events });
    expect(events.events.map(({ text }) => text)).toEqual(['before', 'of another', 'between']);
  });

  it('move to the provider that is registered', () => {
    metrics.event('Deploy', 'before');
    const { meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    expect(metrics.stats()).toMatchObject({ held: 1 });
    const events = sink();
    configureMetrics({ events });
    expect(events.events).toHaveLength(1);
    const { recorded, handed, held } = metrics.stats();
    expect({ held, rest: recorded - handed }).toEqual({ held: 0, rest: 0 });
  });

  it('are bounded, and those beyond are counted and said once', () => {
    const logged = warnings();
    const before = metrics.stats();
    for (let event = 0; event < 1_005; event += 1) metrics.event('Deploy', `${event}`);
    const { held, refused } = metrics.stats();
    expect(held - before.held).toBe(1_000);
    expect((refused['no-event-backend'] ?? 0) - (before.refused['no-event-backend'] ?? 0)).toBe(5);
    expect(logged.filter((line) => line.includes('1000 events wait'))).toHaveLength(1);
    setUpMetrics({ events: [] });
    expect(metrics.stats().held).toBe(before.held);
  });
});

describe('another version of this package', () => {
  it('whose state has another shape is warned of once', () => {
    const logged = warnings();
    const key = Symbol.for('@tallykit/metrics/3');
    const holder = globalThis as Record<symbol, unknown>;
    const { meterProvider } = setUp();
    createMetrics({ meterProvider }).incr('orders');
    expect(logged).toEqual([]);
    holder[key] = {};
    try {
      createMetrics({ meterProvider }).incr('orders');
      createMetrics({ meterProvider }).incr('orders');
    } finally {
      delete holder[key];
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('two versions of this package are loaded');
  });
});

describe('what waits', () => {
  it.each(['meterProvider', 'producers'] as const)(
    'is delivered to the %s of configureMetrics',
    async (option) => {
      metrics.incr('orders', 3);
      metrics.timing('query', 5);
      metrics.gauge('depth', 7);
      const { reader, meterProvider } = setUp();
      const { producer } = reader;
      configureMetrics(
        option === 'producers' && DESTINATION === 'producers' ? { producers: [producer] } : { meterProvider },
      );
      expect(values(await reader.points())).toEqual({ 'orders{}': 3, 'query{}': 5, 'depth{}': 7 });
      expect(metrics.stats()).toMatchObject({ destination: DESTINATION, held: 0 });
    },
  );
});
