import { describe, expect, it } from 'vitest';
import { createMetrics, Metrics, metrics } from '../src/index.ts';
import { setUp, values } from './collect.ts';

/** A class as the token of a provider, abstract or not, as containers for dependency injection take it. */
type Token<T> = abstract new () => T;

/** Works as the container of Nest does: what a factory makes is found by the class that a constructor wants. */
class Container {
  readonly #factories = new Map<Token<unknown>, () => unknown>();

  provide<T>(provider: { readonly provide: Token<T>; readonly useFactory: () => T }): void {
    this.#factories.set(provider.provide, provider.useFactory);
  }

  create<T, Dependency>(wanted: new (dependency: Dependency) => T, token: Token<Dependency>): T {
    return new wanted(this.#factories.get(token)?.() as Dependency);
  }
}

class Orders {
  readonly #metrics: Metrics;

  constructor(metricsOfOrders: Metrics) {
    this.#metrics = metricsOfOrders;
  }

  place(): void {
    this.#metrics.incr('orders');
  }
}

describe('Metrics', () => {
  it('is the token of what createMetrics makes', async () => {
    const { reader, meterProvider } = setUp();
    const container = new Container();
    container.provide({ provide: Metrics, useFactory: () => createMetrics({ meterProvider }) });
    container.create(Orders, Metrics).place();
    expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
  });

  it('is the class of every Metrics', () => {
    for (const each of [metrics, createMetrics(), createMetrics().child({ prefix: 'mail.' })]) {
      expect(each).toBeInstanceOf(Metrics);
    }
  });
});
