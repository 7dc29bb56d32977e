import { EnvironmentOptions, GivenOptions } from '@tallykit/exporter-base';
import type { BackendOptions } from './backend-names.ts';
import type { MetricsAddress } from './metrics-server.ts';
import { COMPONENT, type Variables } from './options.ts';
import { settingError } from './setting.ts';

// OpenTelemetry's own exporters don't check their options, so these are checked here.

const BOOLEANS = [true, false] as const;
const COUNTS = { min: 1, max: 2 ** 31 - 1 };

/** The protocols of OTLP, in the order in which their packages are looked for. */
export const OTLP_PROTOCOLS = ['http/protobuf', 'grpc', 'http/json'] as const;

/** A word of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export type OtlpWord = (typeof OTLP_PROTOCOLS)[number];

const COMMON_NAMES = [
  'url',
  'timeoutMillis',
  'concurrencyLimit',
  'compression',
  'temporalityPreference',
  'aggregationPreference',
  'userAgent',
] as const;
const HTTP_NAMES = [...COMMON_NAMES, 'headers', 'keepAlive', 'httpAgentOptions'] as const;
const GRPC_NAMES = [...COMMON_NAMES, 'metadata', 'credentials'] as const;

/** In the order of OpenTelemetry's `AggregationTemporalityPreference`. */
const TEMPORALITIES = ['delta', 'cumulative', 'lowmemory'] as const;

const OTLP = 'OTLPMetricExporter';

/**
 * Checks the options of `OTLPMetricExporter` for a protocol. `temporalityPreference` may be a word here.
 *
 * @throws OptionError for options that are wrong
 */
export function readOtlpOptions(protocol: OtlpWord, options: BackendOptions): BackendOptions {
  const temporality = protocol === 'grpc' ? checkGrpc(options) : checkHttp(options);
  if (temporality === undefined) return options;
  return { ...options, temporalityPreference: TEMPORALITIES.indexOf(temporality) };
}

type Temporality = (typeof TEMPORALITIES)[number] | undefined;

function checkHttp(options: BackendOptions): Temporality {
  const given = new GivenOptions(OTLP, options, HTTP_NAMES);
  given.parse('url', 'a URL such as http://localhost:4318/v1/metrics', parseHttpUrl);
  given.oneOf('keepAlive', BOOLEANS);
  given.object('httpAgentOptions');
  if (typeof given.raw('headers') !== 'function') given.tags('headers');
  return checkCommon(given);
}

function checkGrpc(options: BackendOptions): Temporality {
  if (options['headers'] !== undefined) {
    const setting = { name: 'headers', value: options['headers'] };
    const advice = 'set OTEL_EXPORTER_OTLP_HEADERS, or give `metadata`, a `Metadata` of @grpc/grpc-js';
    throw settingError(setting, 'left out: the protocol grpc has metadata', advice);
  }
  const given = new GivenOptions(OTLP, options, GRPC_NAMES);
  given.parse('url', 'an address such as http://localhost:4317', parseGrpcUrl);
  given.parse('metadata', 'a `Metadata` of @grpc/grpc-js', (value) =>
    hasMethod(value, 'getMap') ? value : undefined,
  );
  given.parse('credentials', 'channel credentials of @grpc/grpc-js', (value) =>
    hasMethod(value, 'compose') ? value : undefined,
  );
  return checkCommon(given);
}

function checkCommon(given: GivenOptions<(typeof COMMON_NAMES)[number]>): Temporality {
  given.integer('timeoutMillis', COUNTS);
  given.integer('concurrencyLimit', COUNTS);
  given.oneOf('compression', ['none', 'gzip']);
  given.text('userAgent');
  if (typeof given.raw('temporalityPreference') !== 'string') return undefined;
  return given.oneOf('temporalityPreference', TEMPORALITIES);
}

function parseHttpUrl(url: unknown): string | undefined {
  const isUrl = typeof url === 'string' && URL.canParse(url) && /^https?:\/\//i.test(url.trim());
  return isUrl ? url : undefined;
}

/** Without a scheme, the exporter takes the address for one with TLS. */
function parseGrpcUrl(url: unknown): string | undefined {
  if (typeof url !== 'string' || url.trim() === '') return undefined;
  const hasScheme = /^\w{1,8}:\/\//.test(url.trim());
  if (hasScheme && !/^(?:https?|unix):/i.test(url.trim())) return undefined;
  return URL.canParse(hasScheme ? url : `https://${url.trim()}`) ? url : undefined;
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === 'function';
}

const PROMETHEUS_NAMES = [
  'host',
  'port',
  'endpoint',
  'preventServerStart',
  'prefix',
  'appendTimestamp',
  'withResourceConstantLabels',
  'withoutScopeInfo',
  'withoutTargetInfo',
] as const;

/** OpenTelemetry's default of `OTEL_EXPORTER_PROMETHEUS_PORT`. */
const PROMETHEUS_PORT = 9464;

const PORTS = { min: 1, max: 65_535 };

/** What OpenTelemetry's exporter does, and what our server does in place of its own. */
export interface PrometheusSettings {
  readonly exporter: BackendOptions;
  /** Without an address, there is no server. */
  readonly address: MetricsAddress | undefined;
}

/**
 * Checks the options of `PrometheusExporter`. `withResourceConstantLabels` may be a string here.
 *
 * @param settingName the setting that the options come from
 * @throws OptionError for options and variables that are wrong
 */
export function readPrometheusOptions(
  options: BackendOptions,
  settingName: string,
  variables: Variables = process.env,
): PrometheusSettings {
  const given = new GivenOptions('PrometheusExporter', options, PROMETHEUS_NAMES);
  given.text('prefix', { mayBeEmpty: true });
  for (const name of ['appendTimestamp', 'withoutScopeInfo', 'withoutTargetInfo'] as const) {
    given.oneOf(name, BOOLEANS);
  }
  const address = readAddress(given, settingName, variables);
  const labels = given.raw('withResourceConstantLabels');
  if (typeof labels !== 'string') return { exporter: options, address };
  const pattern = given.parse('withResourceConstantLabels', 'a regular expression', parsePattern);
  return { exporter: { ...options, withResourceConstantLabels: pattern }, address };
}

function readAddress(
  given: GivenOptions<(typeof PROMETHEUS_NAMES)[number]>,
  settingName: string,
  variables: Variables,
): MetricsAddress | undefined {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const hostVariable = 'OTEL_EXPORTER_PROMETHEUS_HOST';
  const portVariable = 'OTEL_EXPORTER_PROMETHEUS_PORT';
  const host = given.text('host') ?? environment.text(hostVariable);
  const port = given.integer('port', PORTS) ?? environment.integer(portVariable, PORTS, 'throw');
  const endpoint = given.text('endpoint') ?? '/metrics';
  if (given.oneOf('preventServerStart', BOOLEANS)) return undefined;
  const nameOf = (name: 'host' | 'port', variable: string): string => {
    if (given.has(name)) return `${settingName}.${name}`;
    return environment.text(variable) === undefined ? `options.${name}` : variable;
  };
  return {
    host,
    port: port ?? PROMETHEUS_PORT,
    endpoint: endpoint.replace(/^(?!\/)/, '/'),
    settingNames: { host: nameOf('host', hostVariable), port: nameOf('port', portVariable) },
  };
}

function parsePattern(text: unknown): RegExp | undefined {
  try {
    return new RegExp(text as string);
  } catch {
    return undefined;
  }
}
