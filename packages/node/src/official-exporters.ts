import { GivenOptions } from '@tallykit/exporter-base';
import type { BackendOptions } from './backend-names.ts';

// OpenTelemetry's own exporters don't check their options, so these are checked here.

const BOOLEANS = [true, false] as const;
const COUNTS = { min: 1, max: 2 ** 31 - 1 };

const OTLP_NAMES = [
  'url',
  'headers',
  'timeoutMillis',
  'concurrencyLimit',
  'compression',
  'temporalityPreference',
  'aggregationPreference',
  'keepAlive',
  'httpAgentOptions',
  'userAgent',
] as const;

/** In the order of OpenTelemetry's `AggregationTemporalityPreference`. */
const TEMPORALITIES = ['delta', 'cumulative', 'lowmemory'] as const;

/**
 * Checks the options of `OTLPMetricExporter`. `temporalityPreference` may be a word here.
 *
 * @throws OptionError for options that are wrong
 */
export function readOtlpOptions(options: BackendOptions): BackendOptions {
  const given = new GivenOptions('OTLPMetricExporter', options, OTLP_NAMES);
  const url = given.text('url');
  if (url !== undefined && !URL.canParse(url)) {
    throw given.error('url', 'a URL such as http://localhost:4318/v1/metrics');
  }
  given.integer('timeoutMillis', COUNTS);
  given.integer('concurrencyLimit', COUNTS);
  given.oneOf('compression', ['none', 'gzip']);
  given.oneOf('keepAlive', BOOLEANS);
  given.text('userAgent');
  if (typeof given.raw('headers') !== 'function') given.tags('headers');
  const temporality = given.raw('temporalityPreference');
  if (typeof temporality !== 'string') return options;
  const word = given.oneOf('temporalityPreference', TEMPORALITIES)!;
  return { ...options, temporalityPreference: TEMPORALITIES.indexOf(word) };
}

const PROMETHEUS_NAMES = [
  'host',
  'port',
  'endpoint',
  'prefix',
  'appendTimestamp',
  'withResourceConstantLabels',
  'withoutScopeInfo',
  'withoutTargetInfo',
] as const;

/**
 * Checks the options of `PrometheusExporter`. `withResourceConstantLabels` may be a string here.
 *
 * @throws OptionError for options that are wrong
 */
export function readPrometheusOptions(options: BackendOptions): BackendOptions {
  const given = new GivenOptions('PrometheusExporter', options, PROMETHEUS_NAMES);
  for (const name of ['host', 'endpoint', 'prefix'] as const) given.text(name);
  for (const name of ['appendTimestamp', 'withoutScopeInfo', 'withoutTargetInfo'] as const) {
    given.oneOf(name, BOOLEANS);
  }
  given.integer('port', { min: 1, max: 65_535 });
  const labels = given.raw('withResourceConstantLabels');
  if (typeof labels !== 'string') return options;
  const pattern = given.parse('withResourceConstantLabels', 'a regular expression', parsePattern);
  return { ...options, withResourceConstantLabels: pattern };
}

function parsePattern(text: unknown): RegExp | undefined {
  try {
    return new RegExp(text as string);
  } catch {
    return undefined;
  }
}
