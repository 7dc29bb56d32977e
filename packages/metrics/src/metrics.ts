import type { Active } from './active.ts';
import type {
  BoundCounter,
  BoundDistribution,
  BoundGauge,
  BoundTiming,
  BoundUpDown,
} from './bound-handles.ts';
import type { EventOptions } from './event.ts';
import type { BoundOptions, ChildOptions, RecordOptions } from './options.ts';
import type { MetricsStats } from './stats.ts';
import type { Tags } from './tags.ts';
import type { Timer } from './timing/timer.ts';

/**
 * The recording API; `createMetrics` makes one. Its verbs never block, never change what they are passed and never throw,
 * except a `TagRuleError` where `tagRules` ask for it. What can't be recorded is counted in `stats()` and logged once. They may
 * be called without the `Metrics`: `const { incr } = metrics`.
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
  abstract incr<T extends Tags<T>>(
    this: void,
    name: string,
    value?: number,
    options?: RecordOptions<T>,
  ): void;

  /**
   * Adds to a value that goes up and down, such as the number of requests in progress.
   *
   * @param value any finite number; negative to go down
   * @example metrics.upDown('requests.active', -1);
   */
  abstract upDown<T extends Tags<T>>(
    this: void,
    name: string,
    value: number,
    options?: RecordOptions<T>,
  ): void;

  /**
   * Counts something that is going on: adds 1 now, and takes it back from the same series at the end, in whatever scope of
   * `withTags` that is.
   *
   * @returns what ends it: `stop()`, or the end of the block of a `using` declaration
   * @example using active = metrics.active('requests.active', { tags: { route: '/' } });
   */
  abstract active<T extends Tags<T>>(this: void, name: string, options?: RecordOptions<T>): Active;

  /**
   * Sets a value. The last one before a collection is exported.
   *
   * @param value any finite number
   * @example metrics.gauge('queue.depth', 12);
   */
  abstract gauge<T extends Tags<T>>(
    this: void,
    name: string,
    value: number,
    options?: RecordOptions<T>,
  ): void;

  /**
   * Records a duration.
   *
   * @param milliseconds zero or more; they are converted where `timingUnit`, or the option `unit`, is another unit of time
   * @example metrics.timing('db.query', 14.2, { tags: { table: 'orders' } });
   */
  abstract timing<T extends Tags<T>>(
    this: void,
    name: string,
    milliseconds: number,
    options?: RecordOptions<T>,
  ): void;

  /**
   * Records one of many values whose distribution matters.
   *
   * @param value zero or more
   * @example metrics.distribution('upload.size', 52_001, { unit: 'By' });
   */
  abstract distribution<T extends Tags<T>>(
    this: void,
    name: string,
    value: number,
    options?: RecordOptions<T>,
  ): void;

  /**
   * Records a gauge that is read at every collection. A second call for the same name and tags takes the place of the first.
   *
   * @param read returns a finite number or a promise of one; what it throws is counted, and nothing is recorded. A promise
   * that has not settled after `observeTimeoutMillis` is left out
   * @returns a function that ends the reading
   * @example const stop = metrics.observe('queue.depth', () => queue.length);
   */
  abstract observe<T extends Tags<T>>(
    this: void,
    name: string,
    read: () => number | Promise<number>,
    options?: RecordOptions<T>,
  ): () => void;

  /**
   * Calls a function and records how long its work took. A promise is timed until it settles, a generator until it is consumed,
   * a stream of Node until it closes, an observable for each subscription, and anything else until the function returns. The
   * tag `result` is `success`, `failure`, or `aborted` when the work ends with an `AbortError`.
   *
   * @param work gets the timer, whose tags it may change and whose `fail` it may call
   * @returns what the function returns; a promise rejects as the function's own does. Promises with members of their own,
   * thenables, generators and observables are returned as a proxy
   * @throws what the function throws
   * @example const rows = await metrics.time('db.query', () => db.query(sql));
   */
  abstract time<Result, T extends Tags<T> = Tags>(
    this: void,
    name: string,
    work: (timer: Timer) => Result,
    options?: RecordOptions<T>,
  ): Result;

  /**
   * Makes a function that does the same, and is timed at each call as by `time`. It is a proxy, so it has all properties of
   * the function. Of a class, each construction is timed.
   *
   * @returns the function that is timed; it returns and throws what `work` does
   * @example const handler = metrics.wrap('http.handler', realHandler);
   */
  abstract wrap<Work extends (...args: never[]) => unknown, T extends Tags<T> = Tags>(
    this: void,
    name: string,
    work: Work,
    options?: RecordOptions<T>,
  ): Work;
  /**
   * Makes a class of which each construction is timed.
   *
   * @example const Parser = metrics.wrap('parser.new', RealParser);
   */
  abstract wrap<Work extends abstract new (...args: never[]) => unknown, T extends Tags<T> = Tags>(
    this: void,
    name: string,
    work: Work,
    options?: RecordOptions<T>,
  ): Work;

  /**
   * Starts a timer, for work that isn't one function. It has no tag `result` unless its `succeed` or `fail` is called.
   *
   * @example
   * using timer = metrics.timer('job');
   * timer.tags.queue = 'mail';
   * await runJob();
   * timer.succeed();
   */
  abstract timer<T extends Tags<T>>(this: void, name: string, options?: RecordOptions<T>): Timer;

  /**
   * Hands an event to the backends that take events. The title gets no prefix. While no backend is named, events are kept.
   *
   * @param title not empty
   * @example metrics.event('Deploy', 'v42 is live', { alertType: 'info' });
   */
  abstract event<T extends Tags<T>>(this: void, title: string, text: string, options?: EventOptions<T>): void;

  /**
   * Makes a counter whose tags are fixed, which is the fastest way to count. Tags of `withTags` don't apply to it.
   *
   * @example
   * const hits = metrics.counter('http.hits', { route: '/' }, { unit: '{hit}' });
   * hits.incr();
   */
  abstract counter<T extends Tags<T>>(
    this: void,
    name: string,
    tags?: T,
    options?: BoundOptions,
  ): BoundCounter;

  /**
   * The same for `upDown`.
   *
   * @example metrics.bindUpDown('requests.active', { route: '/' }).add(1);
   */
  abstract bindUpDown<T extends Tags<T>>(
    this: void,
    name: string,
    tags?: T,
    options?: BoundOptions,
  ): BoundUpDown;

  /**
   * The same for `gauge`.
   *
   * @example metrics.bindGauge('queue.depth', { queue: 'mail' }).record(12);
   */
  abstract bindGauge<T extends Tags<T>>(
    this: void,
    name: string,
    tags?: T,
    options?: BoundOptions,
  ): BoundGauge;

  /**
   * The same for `timing`.
   *
   * @example metrics.bindTiming('db.query', { table: 'orders' }).record(14.2);
   */
  abstract bindTiming<T extends Tags<T>>(
    this: void,
    name: string,
    tags?: T,
    options?: BoundOptions,
  ): BoundTiming;

  /**
   * The same for `distribution`.
   *
   * @example metrics.bindDistribution('upload.size', {}, { unit: 'By' }).record(52_001);
   */
  abstract bindDistribution<T extends Tags<T>>(
    this: void,
    name: string,
    tags?: T,
    options?: BoundOptions,
  ): BoundDistribution;

  /**
   * Adds tags to whatever any `Metrics` records while the function runs, and in the asynchronous work that it starts. Tags
   * of a call win over them, and an inner `withTags` replaces outer tags of the same names.
   *
   * @returns what the function returns
   * @throws what the function throws
   * @example await metrics.withTags({ tenant: 'acme' }, () => handle(request));
   */
  abstract withTags<Result, T extends Tags<T> = Tags>(this: void, tags: T, work: () => Result): Result;

  /**
   * Makes a `Metrics` of the same options with a longer prefix and more tags.
   *
   * @param options the prefix is put after that of this `Metrics`; tags win over its tags. What has a wrong shape is left out
   * and counted in `malformed`
   * @example const mail = metrics.child({ prefix: 'mail.', tags: { team: 'growth' } });
   */
  abstract child<T extends Tags<T>>(this: void, options: ChildOptions<T>): Metrics;

  /**
   * Whether any call of a metric had the option `internal`, among all `Metrics` of the same MeterProvider. The exporter of
   * an internal store asks this at each export.
   *
   * @param name with its prefix
   * @example new TimeseriesMetricExporter({ include: [(name) => metrics.isInternal(name)] });
   */
  abstract isInternal(this: void, name: string): boolean;

  /**
   * What became of the calls of all `Metrics` of the same MeterProvider.
   *
   * @example console.log(metrics.stats().refused); // { 'not-finite': 1 }
   */
  abstract stats(this: void): MetricsStats;
}
