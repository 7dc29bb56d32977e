import { visible } from '@tallykit/exporter-base';
import { didYouMean } from './nearest-name.ts';
import { settingError, type Setting } from './setting.ts';

/** A backend that can be chosen by name. */
export type BackendName = 'statsd' | 'dogstatsd' | 'datadog' | 'logging' | 'otlp' | 'prometheus' | 'noop';

const BACKENDS: readonly BackendName[] = [
  'statsd',
  'dogstatsd',
  'datadog',
  'logging',
  'otlp',
  'prometheus',
  'noop',
];

/** Options of a backend, as its exporter takes them. */
export type BackendOptions = Readonly<Record<string, unknown>>;

/** What a name stands for. */
export interface NamedBackend {
  readonly backend: BackendName;
  /** Options that come with the name, and give way to those that are given. */
  readonly options: BackendOptions;
  /** Whether it is one of Sentry's names, for which Sentry's settings are read. */
  readonly isSentry: boolean;
}

/** Names that other projects use for these backends. */
const OTHER_NAMES: Readonly<Record<string, Omit<NamedBackend, 'isSentry'>>> = {
  // OTEL_METRICS_EXPORTER
  none: { backend: 'noop', options: {} },
  console: { backend: 'logging', options: { logger: console } },
};

/** Sentry's name for a primary and a secondary backend; see `DualWrite`. */
export const SENTRY_DUAL_WRITE = 'sentry.metrics.dualwrite.DualWriteMetricsBackend';

/**
 * Sentry's backends by their Python path (`SENTRY_METRICS_BACKEND`). The options make ours treat a timing as Sentry's do: the
 * plain DogStatsD backend sends the type `ms`, the precise one `d`. The backend for Datadog's API computes the aggregates
 * itself, with the percentiles of datadogpy's ThreadStats.
 */
const SENTRY_NAMES: Readonly<Record<string, Omit<NamedBackend, 'isSentry'>>> = {
  'sentry.metrics.dummy.DummyMetricsBackend': { backend: 'noop', options: {} },
  'sentry.metrics.statsd.StatsdMetricsBackend': { backend: 'statsd', options: {} },
  'sentry.metrics.datadog.DatadogMetricsBackend': {
    backend: 'datadog',
    options: { histograms: 'aggregates', percentiles: [75, 85, 95, 99] },
  },
  // Sentry's page names this module, its source the other one.
  'sentry.metrics.datadog.DogStatsdMetricsBackend': {
    backend: 'dogstatsd',
    options: { histograms: 'timing' },
  },
  'sentry.metrics.dogstatsd.DogStatsdMetricsBackend': {
    backend: 'dogstatsd',
    options: { histograms: 'timing' },
  },
  'sentry.metrics.precise_dogstatsd.PreciseDogStatsdMetricsBackend': {
    backend: 'dogstatsd',
    options: { histograms: 'distribution' },
  },
  'sentry.metrics.logging.LoggingBackend': {
    backend: 'logging',
    options: { operations: true, loggerName: 'sentry.metrics' },
  },
};

/**
 * What a name stands for.
 *
 * @param others further names that are known, for the message
 * @throws OptionError for an unknown name, with the list and the one that was probably meant
 */
export function backendOf(
  { name: settingName, value: name }: Setting<string>,
  others: Iterable<string> = [],
): NamedBackend {
  const backend = BACKENDS.find((known) => known === name.toLowerCase());
  if (backend !== undefined) return { backend, options: {}, isSentry: false };
  if (Object.hasOwn(OTHER_NAMES, name)) return { ...OTHER_NAMES[name]!, isSentry: false };
  if (Object.hasOwn(SENTRY_NAMES, name)) return { ...SENTRY_NAMES[name]!, isSentry: true };
  const known = name.includes('.')
    ? [...Object.keys(SENTRY_NAMES), SENTRY_DUAL_WRITE]
    : [...others, ...BACKENDS];
  const advice = didYouMean(name, known);
  throw settingError({ name: settingName, value: name }, `one of ${known.join(', ')}`, advice);
}

/** Names of options in Sentry's and Datadog's own settings for which the exporters have another name. */
const OPTION_NAMES: Readonly<Partial<Record<BackendName, Readonly<Record<string, string>>>>> = {
  dogstatsd: { statsdHost: 'host', statsdPort: 'port', statsdSocketPath: 'path' },
  datadog: { apiHost: 'url', hostName: 'hostname' },
};

/**
 * Options as an exporter takes them: `api_key` becomes `apiKey`, `statsd_host` becomes `host`. What is inside of an option,
 * such as the names of tags, stays as it is.
 *
 * @throws OptionError when two of them are the same option
 */
export function optionsOf(
  backend: BackendName,
  { name: settingName, value: given }: Setting<BackendOptions>,
): BackendOptions {
  const options: Record<string, unknown> = {};
  const givenAs = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const camelCase = name.replaceAll(/(?<=[^_])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const option = OPTION_NAMES[backend]?.[camelCase] ?? camelCase;
    const other = givenAs.get(option);
    if (other !== undefined) {
      const setting = { name: `${settingName}.${name}`, value };
      throw settingError(setting, `left out beside \`${visible(other)}\`, which is the same option`);
    }
    givenAs.set(option, name);
    options[option] = value;
  }
  return options;
}
