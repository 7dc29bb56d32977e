/** Counts and gauges, as `/api/v1/series` and `/api/v2/series` take them. */
export interface DatadogSeries {
  /** The name of the metric. */
  readonly metric: string;
  /** `count` and `rate` are changes within the interval, `gauge` is a value. `unspecified` is Datadog's default, a gauge. */
  readonly type: 'count' | 'rate' | 'gauge' | 'unspecified';
  /** In seconds. 0 for gauges, and where none is given. */
  readonly interval: number;
  /** Datadog's name of the unit. Empty when none is given. */
  readonly unit: string;
  /** The host. Empty when none is given. */
  readonly host: string;
  /** `key:value` each, in the order of arrival. */
  readonly tags: readonly string[];
  /** The points. `timestamp` is in seconds since 1970. */
  readonly points: readonly { readonly timestamp: number; readonly value: number }[];
}

/** A distribution with its bins, as `/api/beta/sketches` takes it. */
export interface DatadogSketch {
  /** The name of the metric. */
  readonly metric: string;
  /** The host. Empty when none is given. */
  readonly host: string;
  /** `key:value` each, in the order of arrival. */
  readonly tags: readonly string[];
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** How many values there are. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** The lowest of them. */
  readonly min: number;
  /** The highest of them. */
  readonly max: number;
  /** Their mean. */
  readonly average: number;
  /**
   * The keys of the bins, ascending, by the formula of the Datadog Agent. A key stands several times where there are more
   * values than the Agent counts in one bin.
   */
  readonly keys: readonly number[];
  /** How many values are in the bin whose key has the same index. */
  readonly counts: readonly number[];
}

/** The values of a distribution, as `/api/v1/distribution_points` takes them. */
export interface DatadogDistribution {
  /** The name of the metric. */
  readonly metric: string;
  /** The host. Empty when none is given. */
  readonly host: string;
  /** `key:value` each, in the order of arrival. */
  readonly tags: readonly string[];
  /** The values by time. `timestamp` is in seconds since 1970. */
  readonly points: readonly { readonly timestamp: number; readonly values: readonly number[] }[];
}

/** An event, as `/api/v1/events` takes it. What is missing is `undefined`. */
export interface DatadogReceivedEvent {
  /** The title; never empty. */
  readonly title: string;
  /** The text. */
  readonly text: string;
  /** `key:value` each, in the order of arrival. */
  readonly tags: readonly string[];
  /** The host. */
  readonly host: string | undefined;
  /** When it happened, in seconds since 1970. */
  readonly dateHappened: number | undefined;
  /** `error`, `warning`, `info` or `success`; other texts are not refused. */
  readonly alertType: string | undefined;
  /** `normal` or `low`; other texts are not refused. */
  readonly priority: string | undefined;
  /** Datadog shows events with the same key as one. */
  readonly aggregationKey: string | undefined;
  /** What kind of system it comes from. */
  readonly sourceTypeName: string | undefined;
}

/** What is in the body of a request. Each endpoint fills one of the lists; the others are empty. */
export interface DatadogContent {
  /** Of `/api/v1/series` and `/api/v2/series`. */
  readonly series: readonly DatadogSeries[];
  /** Of `/api/beta/sketches`. */
  readonly sketches: readonly DatadogSketch[];
  /** Of `/api/v1/distribution_points`. */
  readonly distributions: readonly DatadogDistribution[];
  /** Of `/api/v1/events`. */
  readonly events: readonly DatadogReceivedEvent[];
}

/** The content of a request that has none, or none that could be read. */
export const NO_CONTENT: DatadogContent = { series: [], sketches: [], distributions: [], events: [] };
