import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { filterMetrics } from '../src/filter-metrics.ts';
import { routesOf } from '../src/routes.ts';

describe('routesOf', () => {
  const { primary, secondary } = routesOf({
    secondary: ['new.', 'both.not.'],
    both: ['both.'],
    bothDistributions: ['timed.'],
  });

  it.each([
    ['x', 'p', 'p'],
    ['new.x', 's', 's'],
    ['new', 'p', 'p'],
    ['both.x', 'ps', 'ps'],
    ['both.not.x', 's', 's'],
    ['timed.x', 'p', 'ps'],
    ['', 'p', 'p'],
  ])('sends %j to %s, and its distributions to %s', (name, others, distributions) => {
    const who = (kind: 'other' | 'distribution') =>
      (primary(name, kind) ? 'p' : '') + (secondary(name, kind) ? 's' : '');
    expect([who('other'), who('distribution')]).toEqual([others, distributions]);
  });

  it('sends everything to the primary backend without routes', () => {
    const none = routesOf({});
    expect([none.primary('x', 'other'), none.secondary('x', 'distribution')]).toEqual([true, false]);
  });
});

describe('filterMetrics', () => {
  it('keeps what is taken, by the name without its prefix, and no empty scope', async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: {
        export: () => undefined,
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    });
    const provider = new MeterProvider({ readers: [reader] });
    provider.getMeter('ours').createCounter('shop.orders').add(1);
    provider.getMeter('ours').createHistogram('shop.query').record(1);
    provider.getMeter('theirs').createCounter('orders.theirs').add(1);
    provider.getMeter('others').createCounter('logins').add(1);
    const { resourceMetrics } = await reader.collect();
    const asked: string[] = [];
    const filtered = filterMetrics(
      resourceMetrics,
      (name, kind) => {
        asked.push(`${name} ${kind}`);
        return name.startsWith('orders') || kind === 'distribution';
      },
      'shop.',
    );
    expect(asked).toEqual(['orders other', 'query distribution', 'orders.theirs other', 'logins other']);
    expect(
      filtered.scopeMetrics.map(({ scope, metrics }) => [
        scope.name,
        ...metrics.map(({ descriptor }) => descriptor.name),
      ]),
    ).toEqual([
      ['ours', 'shop.orders', 'shop.query'],
      ['theirs', 'orders.theirs'],
    ]);
    expect(filtered.resource).toBe(resourceMetrics.resource);
  });
});
