import { EnvironmentOptions, GivenOptions } from '@tallykit/exporter-base';
import { createMetrics, METRICS_DEFAULTS, type MetricsOptions } from '@tallykit/metrics';
import type { Destination } from './destination.ts';
import { readDestinations } from './destinations.ts';
import {
  COMPONENT,
  START_DEFAULTS,
  type InternalOptions,
  type ShutdownCause,
  type StartMetricsOptions,
  type Variables,
} from './options.ts';
import { readExporters } from './handed-in-exporters.ts';
import { suggesting } from './nearest-name.ts';
import { sentryTagRules } from './sentry-settings.ts';

/** What is kept in the store, and where the store is. */
export type InternalSettings = InternalOptions & {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
};

/** Every setting with its value. */
export interface Configuration {
  readonly destinations: readonly Destination[];
  /** For the default `metrics`. */
  readonly api: MetricsOptions;
  readonly exportIntervalMillis: number | undefined;
  readonly exportTimeoutMillis: number | undefined;
  /** What the environment tells OpenTelemetry's OTLP exporter. */
  readonly otlpTimeoutMillis: number | undefined;
  readonly resource: NonNullable<StartMetricsOptions['resource']>;
  readonly views: NonNullable<StartMetricsOptions['views']>;
  readonly aggregation: NonNullable<StartMetricsOptions['aggregation']>;
  readonly internal: InternalSettings | undefined;
  readonly runtime: boolean;
  readonly selfMetrics: boolean;
  readonly meterProvider: StartMetricsOptions['meterProvider'];
  readonly global: boolean;
  readonly shutdownOn: readonly ShutdownCause[];
  readonly shutdownTimeoutMillis: number;
}

const API_NAMES = [
  'prefix',
  'tags',
  'timingUnit',
  'maxSeriesPerMetric',
  'maxMetrics',
  'hold',
  'tagRules',
  'observeTimeoutMillis',
] as const satisfies readonly (keyof StartMetricsOptions)[];

const NAMES = [
  'backend',
  'options',
  'exporters',
  ...API_NAMES,
  'exportIntervalMillis',
  'resource',
  'views',
  'aggregation',
  'internal',
  'runtime',
  'selfMetrics',
  'meterProvider',
  'global',
  'shutdownOn',
  'shutdownTimeoutMillis',
] as const satisfies readonly (keyof StartMetricsOptions)[];

const INTERNAL_NAMES = [
  'include',
  'exclude',
  'redis',
  'store',
] as const satisfies readonly (keyof InternalOptions)[];

/** What a MeterProvider that was handed in has already. */
const NAMES_OF_OWN_PROVIDER = [
  'backend',
  'options',
  'exporters',
  'exportIntervalMillis',
  'resource',
  'views',
  'aggregation',
  'internal',
] as const satisfies readonly (keyof StartMetricsOptions)[];

type Given = GivenOptions<(typeof NAMES)[number]>;

const MILLISECONDS = { min: 1, max: 2 ** 31 - 1 };
const AGGREGATIONS = ['own', 'instruments'] as const;
const BOOLEANS = [true, false] as const;
const SHUTDOWN_CAUSES: readonly ShutdownCause[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'beforeExit'];

/**
 * All settings: code before environment before default.
 *
 * @throws OptionError for settings that are wrong, with the option or the variable and what is accepted
 */
export function readConfiguration(options: StartMetricsOptions, variables: Variables): Configuration {
  return suggesting(() => readSettings(options, variables));
}

