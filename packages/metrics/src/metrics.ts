import { AsyncLocalStorage } from 'node:async_hooks';
import { Binding } from './binding.ts';
import type { RecordOptions } from './binding.ts';
import { BoundCounter } from './bound-counter.ts';
import { countHeld, record } from './drain.ts';
import type { MetricEvent, Operation } from './hooks.ts';
import { Observer } from './observer.ts';
import { checkMetricsOptions, CHILD_OPTION_CHECKS } from './options.ts';
import type { ChildOptions, MetricsOptions } from './options.ts';
import { describe, reason, refuse } from './refusals.ts';
import type { RefusalCause } from './refusals.ts';
import type { Cell, Kind, MetricRecord } from './registry.ts';
import { tagText } from './series.ts';
import type { Tags, TagValue } from './series.ts';
import { beginGeneration, shared } from './shared.ts';
import { isTagRuleError } from './tag-rules.ts';
import { Timer } from './timer.ts';

/** Options of `event`. */
export interface EventOptions {
  readonly tags?: Tags;
  /** Becomes the tag `instance`. */
  readonly instance?: TagValue;
  /** @default 'info' at the backends */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success';
  /** @default 'normal' at the backends */
  readonly priority?: 'normal' | 'low';
  /** Events with the same key are shown together. */
  readonly aggregationKey?: string;
  readonly sourceTypeName?: string;
  readonly hostname?: string;
  /**
   * Milliseconds since the epoch.
   * @default now
   */
  readonly timestamp?: number;
}

/** What became of the calls of all `Metrics` of one MeterProvider: `recorded = handed + held + refused`. */
export interface MetricsStats {
  /** Calls of recording verbs, and readings of `observe`. */
  readonly recorded: number;
  /** Those that reached the MeterProvider. */
  readonly handed: number;
  /** Those that wait for the next collection, or for a MeterProvider. */
  readonly held: number;
  /** Those that could not be recorded, by cause. */
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  /** Those of `handed` that went into an overflow series, past `maxSeriesPerMetric`. */
  readonly overflowed: number;
  /** Tags left out by a tag rule, or because they had no usable value. */
  readonly droppedTags: number;
  /** How often an event backend or an operation listener threw. */
  readonly hookErrors: number;
  readonly metrics: number;
  readonly series: number;
}

/** What a recording verb does. */
interface Verb {
  readonly name: Exclude<Operation['kind'], 'event'>;
  readonly kind: Kind;
  readonly least: number;
}

const INCR: Verb = { name: 'incr', kind: 'counter', least: 0 };
const UP_DOWN: Verb = { name: 'upDown', kind: 'upDown', least: -Number.MAX_VALUE };
const GAUGE: Verb = { name: 'gauge', kind: 'gauge', least: -Number.MAX_VALUE };
const TIMING: Verb = { name: 'timing', kind: 'histogram', least: 0 };
const DISTRIBUTION: Verb = { name: 'distribution', kind: 'histogram', least: 0 };

/** OpenTelemetry's units of time, in milliseconds. */
const MILLIS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

/**
 * The recording API. Its verbs never throw, never block and never change what they are handed; what can't be
 * recorded is counted in `stats()`. Made by `createMetrics`.
 */
export class Metrics {
  readonly #options: () => MetricsOptions;
  #binding: Binding | undefined;

  /** @internal */
  constructor(options: () => MetricsOptions) {
    this.#options = options;
  }

  /**
   * Adds to a counter.
   *
   * @param value zero or more
   * @example metrics.incr('orders.items', 3, { tags: { plan: 'pro' }, instance: 'web-1' });
   */
  incr(name: string, value = 1, options?: RecordOptions): void {
    this.#record(INCR, name, value, options);
  }

  /**
   * Adds to a value that goes up and down, such as the number of requests in progress.
   *
   * @example metrics.upDown('requests.active', -1);
   */
  upDown(name: string, value: number, options?: RecordOptions): void {
    this.#record(UP_DOWN, name, value, options);
  }

