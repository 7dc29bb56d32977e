import type { BoundCounter } from './bound-counter.ts';
import type { EventOptions } from './event.ts';
import type { ChildOptions, RecordOptions } from './options.ts';
import type { MetricsStats } from './stats.ts';
import type { Tags } from './tags.ts';
import type { Timer } from './timer.ts';

/**
 * The recording API; `createMetrics` makes one. Its verbs never block, never change what they are passed and never throw,
 * except a `TagRuleError` where `tagRules` ask for it. What can't be recorded is counted in `stats()` and logged once.
 *
 * It is an abstract class, and not an interface, so that it can be the token of a provider where dependencies are injected.
 *
 * @example { provide: Metrics, useFactory: () => createMetrics({ prefix: 'shop.' }) } // a provider of Nest
 */
export abstract class Metrics {
  /**
   * Adds to a counter.
   *
   * @param value zero or more
   * @example metrics.incr('orders.items', 3, { tags: { plan: 'pro' }, instance: 'web-1' });
   */
  abstract incr(name: string, value?: number, options?: RecordOptions): void;

  /**
   * Adds to a value that goes up and down, such as the number of requests in progress.
   *
   * @param value any finite number; negative to go down
   * @example metrics.upDown('requests.active', -1);
   */
  abstract upDown(name: string, value: number, options?: RecordOptions): void;

  /**
   * Sets a value. The last one before a collection is exported.
   *
   * @param value any finite number
   * @example metrics.gauge('queue.depth', 12);
   */
  abstract gauge(name: string, value: number, options?: RecordOptions): void;

  /**
   * Records a duration.
   *
   * @param milliseconds zero or more; they are converted where `timingUnit`, or the option `unit`, is another unit of time
   * @example metrics.timing('db.query', 14.2, { tags: { table: 'orders' } });
   */
  abstract timing(name: string, milliseconds: number, options?: RecordOptions): void;

  /**
   * Records one of many values whose distribution matters.
   *
   * @param value zero or more
   * @example metrics.distribution('upload.size', 52_001, { unit: 'By' });
   */
  abstract distribution(name: string, value: number, options?: RecordOptions): void;

  /**
   * Records a gauge that is read at every collection.
   *
   * @param read returns a finite number or a promise of one; what it throws is counted, and nothing is recorded
   * @returns a function that ends the reading
   * @example const stop = metrics.observe('queue.depth', () => queue.length);
   */
  abstract observe(name: string, read: () => number | Promise<number>, options?: RecordOptions): () => void;

  /**
   * Calls a function and records how long it took, until its promise settles if it returns one. The tag `result` is
   * `success`, `failure`, or `aborted` when it ends with an `AbortError`.
   *
   * @returns what the function returns; a promise rejects as the function's own does
   * @throws what the function throws
   * @example const rows = await metrics.time('db.query', () => db.query(sql));
   */
  abstract time<T>(name: string, work: () => T, options?: RecordOptions): T;

  /**
   * Makes a function that does the same, and is timed at each call as by `time`. It keeps name, length, arguments, `this`
   * and return value.
   *
   * @example const handler = metrics.wrap('http.handler', realHandler);
   */
  abstract wrap<This, Arguments extends unknown[], Result>(
    name: string,
    work: (this: This, ...args: Arguments) => Result,
    options?: RecordOptions,
  ): (this: This, ...args: Arguments) => Result;

  /**
   * Starts a timer, for work that isn't one function.
   *
   * @example
   * using timer = metrics.timer('job');
   * timer.tags.queue = 'mail';
   */
  abstract timer(name: string, options?: RecordOptions): Timer;

  /**
   * Hands an event to the backends that take events. The title gets no prefix, and tag rules don't apply.
   *
   * @param title not empty
   * @example metrics.event('Deploy', 'v42 is live', { alertType: 'info' });
   */
  abstract event(title: string, text: string, options?: EventOptions): void;

  /**
   * Makes a counter whose tags are fixed, which is the fastest way to count. Tags of `withTags` don't apply to it.
   *
   * @example
   * const hits = metrics.counter('http.hits', { route: '/' }, { unit: '{hit}' });
   * hits.incr();
   */
  abstract counter(name: string, tags?: Tags, options?: Omit<RecordOptions, 'tags'>): BoundCounter;

  /**
   * Adds tags to whatever any `Metrics` records while the function runs, and in the asynchronous work that it starts. Tags
   * of a call win over them, and inner `withTags` over outer ones.
   *
   * @returns what the function returns
   * @throws what the function throws
   * @example await metrics.withTags({ tenant: 'acme' }, () => handle(request));
   */
  abstract withTags<T>(tags: Tags, work: () => T): T;

  /**
   * Makes a `Metrics` of the same options with a longer prefix and more tags.
   *
   * @param options the prefix is put after that of this `Metrics`; tags win over its tags
   * @throws TypeError for an option that is wrong or unknown
   * @example const mail = metrics.child({ prefix: 'mail.', tags: { team: 'growth' } });
   */
  abstract child(options: ChildOptions): Metrics;

  /**
   * Whether any call of a metric had the option `internal`, among all `Metrics` of the same MeterProvider. The exporter of
   * an internal store asks this at each export.
   *
   * @param name with its prefix
   * @example new TimeseriesMetricExporter({ include: [(name) => metrics.isInternal(name)] });
   */
  abstract isInternal(name: string): boolean;

  /**
   * What became of the calls of all `Metrics` of the same MeterProvider.
   *
   * @example console.log(metrics.stats().refused); // { 'not-finite': 1 }
   */
  abstract stats(): MetricsStats;
}