function readSettings(options: StartMetricsOptions, variables: Variables): Configuration {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const meterProvider = readMeterProvider(given);
  const destinations =
    meterProvider === undefined
      ? readDestinations(
          {
            backend: given.raw('backend'),
            options: given.object('options'),
            exporters: readExporters(given.raw('exporters')),
            hasPrefix: given.has('prefix'),
          },
          variables,
        )
      : { list: [], isSentry: false };
  const views = readViews(given);
  const tagRules = given.raw('tagRules') ?? sentryTagRules(variables, destinations.isSentry);
  const shutdownTimeoutMillis =
    given.integer('shutdownTimeoutMillis', MILLISECONDS) ?? START_DEFAULTS.shutdownTimeoutMillis;
  return {
    destinations: destinations.list,
    api: {
      observeTimeoutMillis: observeTimeoutFor(shutdownTimeoutMillis),
      ...readApi(given, tagRules),
    },
    exportIntervalMillis:
      given.integer('exportIntervalMillis', MILLISECONDS) ??
      environment.integer('OTEL_METRIC_EXPORT_INTERVAL', MILLISECONDS),
    exportTimeoutMillis: environment.integer('OTEL_METRIC_EXPORT_TIMEOUT', MILLISECONDS),
    otlpTimeoutMillis:
      environment.integer('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', MILLISECONDS) ??
      environment.integer('OTEL_EXPORTER_OTLP_TIMEOUT', MILLISECONDS),
    resource: (given.object('resource') ?? {}) as Configuration['resource'],
    views,
    // Views don't reach what goes past the instruments.
    aggregation: given.oneOf('aggregation', AGGREGATIONS) ?? (views.length > 0 ? 'instruments' : 'own'),
    internal: readInternal(given),
    runtime: given.oneOf('runtime', BOOLEANS) ?? START_DEFAULTS.runtime,
    selfMetrics: given.oneOf('selfMetrics', BOOLEANS) ?? START_DEFAULTS.selfMetrics,
    meterProvider,
    global: given.oneOf('global', BOOLEANS) ?? START_DEFAULTS.global,
    shutdownOn: readShutdownOn(given),
    shutdownTimeoutMillis,
  };
}

/** The last collection must leave time for sending what it has collected. */
function observeTimeoutFor(shutdownTimeoutMillis: number): number {
  return Math.max(1, Math.min(METRICS_DEFAULTS.observeTimeoutMillis, Math.floor(shutdownTimeoutMillis / 2)));
}

function readApi(given: Given, tagRules: unknown): MetricsOptions {
  const options: Partial<Record<string, unknown>> = { tagRules };
  for (const name of API_NAMES) options[name] ??= given.raw(name);
  for (const name of API_NAMES) if (options[name] === undefined) delete options[name];
  // Only to check the options: it throws for wrong ones.
  createMetrics(options);
  return options;
}

/** A MeterProvider gets its readers when it is made, so one that is handed in has its backends already. */
function readMeterProvider(given: Given): StartMetricsOptions['meterProvider'] {
  const value = given.raw('meterProvider') as StartMetricsOptions['meterProvider'];
  if (value === undefined) return undefined;
  if (typeof value?.getMeter !== 'function') throw given.error('meterProvider', 'a MeterProvider');
  for (const name of NAMES_OF_OWN_PROVIDER) {
    if (given.has(name))
      throw given.error(name, 'left out beside `meterProvider`, which has its own readers already');
  }
  return value;
}

function readViews(given: Given): Configuration['views'] {
  const value = given.raw('views') ?? [];
  if (!Array.isArray(value)) throw given.error('views', "an array of OpenTelemetry's ViewOptions");
  return value as Configuration['views'];
}

function readInternal(given: Given): InternalSettings | undefined {
  const value = given.object('internal');
  if (value === undefined) return undefined;
  const internal = new GivenOptions(COMPONENT, value, INTERNAL_NAMES, 'internal');
  if (internal.has('store') && internal.has('redis'))
    throw internal.error('redis', 'left out beside `store`');
  return {
    ...value,
    include: internal.texts('include') ?? [],
    exclude: internal.texts('exclude') ?? [],
  };
}

function readShutdownOn(given: Given): readonly ShutdownCause[] {
  const value = given.texts('shutdownOn') ?? START_DEFAULTS.shutdownOn;
  const causes = value.filter((cause): cause is ShutdownCause =>
    SHUTDOWN_CAUSES.some((known) => known === cause),
  );
  if (causes.length < value.length) throw given.error('shutdownOn', `some of ${SHUTDOWN_CAUSES.join(', ')}`);
  return causes;
}