  /**
   * Sets a value; the last one before a collection is what is exported.
   *
   * @example metrics.gauge('queue.depth', 12);
   */
  gauge(name: string, value: number, options?: RecordOptions): void {
    this.#record(GAUGE, name, value, options);
  }

  /**
   * Records a duration.
   *
   * @param milliseconds zero or more; milliseconds whatever `timingUnit` is
   * @example metrics.timing('db.query', 14.2, { tags: { table: 'orders' } });
   */
  timing(name: string, milliseconds: number, options?: RecordOptions): void {
    this.#record(TIMING, name, milliseconds, options);
  }

  /**
   * Records one of many values whose distribution matters.
   *
   * @param value zero or more
   * @example metrics.distribution('upload.size', 52_001, { unit: 'By' });
   */
  distribution(name: string, value: number, options?: RecordOptions): void {
    this.#record(DISTRIBUTION, name, value, options);
  }

  /**
   * A gauge that is read at every collection.
   *
   * @returns ends the reading
   * @example const stop = metrics.observe('queue.depth', () => queue.length);
   */
  observe(name: string, read: () => number | Promise<number>, options?: RecordOptions): () => void {
    const fixed = copyOptions(options);
    const observer = new Observer(read, () => this.#bind().find('observable', name, fixed, ''));
    this.#guard(() => observer.attach());
    return () => this.#guard(() => observer.remove());
  }

  /**
   * Times a function, to the settling of its promise if it returns one, under the tag `result`: `success`,
   * `failure`, or `aborted` when it ends with an `AbortError`.
   *
   * @returns what the function returns; a promise rejects as the function's own does
   * @example const rows = await metrics.time('db.query', () => db.query(sql));
   */
  time<T>(name: string, work: () => T, options?: RecordOptions): T {
    return this.timer(name, options).run(work);
  }

  /**
   * A function that does the same and is timed as by `time` each time. Keeps name, length, arguments, `this` and
   * return value.
   *
   * @example const handler = metrics.wrap('http.handler', realHandler);
   */
  wrap<This, Arguments extends unknown[], Result>(
    name: string,
    work: (this: This, ...args: Arguments) => Result,
    options?: RecordOptions,
  ): (this: This, ...args: Arguments) => Result {
    if (typeof work !== 'function') return work;
    const fixed = copyOptions(options);
    const start = (): Timer => this.timer(name, fixed);
    function wrapped(this: This, ...args: Arguments): Result {
      return start().run(() => work.apply(this, args));
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(wrapped, property, { value: work[property], configurable: true });
    }
    return wrapped;
  }

  /**
   * Starts a timer, for what isn't one function.
   *
   * @example
   * using timer = metrics.timer('job');
   * timer.tags.queue = 'mail';
   */
  timer(name: string, options?: RecordOptions): Timer {
    const { tags = {}, ...others } = copyOptions(options);
    return new Timer((milliseconds, ownTags, result) => {
      this.#guard(() => this.timing(name, milliseconds, { ...others, tags: { ...ownTags, result } }));
    }, tags);
  }

  /**
   * Tells the backends that know events. The title isn't prefixed, and tag rules don't apply.
   *
   * @example metrics.event('Deploy', 'v42 is live', { alertType: 'info' });
   */
  event(title: string, text: string, options?: EventOptions): void {
    this.#guard(() => {
      const binding = this.#bind();
      if (typeof title !== 'string' || title === '' || typeof text !== 'string') {
        const got = `${describe(title)} and ${describe(text)}`;
        refuse(binding.registry, 'bad-name', `an event needs a title and a text, got ${got}`);
        return;
      }
      const event: MetricEvent = {
        title,
        text,
        tags: binding.tagsOf(options),
        alertType: options?.alertType,
        priority: options?.priority,
        aggregationKey: options?.aggregationKey,
        sourceTypeName: options?.sourceTypeName,
        hostname: options?.hostname,
        timestamp: options?.timestamp ?? Date.now(),
      };
      const { instance } = event.tags;
      binding.report({
        kind: 'event',
        name: title,
        value: text,
        unit: undefined,
        instance,
        tags: event.tags,
      });
      if (binding.sinks.length === 0) {
        refuse(
          binding.registry,
          'no-event-backend',
          `event ${describe(title)} goes nowhere: no backend knows events; hand one to createMetrics({ events })`,
        );
      } else {
        binding.registry.handed += 1;
        for (const sink of binding.sinks) binding.call(() => sink.event(event));
      }
    });
  }

  /**
   * A counter whose tags are fixed: the fastest way to count. Tags of `withTags` don't apply to it.
   *
   * @example
   * const hits = metrics.counter('http.hits', { route: '/' }, { unit: '{hit}' });
   * hits.incr();
   */
  counter(name: string, tags?: Tags, options?: Omit<RecordOptions, 'tags'>): BoundCounter {
    const fixed = copyOptions(options, tags);
    return new BoundCounter(
      (value) => outsideOfScopes(() => this.incr(name, value, fixed)),
      () => this.#boundCell(name, fixed),
    );
  }

  /**
   * Adds tags to whatever is recorded, by any `Metrics`, while the function runs and in the asynchronous work that it
   * starts. Tags of a call win over them, and inner ones over outer ones.
   *
   * @returns what the function returns
   * @example await metrics.withTags({ tenant: 'acme' }, () => handle(request));
   */
  withTags<T>(tags: Tags, work: () => T): T {
    shared.scopes ??= new AsyncLocalStorage();
    const scope = [...(shared.scopes.getStore() ?? [])];
    this.#guard(() => {
      for (const [tag, value] of Object.entries(copyObject(tags))) {
        // Text at once: the same request's tags are walked many times.
        if (value !== undefined && value !== null) scope.push(tag, tagText(value) ?? value);
      }
    });
    return shared.scopes.run(scope, work);
  }

  /**
   * The same metrics under a longer prefix and with more tags.
   *
   * @example const mail = metrics.child({ prefix: 'mail.', tags: { team: 'growth' } });
   */
  child(options: ChildOptions): Metrics {
    checkMetricsOptions('child', options, CHILD_OPTION_CHECKS);
    const { prefix = '' } = options;
    const tags = { ...options.tags };
    return new Metrics(() => {
      const parent = this.#options();
      return { ...parent, prefix: (parent.prefix ?? '') + prefix, tags: { ...parent.tags, ...tags } };
    });
  }

  /**
   * Whether a call of any `Metrics` of the same MeterProvider has said `internal: true` of a metric: for the exporter of
   * an internal store, which asks at each export.
   *
   * @param name with its prefix
   * @example new TimeseriesMetricExporter({ include: [(name) => metrics.isInternal(name)] });
   */
  isInternal(name: string): boolean {
    const { meters } = this.#bind().registry;
    return [...meters.values()].some(({ metrics }) => metrics.get(name)?.isInternal);
  }

  /** What became of the calls of all `Metrics` of the same MeterProvider. */
  stats(): MetricsStats {
    const { registry } = this.#bind();
    const held = countHeld(registry);
    let recorded = registry.handed + held;
    for (const calls of Object.values(registry.refused)) recorded += calls;
    let series = 0;
    for (const { metrics } of registry.meters.values()) {
      for (const { cells } of metrics.values()) series += cells.size;
    }
    return {
      recorded,
      handed: registry.handed,
      held,
      refused: { ...registry.refused },
      overflowed: registry.overflowed,
      droppedTags: registry.droppedTags,
      hookErrors: registry.hookErrors,
      metrics: registry.metricCount,
      series,
    };
  }

  #bind(): Binding {
    const binding = this.#binding;
    if (binding !== undefined && binding.generation === shared.generation) return binding;
    return (this.#binding = Binding.of(this.#options()));
  }

  #record(verb: Verb, name: string, value: number, options: RecordOptions | undefined): void {
    try {
      const binding = this.#bind();
      if (!(typeof value === 'number' && value >= verb.least && value <= Number.MAX_VALUE)) {
        refuseValue(binding, verb, name, value);
        return;
      }
      const cell = binding.find(verb.kind, name, options, verb === TIMING ? binding.timingUnit : '');
      if (cell === undefined) return;
      if (cell.warm) {
        cell.held += value;
        cell.calls += 1;
      } else {
        record(cell, verb === TIMING ? inUnitOf(cell.metric, value) : value);
      }
      if (binding.reports) report(binding, verb, name, value, options);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The cell to which a bound counter may add without a further look. */
  #boundCell(name: string, options: RecordOptions): Cell | undefined {
    const binding = this.#bind();
    if (binding.reports) return undefined;
    return outsideOfScopes(() => binding.find('counter', name, options, ''));
  }

  /** Runs what may throw for a reason of the caller's. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (isTagRuleError(error)) throw error;
    const registry = this.#binding?.registry ?? shared.current;
    refuse(registry, 'error', `a call could not be recorded: ${reason(error)}`);
  }
}

/**
 * Makes a `Metrics`.
 *
 * @throws TypeError for an unknown or wrong option, naming it
 * @example const metrics = createMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  checkMetricsOptions('createMetrics', options);
  const own = withoutCallersObjects(options);
  return new Metrics(() => own);
}

/** The default `Metrics`, on the global MeterProvider unless `configureMetrics` says otherwise. */
export const metrics = new Metrics(() => shared.options);

