import type { MeterProvider } from '@opentelemetry/api';
import type { EventSink } from './event.ts';
import type { OperationListener } from './operation.ts';
import type { ProducerHandle } from './producers.ts';
import type { Registry } from './registry.ts';
import type { TagRules } from './tag-rules.ts';
import type { Tags, TagValue } from './tags.ts';

/** Options of `createMetrics` and `configureMetrics`. */
export interface MetricsOptions<T extends Tags<T> = Tags> {
  /**
   * The MeterProvider to whose instruments the metrics go. Where `connectProducers` has joined producers to it, they go to these.
   * @default where the default `metrics` record: the global MeterProvider, also when it is registered later or replaced
   */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * The producers to whose readers the metrics go, past the instruments: all that get the same metrics, together.
   * `createMetricProducer` of `@tallykit/metrics/producer` makes them. Can't stand beside `meterProvider`.
   * @default none
   */
  readonly producers?: readonly ProducerHandle[] | undefined;
  /**
   * Name of the instrumentation scope.
   * @default '@tallykit/metrics'
   */
  readonly scope?: string | undefined;
  /**
   * The text that stands before every metric name. It is put there as it is, so a separator is part of it: `shop.`
   * @default ''
   */
  readonly prefix?: string | undefined;
  /**
   * Tags of every series. Tags of `withTags` and of a call win over them.
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * The unit in which `timing` and the timers record: milliseconds, or seconds as OpenTelemetry's conventions have it.
   * `timing` takes milliseconds in both cases.
   * @default 'ms'
   */
  readonly timingUnit?: 'ms' | 's' | undefined;
  /**
   * How many series one metric may have, its overflow series included; at least 2. This is the OpenTelemetry SDK's own limit.
   * A series is forgotten after 30 collections without a value, except those of `upDown` and `observe`.
   * @default 2000
   */
  readonly maxSeriesPerMetric?: number | undefined;
  /**
   * How many metric names the MeterProvider may have; at least 1.
   * @default 1000
   */
  readonly maxMetrics?: number | undefined;
  /**
   * Whether counters are held until the next collection, where the MeterProvider allows it. With `false` every call goes to
   * the SDK at once. That is slower, but a View that makes a histogram of a counter then gets each call.
   * @default true
   */
  readonly hold?: boolean | undefined;
  /**
   * Rules for tags that calls must not have.
   * @default none
   */
  readonly tagRules?: TagRules | undefined;
  /**
   * The backends that get events. While none is named, up to 1,000 events are kept. With an empty array they are refused.
   * @default those of the default `metrics`; none where `meterProvider` is given
   */
  readonly events?: EventSink | readonly EventSink[] | undefined;
  /**
   * How many milliseconds a collection waits for a callback of `observe`. After this time the value is left out, and the
   * collection goes on.
   * @default 2_000, or half of the shutdown's time where `startMetrics` allows less than 4 seconds for that
   */
  readonly observeTimeoutMillis?: number | undefined;
  /**
   * A function that is called for every operation as it happens, or for a share of them: see `sampleRate` of `RecordOptions`.
   * @default that of the default `metrics`; none where `meterProvider` is given
   */
  readonly operations?: OperationListener | undefined;
}

/** Options that were checked, with the place where metrics go in place of `meterProvider` or `producers`. */
export interface ResolvedOptions extends Omit<MetricsOptions, 'meterProvider' | 'producers'> {
  readonly registry?: Registry | undefined;
}

/** Options of `child`. */
export type ChildOptions<T extends Tags<T> = Tags> = Pick<MetricsOptions<T>, 'prefix' | 'tags'>;

/** Options of one recording call. */
export interface RecordOptions<T extends Tags<T> = Tags> {
  /**
   * Tags of the series, beside those of the `Metrics` and of `withTags`. A series has at most 128 tags.
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * The value of the tag `instance`. It wins over a tag of that name. An empty text is none.
   * @default none
   */
  readonly instance?: TagValue | undefined;
  /**
   * The metric's unit in UCUM, as OpenTelemetry wants it: `By`, `s`, `{request}`. The first call with a name decides. That of
   * a timing must be a unit of time: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`, …
   * @default none, and `timingUnit` for timings
   */
  readonly unit?: string | undefined;
  /**
   * What the metric means. The first call with a name decides.
   * @default ''
   */
  readonly description?: string | undefined;
  /**
   * The share of the operations, 0 to 1, that the listener `operations` gets. What is recorded stays exact: values are
   * added up before anything is sent, so sampling them would save nothing.
   * @default 1
   */
  readonly sampleRate?: number | undefined;
  /**
   * Whether an internal store, if there is one, keeps the metric as well: all its series, from this call on. See
   * `isInternal` of `Metrics`.
   * @default false
   */
  readonly internal?: boolean | undefined;
}

/** Options of a bound handle, whose tags are an argument of their own. */
export type BoundOptions = Omit<RecordOptions, 'tags'>;

/** The defaults of those `MetricsOptions` that have one, under the options' names. */
export const METRICS_DEFAULTS = {
  scope: '@tallykit/metrics',
  prefix: '',
  timingUnit: 'ms',
  maxSeriesPerMetric: 2_000,
  maxMetrics: 1_000,
  hold: true,
  observeTimeoutMillis: 2_000,
} as const;
