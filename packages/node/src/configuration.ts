import { EnvironmentOptions, GivenOptions } from '@tallykit/exporter-base';
import { parseTagList } from '@tallykit/exporter-base/datadog';
import { createMetrics, METRICS_DEFAULTS, type MetricsOptions } from '@tallykit/metrics';
import { isHandedIn, type Destination } from './destination.ts';
import { offSwitch, readDestinations, VARIABLES_OF_BACKENDS } from './destinations.ts';
import { readExporters } from './handed-in-exporters.ts';
import { readInternal, type InternalSettings } from './internal-settings.ts';
import { suggesting } from './nearest-name.ts';
import {
  COMPONENT,
  START_DEFAULTS,
  type ShutdownCause,
  type StartMetricsOptions,
  type Variables,
} from './options.ts';
import { readOtlpProtocol, type OtlpProtocol } from './otlp-backend.ts';
import { hasSentryPrefix, nameUnusedSentrySettings, sentryTagRules } from './sentry-settings.ts';
import { isObject } from './setting.ts';
import { tagsOf } from './tag-list.ts';
import { logUnused, UnusedSettings, type UnusedSetting } from './unused-settings.ts';

/** Every setting with its value. */
export interface Configuration {
  readonly destinations: readonly Destination[];
  /** For the default `metrics`. */
  readonly api: MetricsOptions;
  readonly exportIntervalMillis: number | undefined;
  readonly exportTimeoutMillis: number | undefined;
  /** What the environment tells OpenTelemetry's OTLP exporter. */
  readonly otlpTimeoutMillis: number | undefined;
  /** Which protocol of OTLP the environment names. */
  readonly otlpProtocol: OtlpProtocol | undefined;
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
  /** Whether servers listen only when something is recorded, so that processes that record nothing take no port. */
  readonly listensAtFirstRecording: boolean;
  /** What is set and changes nothing. */
  readonly unused: readonly UnusedSetting[];
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
 * All settings: code before environment before default. What is set and changes nothing is named in one warning.
 *
 * @throws OptionError for settings that are wrong, with the option or the variable and what is accepted
 */
export function readConfiguration(options: StartMetricsOptions, variables: Variables): Configuration {
  const configuration = readQuietly(options, variables);
  logUnused(configuration.unused);
  return configuration;
}

/**
 * The same without the warning, for those who show what is set and changes nothing by themselves.
 *
 * @throws OptionError as `readConfiguration`
 */
export function readQuietly(options: StartMetricsOptions, variables: Variables): Configuration {
  const unused = new UnusedSettings();
  const configuration = suggesting(() => readAll(options, variables, unused));
  return { ...configuration, unused: unused.list };
}

function readAll(
  options: StartMetricsOptions,
  variables: Variables,
  unused: UnusedSettings,
): Omit<Configuration, 'unused'> {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const meterProvider = readMeterProvider(given);
  const isOff = offSwitch(variables) !== undefined;
  const { list: destinations, isSentry } =
    meterProvider === undefined || isOff
      ? readDestinations(
          {
            backend: given.raw('backend'),
            options: given.object('options'),
            exporters: readExporters(given.raw('exporters')),
            hasPrefix: given.has('prefix'),
          },
          variables,
          unused,
        )
      : { list: [], isSentry: false };
  const internal =
    meterProvider === undefined ? readInternal(given.object('internal'), variables, unused) : undefined;
  if (meterProvider !== undefined && !isOff) nameUnusedBeside(environment, unused);
  else if (!isOff) {
    const hasPrefix = destinations.some((one) => isPrefixed(one, given.has('prefix')));
    nameUnusedSentrySettings(variables, { hasPrefix, hasInternal: internal !== undefined }, unused);
  }
  const views = readViews(given);
  const tagRules = given.raw('tagRules') ?? sentryTagRules(variables, isSentry);
  const shutdownTimeoutMillis =
    given.integer('shutdownTimeoutMillis', MILLISECONDS) ?? START_DEFAULTS.shutdownTimeoutMillis;
  return {
    destinations,
    api: {
      observeTimeoutMillis: observeTimeoutFor(shutdownTimeoutMillis),
      ...readApi(given, { tagRules, tags: readTags(given, environment, unused) }),
    },
    exportIntervalMillis:
      given.integer('exportIntervalMillis', MILLISECONDS) ??
      environment.integer('OTEL_METRIC_EXPORT_INTERVAL', MILLISECONDS),
    exportTimeoutMillis: environment.integer('OTEL_METRIC_EXPORT_TIMEOUT', MILLISECONDS),
    otlpTimeoutMillis:
      environment.integer('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', MILLISECONDS) ??
      environment.integer('OTEL_EXPORTER_OTLP_TIMEOUT', MILLISECONDS),
    otlpProtocol: readOtlpProtocol(environment),
    resource: (given.object('resource') ?? {}) as Configuration['resource'],
    views,
    // Views don't reach what goes past the instruments.
    aggregation: given.oneOf('aggregation', AGGREGATIONS) ?? (views.length > 0 ? 'instruments' : 'own'),
    internal,
    runtime: !isOff && readRuntime(given, environment),
    selfMetrics: given.oneOf('selfMetrics', BOOLEANS) ?? START_DEFAULTS.selfMetrics,
    meterProvider: isOff ? undefined : meterProvider,
    global: given.oneOf('global', BOOLEANS) ?? START_DEFAULTS.global,
    shutdownOn: readShutdownOn(given),
    shutdownTimeoutMillis,
    listensAtFirstRecording: false,
  };
}

function readRuntime(given: Given, environment: EnvironmentOptions): boolean {
  return given.oneOf('runtime', BOOLEANS) ?? environment.boolean('METRICS_RUNTIME') ?? START_DEFAULTS.runtime;
}

/** Tags of `METRICS_TAGS`, and of the code, which win. */
function readTags(given: Given, environment: EnvironmentOptions, unused: UnusedSettings): unknown {
  const name = 'METRICS_TAGS';
  const tags = tagsOf(parseTagList(environment.text(name) ?? ''), name, unused);
  const ofCode = given.raw('tags');
  if (Object.keys(tags).length === 0 || (ofCode !== undefined && !isObject(ofCode))) return ofCode;
  return { ...tags, ...ofCode };
}

/** Whether Sentry's prefix, or one in its place, stands in front of the names at a backend. */
function isPrefixed(destination: Destination, hasPrefixOfCode: boolean): boolean {
  if (isHandedIn(destination) || !hasSentryPrefix(destination.backend)) return false;
  return hasPrefixOfCode || destination.options['prefix'] !== undefined;
}

/** Names what is set beside a MeterProvider that was handed in. */
function nameUnusedBeside(environment: EnvironmentOptions, unused: UnusedSettings): void {
  for (const name of [...VARIABLES_OF_BACKENDS, 'METRICS_INTERNAL']) {
    if (environment.text(name) !== undefined) unused.add(name, '`meterProvider` has its own readers already');
  }
}

/** The last collection must leave time for sending what it has collected. */
function observeTimeoutFor(shutdownTimeoutMillis: number): number {
  return Math.max(1, Math.min(METRICS_DEFAULTS.observeTimeoutMillis, Math.floor(shutdownTimeoutMillis / 2)));
}

function readApi(given: Given, read: { readonly tagRules: unknown; readonly tags: unknown }): MetricsOptions {
  const options: Partial<Record<string, unknown>> = { ...read };
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

function readShutdownOn(given: Given): readonly ShutdownCause[] {
  const value = given.texts('shutdownOn') ?? START_DEFAULTS.shutdownOn;
  const causes = value.filter((cause): cause is ShutdownCause =>
    SHUTDOWN_CAUSES.some((known) => known === cause),
  );
  if (causes.length < value.length) throw given.error('shutdownOn', `some of ${SHUTDOWN_CAUSES.join(', ')}`);
  return causes;
}