/**
 * Sets the options of the default `metrics`, all of them anew. Its children and bound counters follow.
 *
 * @throws TypeError for an unknown or wrong option, naming it
 * @example configureMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function configureMetrics(options: MetricsOptions): void {
  checkMetricsOptions('configureMetrics', options);
  shared.options = withoutCallersObjects(options);
  beginGeneration();
}

function withoutCallersObjects(options: MetricsOptions): MetricsOptions {
  return { ...options, ...(options.tags === undefined ? {} : { tags: { ...options.tags } }) };
}

/** A copy that nobody else can change, or nothing where it can't be read. */
function copyOptions(options: RecordOptions | undefined, tags?: Tags): RecordOptions {
  try {
    return { ...copyObject(options), tags: copyObject(tags ?? options?.tags) };
  } catch {
    return {};
  }
}

/** Spreading a text would make a property of each character. */
function copyObject<T extends object>(object: T | undefined): Partial<T> {
  return typeof object === 'object' ? { ...object } : {};
}

function outsideOfScopes<T>(action: () => T): T {
  return shared.scopes === undefined ? action() : shared.scopes.run([], action);
}

function inUnitOf(metric: MetricRecord, milliseconds: number): number {
  return metric.unit === 'ms' ? milliseconds : milliseconds / (MILLIS_PER_UNIT[metric.unit] ?? 1);
}

function refuseValue({ registry }: Binding, verb: Verb, name: unknown, value: unknown): void {
  const cause =
    typeof value !== 'number' ? 'not-a-number' : Number.isFinite(value) ? 'negative' : 'not-finite';
  const wanted = verb.least === 0 ? 'a finite number from 0' : 'a finite number';
  const advice = cause === 'negative' && verb === INCR ? '; for a value that goes down there is upDown' : '';
  refuse(registry, cause, `${verb.name}(${describe(name)}) takes ${wanted}, got ${describe(value)}${advice}`);
}

function report(
  binding: Binding,
  verb: Verb,
  name: string,
  value: number,
  options: RecordOptions | undefined,
): void {
  const sampleRate = options?.sampleRate ?? 1;
  if (sampleRate < 1 && Math.random() >= sampleRate) return;
  const tags = binding.tagsOf(options);
  const unit = options?.unit ?? (verb === TIMING ? 'ms' : undefined);
  binding.report({ kind: verb.name, name, value, unit, instance: tags['instance'], tags });
}
