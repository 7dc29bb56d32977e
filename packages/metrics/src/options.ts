import type { MeterProvider } from '@opentelemetry/api';
import type { EventSink, OperationListener } from './hooks.ts';
import { describe } from './refusals.ts';
import type { Tags } from './series.ts';
import { compileTagRules } from './tag-rules.ts';
import type { TagRules } from './tag-rules.ts';

/** Options of `createMetrics` and `configureMetrics`. */
export interface MetricsOptions {
  /**
   * Where the metrics go.
   * @default the global MeterProvider, also when it is registered later or replaced
   */
  readonly meterProvider?: MeterProvider;
  /**
   * Name of the instrumentation scope.
   * @default '@tallykit/metrics'
   */
  readonly scope?: string;
  /**
   * Put before every metric name as it is: a separator belongs to it.
   * @default ''
   */
  readonly prefix?: string;
  /** Tags of every series; tags of `withTags` and of a call win over them. */
  readonly tags?: Tags;
  /**
   * What `timing` and the timers record: milliseconds, or seconds for OpenTelemetry's convention. What is passed
   * to `timing` is milliseconds either way.
   * @default 'ms'
   */
  readonly timingUnit?: 'ms' | 's';
  /**
   * How many series one metric may have, the overflow series included. A series is let go after 30 collections
   * without a value, except those of `upDown` and `observe`.
   * @default 2000, the OpenTelemetry SDK's own limit
   */
  readonly maxSeriesPerMetric?: number;
  /**
   * How many metric names there may be.
   * @default 1000
   */
  readonly maxMetrics?: number;
  /**
   * Whether counters are held until the next collection, where the MeterProvider allows it. Without it every call
   * goes to the SDK: slower, and seen one by one by a View that makes a histogram of a counter.
   * @default true
   */
  readonly hold?: boolean;
  /** Which tag names are not allowed. */
  readonly tagRules?: TagRules;
  /** Backends that know events. */
  readonly events?: EventSink | readonly EventSink[];
  /** Called for every operation as it happens, thinned by `sampleRate`. */
  readonly operations?: OperationListener;
}

/** Options of `child`. */
export type ChildOptions = Pick<MetricsOptions, 'prefix' | 'tags'>;

/** Defaults of `MetricsOptions`. */
export const METRICS_DEFAULTS = {
  scope: '@tallykit/metrics',
  prefix: '',
  timingUnit: 'ms',
  maxSeriesPerMetric: 2_000,
  maxMetrics: 1_000,
  hold: true,
} as const;

/** Throws on the first option that isn't what it should be, naming it and what is accepted. */
export function checkMetricsOptions(caller: string, options: unknown, allowed = OPTION_CHECKS): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: options must be an object, got ${describe(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const check = allowed[name];
    if (check === undefined) {
      throw new TypeError(
        `${caller}: unknown option '${name}'; known are ${Object.keys(allowed).join(', ')}`,
      );
    }
    if (value !== undefined && !check.accepts(value)) {
      throw new TypeError(`${caller}: option '${name}' must be ${check.wanted}, got ${describe(value)}`);
    }
    if (name === 'tagRules' && value !== undefined) compileTagRules(caller, value as TagRules);
  }
}

interface OptionCheck {
  readonly wanted: string;
  readonly accepts: (value: unknown) => boolean;
}

const has = (value: unknown, method: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Record<string, unknown>)[method] === 'function';

const text: OptionCheck = { wanted: 'a string', accepts: (value) => typeof value === 'string' };
const tags: OptionCheck = {
  wanted: 'an object of strings, numbers and booleans',
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (tag) => tag === null || !['object', 'function', 'symbol'].includes(typeof tag),
    ),
};
const count = (least: number): OptionCheck => ({
  wanted: `a whole number from ${least}`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});

/** What `child` takes. */
export const CHILD_OPTION_CHECKS: Readonly<Record<string, OptionCheck>> = { prefix: text, tags };

const OPTION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  meterProvider: { wanted: 'a MeterProvider', accepts: (value) => has(value, 'getMeter') },
  scope: text,
  prefix: text,
  tags,
  timingUnit: { wanted: "'ms' or 's'", accepts: (value) => value === 'ms' || value === 's' },
  maxSeriesPerMetric: count(2),
  maxMetrics: count(1),
  hold: { wanted: 'a boolean', accepts: (value) => typeof value === 'boolean' },
  tagRules: { wanted: 'an object', accepts: (value) => typeof value === 'object' && value !== null },
  events: {
    wanted: 'an object with a method event, or an array of them',
    accepts: (value) =>
      Array.isArray(value) ? value.every((sink) => has(sink, 'event')) : has(value, 'event'),
  },
  operations: { wanted: 'a function', accepts: (value) => typeof value === 'function' },
};
