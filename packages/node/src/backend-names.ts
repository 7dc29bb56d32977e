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

/** The names that messages list. */
const LISTED = [
  'statsd',
  'dogstatsd',
  'datadog',
  'logging',
  'console',
  'otlp',
  'prometheus',
  'noop',
] as const;

/** Sentry's name for a primary and a secondary backend; see `DualWrite`. */
export const SENTRY_DUAL_WRITE = 'sentry.metrics.dualwrite.DualWriteMetricsBackend';

/**
 * Sentry's backends by their Python path (`SENTRY_METRICS_BACKEND`). The options make ours do what Sentry's do. The StatsD
 * backend sends no tags, and a server without tags takes a line that has some for a bad one. Of timings, the plain DogStatsD
 * backend sends the type `ms`, the precise one `d`. The backend for Datadog's API computes the aggregates
 * itself, with the percentiles of datadogpy's ThreadStats, and sends counters as rates.
 */
const SENTRY_NAMES: Readonly<Record<string, Omit<NamedBackend, 'isSentry'>>> = {
  'sentry.metrics.dummy.DummyMetricsBackend': { backend: 'noop', options: {} },
  'sentry.metrics.statsd.StatsdMetricsBackend': { backend: 'statsd', options: { dialect: 'none' } },
  'sentry.metrics.datadog.DatadogMetricsBackend': {
    backend: 'datadog',
    options: { countersAs: 'rate', histograms: 'aggregates', percentiles: [75, 85, 95, 99] },
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
  const named = findBackend(name);
  if (named !== undefined) return named;
  const known = name.includes('.')
    ? [...Object.keys(SENTRY_NAMES), SENTRY_DUAL_WRITE]
    : [...others, ...LISTED];
  const advice = didYouMean(name, known);
  throw settingError({ name: settingName, value: name }, `one of ${known.join(', ')}`, advice);
}

function findBackend(name: string): NamedBackend | undefined {
  const word = name.toLowerCase();
  const backend = BACKENDS.find((known) => known === word);
  if (backend !== undefined) return { backend, options: {}, isSentry: false };
  if (Object.hasOwn(OTHER_NAMES, word)) return { ...OTHER_NAMES[word]!, isSentry: false };
  return Object.hasOwn(SENTRY_NAMES, name) ? { ...SENTRY_NAMES[name]!, isSentry: true } : undefined;
}

/** The names in a text with commas between. A comma too many does no harm. */
export function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Whether these names stand for the same backends, in whatever spelling. A name that is not known is its own backend. */
export function areSameBackends(first: string, second: string): boolean {
  const [one, other] = [first, second].map((text) => namesIn(text).map(backendNamed).toSorted().join());
  return one === other;
}

function backendNamed(name: string): string {
  return name.toLowerCase() === 'console' ? 'console' : (findBackend(name)?.backend ?? name);
}

/** Whether a text names only the backend that discards, by one of our words for it. */
export function isOffSwitch(text: string): boolean {
  const names = namesIn(text);
  return names.length > 0 && names.every((name) => /^(?:noop|none)$/i.test(name));
}

/** Whether a text names one of Sentry's backends. */
export function hasSentryName(text: string): boolean {
  return namesIn(text).some((name) => name === SENTRY_DUAL_WRITE || Object.hasOwn(SENTRY_NAMES, name));
}
