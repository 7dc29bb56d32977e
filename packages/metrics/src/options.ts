import type { MeterProvider } from '@opentelemetry/api';
import type { EventSink, OperationListener } from './hooks.ts';
import { describe } from './refusals.ts';
import type { Tags } from './series.ts';
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

interface OptionCheck {
  readonly wanted: string;
  readonly accepts: (value: unknown) => boolean;
  /** Whether it takes one of some words, so that a short one that is wrong can be shown. */
  readonly isWord?: boolean;
  /** Checks of an object's own options. */
  readonly options?: OptionChecks;
}

type OptionChecks = Readonly<Record<string, OptionCheck>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isFunction = (value: unknown): boolean => typeof value === 'function';
const has = (value: unknown, method: string): boolean => isObject(value) && isFunction(value[method]);
const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const text: OptionCheck = { wanted: 'a string', accepts: (value) => typeof value === 'string' };
const texts: OptionCheck = { wanted: 'an array of strings', accepts: areTexts };
const tags: OptionCheck = {
  wanted: 'an object of strings, numbers and booleans',
  accepts: (value) =>
    isObject(value) &&
    Object.values(value).every(
      (tag) => tag === null || !['object', 'function', 'symbol'].includes(typeof tag),
    ),
};
const count = (least: number): OptionCheck => ({
  wanted: `a whole number from ${least}`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const oneOf = (...known: readonly unknown[]): OptionCheck => ({
  wanted: known.map(describe).join(' or '),
  accepts: (value) => known.includes(value),
  isWord: true,
});

const TAG_RULE_CHECKS: OptionChecks = {
  deny: {
    wanted: 'an array of strings or a function',
    accepts: (value) => isFunction(value) || areTexts(value),
  },
  denySuffixes: texts,
  except: texts,
  exemptMetrics: texts,
  onViolation: oneOf('drop', 'throw'),
};

/** What `child` takes. */
export const CHILD_OPTION_CHECKS: OptionChecks = { prefix: text, tags };

const OPTION_CHECKS: OptionChecks = {
  meterProvider: { wanted: 'a MeterProvider', accepts: (value) => has(value, 'getMeter') },
  scope: text,
  prefix: text,
  tags,
  timingUnit: oneOf('ms', 's'),
  maxSeriesPerMetric: count(2),
  maxMetrics: count(1),
  hold: oneOf(true, false),
  tagRules: { wanted: 'an object', accepts: isObject, options: TAG_RULE_CHECKS },
  events: {
    wanted: 'an object with a method event, or an array of them',
    accepts: (value) => [value].flat().every((sink) => has(sink, 'event')),
  },
  operations: { wanted: 'a function', accepts: isFunction },
};

/**
 * Throws on the first option that isn't what it should be, naming it and what is accepted.
 *
 * @param path what the options are part of, with a dot
 */
export function checkMetricsOptions(
  caller: string,
  options: unknown,
  checks = OPTION_CHECKS,
  path = '',
): void {
  if (!isObject(options)) {
    throw new TypeError(`${caller}: options must be an object, got ${kindOf(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const check = checks[name];
    const what = `option ${describe(path + name)}`;
    if (check === undefined) {
      throw new TypeError(`${caller}: unknown ${what}; known are ${Object.keys(checks).join(', ')}`);
    }
    if (value === undefined) continue;
    if (!check.accepts(value)) {
      throw new TypeError(`${caller}: ${what} must be ${check.wanted}, got ${kindOf(value, check.isWord)}`);
    }
    if (check.options !== undefined) checkMetricsOptions(caller, value, check.options, `${name}.`);
  }
}

/** A rejected value: of a text only how long it is, because it may be a secret; numbers and short words hold none. */
function kindOf(value: unknown, isWord = false): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'string' || (isWord && /^[a-z0-9_-]{1,16}$/i.test(value))) return describe(value);
  return value === ''
    ? 'an empty string'
    : `a string of ${value.length} character${value.length === 1 ? '' : 's'}`;
}
