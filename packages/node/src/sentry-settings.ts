import { EnvironmentOptions } from '@tallykit/exporter-base';
import type { TagRules } from '@tallykit/metrics';
import { optionsOf, SENTRY_DUAL_WRITE, type BackendOptions } from './backend-names.ts';
import { COMPONENT, type Variables } from './options.ts';
import { unknownKeyError, type Setting } from './setting.ts';

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
export function sentryDualWrite(setting: Setting<BackendOptions>): object {
  const options: Partial<Record<(typeof DUAL_WRITE_OPTIONS)[number], unknown>> = optionsOf('noop', setting);
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
