import { EnvironmentOptions } from '@tallykit/exporter-base';
import type { TagRules } from '@tallykit/metrics';
import { SENTRY_DUAL_WRITE, type BackendName, type BackendOptions } from './backend-names.ts';
import { optionsOf } from './backend-options.ts';
import { COMPONENT, type Variables } from './options.ts';
import { parseListSetting } from './json-setting.ts';
import { unknownKeyError, type Setting } from './setting.ts';
import type { UnusedSettings } from './unused-settings.ts';

/** Sentry's default of `SENTRY_METRICS_PREFIX`. */
const PREFIX = 'sentry.';

/** Which tags Sentry refuses, on which metrics (`sentry/metrics/middleware.py`). */
const TAG_RULES = {
  deny: ['event', 'project', 'group'],
  denySuffixes: ['_id'],
  except: ['use_case_id', 'consumer_member_id', 'broker_id', 'kafka_slice_id', 'group_id'],
  exemptMetrics: [
    'process_message',
    'commit_log_msg_latency',
    'commit_log_latency',
    'process_message.normalized',
    'batching_consumer.batch.size',
    'batching_consumer.batch.flush',
    'batching_consumer.batch.flush.normalized',
  ],
} as const satisfies TagRules;

/** The backends whose exporters have an option `prefix`, as Sentry's have. */
const PREFIXED: readonly BackendName[] = ['statsd', 'dogstatsd', 'datadog'];

/** Whether Sentry's prefix stands in front of the names of a backend. */
export function hasSentryPrefix(backend: BackendName): boolean {
  return PREFIXED.includes(backend);
}

/** The prefix of names at the backends to which Sentry gives one. An empty variable means none. */
export function sentryPrefix(variables: Variables): string {
  return variables['SENTRY_METRICS_PREFIX']?.trim() ?? PREFIX;
}

/**
 * Sentry's tag rules, where one of its backends is chosen or its variable is set. Bad tags are left out; with
 * `SENTRY_METRICS_DISALLOW_BAD_TAGS` the call throws.
 *
 * @throws OptionError for a variable that is no switch
 */
export function sentryTagRules(variables: Variables, isSentryBackend: boolean): TagRules | undefined {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const throws = environment.boolean('SENTRY_METRICS_DISALLOW_BAD_TAGS', 'throw');
  if (throws === undefined) return isSentryBackend ? TAG_RULES : undefined;
  return throws ? { ...TAG_RULES, onViolation: 'throw' } : TAG_RULES;
}

const DUAL_WRITE_OPTIONS = [
  'primaryBackend',
  'primaryBackendArgs',
  'secondaryBackend',
  'secondaryBackendArgs',
  'experimentalBackend',
  'experimentalArgs',
  'secondaryPrefixes',
  'allowPrefixes',
  'distributionPrefixes',
] as const;

const DUMMY = 'sentry.metrics.dummy.DummyMetricsBackend';

/**
 * The options of Sentry's dual-write backend as ours. A backend that is left out discards.
 *
 * @throws OptionError for an option that Sentry's backend doesn't have
 */
export function sentryDualWrite(setting: Setting<BackendOptions>, unused: UnusedSettings): object {
  const options: Partial<Record<(typeof DUAL_WRITE_OPTIONS)[number], unknown>> = optionsOf(
    { backend: 'noop', isSentry: true, unused },
    setting,
  );
  for (const name of Object.keys(options)) {
    if (DUAL_WRITE_OPTIONS.some((known) => known === name)) continue;
    const snakeCase = DUAL_WRITE_OPTIONS.map((known) =>
      known.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    throw unknownKeyError(setting.name, name, snakeCase, `these are the options of ${SENTRY_DUAL_WRITE}`);
  }
  const choice = (backend: unknown, args: unknown) => ({
    backend: (backend ?? DUMMY) as string,
    options: (args ?? {}) as BackendOptions,
  });
  const { experimentalBackend, secondaryPrefixes, allowPrefixes, distributionPrefixes } = options;
  return {
    primary: choice(options.primaryBackend, options.primaryBackendArgs),
    secondary: choice(options.secondaryBackend, options.secondaryBackendArgs),
    ...(experimentalBackend !== undefined && {
      experimental: choice(experimentalBackend, options.experimentalArgs),
    }),
    routes: {
      secondary: (secondaryPrefixes ?? allowPrefixes ?? []) as string[],
      bothDistributions: (distributionPrefixes ?? []) as string[],
    },
  };
}

/** What Sentry's settings say about the internal store. */
export interface SentryInternal {
  /** Names that are not kept: those of `SENTRY_METRICS_SKIP_INTERNAL_PREFIXES`, or all. */
  readonly exclude: readonly string[];
}

/**
 * Reads what Sentry keeps out of its internal store.
 *
 * @throws OptionError for a list of prefixes that is none
 */
export function sentryInternal(variables: Variables): SentryInternal {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  if (environment.boolean('SENTRY_METRICS_SKIP_ALL_INTERNAL')) return { exclude: ['*'] };
  const name = 'SENTRY_METRICS_SKIP_INTERNAL_PREFIXES';
  const text = environment.text(name);
  const prefixes = text === undefined ? [] : parseListSetting({ name, value: text });
  return { exclude: prefixes.map((prefix) => `${prefix}*`) };
}

/** What Sentry's settings depend on, to have an effect. */
export interface SentrySurroundings {
  /** Whether a backend has Sentry's prefix, or one that was given in its place. */
  readonly hasPrefix: boolean;
  /** Whether there is an internal store. */
  readonly hasInternal: boolean;
}

const NO_STORE = "METRICS_INTERNAL='{}' or the option `internal` keeps metrics in a store";

/** Names those of Sentry's settings that are set and change nothing. Those of its backends are named with the backends. */
export function nameUnusedSentrySettings(
  variables: Variables,
  { hasPrefix, hasInternal }: SentrySurroundings,
  unused: UnusedSettings,
): void {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const check = (name: string, isUnused: (text: string) => boolean, reason: string): void => {
    const text = environment.text(name);
    if (text !== undefined && isUnused(text)) unused.add(name, reason);
  };
  check('SENTRY_METRICS_PREFIX', () => !hasPrefix, 'no backend that was chosen has a prefix of its own');
  check('SENTRY_METRICS_SAMPLE_RATE', (text) => Number(text) !== 1, 'nothing is sampled, counts are exact');
  // By default, Sentry's store keeps nothing.
  check('SENTRY_TSDB', (text) => !hasInternal && !/dummy/i.test(text), NO_STORE);
  check('SENTRY_TSDB_ROLLUPS', () => true, 'METRICS_INTERNAL or the option `internal` has `rollups`');
  check('SENTRY_TSDB_LEGACY_ROLLUPS', () => true, 'METRICS_INTERNAL or the option `internal` has `rollups`');
  check('SENTRY_METRICS_SKIP_INTERNAL_PREFIXES', () => !hasInternal, NO_STORE);
}
