import { describeRejected, SHORT_WORD } from '@tallykit/exporter-base';
import type { TagRules } from '@tallykit/metrics';
import { optionsOf, SENTRY_DUAL_WRITE, type BackendOptions } from './backend-names.ts';

import { suggestion } from './nearest-name.ts';
import { COMPONENT, type DualWrite, type Variables } from './options.ts';

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

/** Stands in front of names for the backends that Sentry gives one; an empty variable means none. */
export function sentryPrefix(variables: Variables): string {
  return variables['SENTRY_METRICS_PREFIX']?.trim() ?? PREFIX;
}

/**
 * Sentry's tag rules where one of its backends is chosen, or its variable set: bad tags are left out, and with
 * `SENTRY_METRICS_DISALLOW_BAD_TAGS` the call throws.
 */
export function sentryTagRules(variables: Variables, isSentryBackend: boolean): TagRules | undefined {
  const name = 'SENTRY_METRICS_DISALLOW_BAD_TAGS';
  const text = variables[name]?.trim() || undefined;
  if (text === undefined) return isSentryBackend ? TAG_RULES : undefined;
  if (/^(?:true|1|yes|on)$/i.test(text)) return { ...TAG_RULES, onViolation: 'throw' };
  if (/^(?:false|0|no|off)$/i.test(text)) return TAG_RULES;
  throw new Error(`${COMPONENT}: ${name} must be true or false, not ${describeRejected(text, SHORT_WORD)}`);
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

/** The options of Sentry's dual-write backend as ours. A backend that is left out discards. */
export function sentryDualWrite(given: BackendOptions, source: string): DualWrite {
  const options: Partial<Record<(typeof DUAL_WRITE_OPTIONS)[number], unknown>> = optionsOf(
    'noop',
    given,
    source,
  );
  for (const name of Object.keys(options)) {
    if (DUAL_WRITE_OPTIONS.some((known) => known === name)) continue;
    const snakeCase = DUAL_WRITE_OPTIONS.map((known) =>
      known.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    throw new Error(
      `${source}: ${SENTRY_DUAL_WRITE} has no option \`${name}\`: ${suggestion(name, snakeCase)}`,
    );
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
