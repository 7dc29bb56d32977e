import {
  amendOptionError,
  describeExporter,
  EnvironmentOptions,
  GivenOptions,
  isOptionError,
  type DescribedExporter,
} from '@tallykit/exporter-base';
import { describeDatadogHttpOptions } from '@tallykit/exporter-datadog-http';
import { describeDogStatsdOptions } from '@tallykit/exporter-dogstatsd';
import { describeLoggingOptions } from '@tallykit/exporter-logging';
import { describeStatsdOptions } from '@tallykit/exporter-statsd';
import type { BackendName, BackendOptions } from './backend-names.ts';
import {
  OTLP_PROTOCOLS,
  readOtlpOptions,
  readPrometheusOptions,
  type OtlpWord,
} from './official-exporters.ts';
import { COMPONENT, type Variables } from './options.ts';
import { readOtlpProtocol } from './otlp-backend.ts';

type Describe = (options: BackendOptions, variables: Variables) => DescribedExporter;

/** What the exporter of each backend would do with its options. */
const DESCRIBE: Readonly<Record<BackendName, Describe>> = {
  noop: () => ({
    transport: 'none',
    destination: 'nowhere: everything is discarded',
    remedy:
      'Name a backend: METRICS_BACKEND=statsd, dogstatsd, datadog, otlp, prometheus, logging or console.',
    options: [],
    ignored: [],
  }),
  statsd: describeStatsdOptions,
  dogstatsd: describeDogStatsdOptions,
  datadog: describeDatadogHttpOptions,
  logging({ operations, ...options }) {
    const given = new GivenOptions('logging', { operations }, ['operations']);
    return describeLoggingOptions(options, given.oneOf('operations', [true, false]));
  },
  otlp: describeOtlp,
  prometheus: describePrometheus,
};

/**
 * What the exporter of a backend would do with its options.
 *
 * @throws OptionError for options that are wrong
 */
export function describeBackend(
  backend: BackendName,
  options: BackendOptions,
  variables: Variables,
): DescribedExporter {
  return namingOwners(() => DESCRIBE[backend](options, variables));
}

/** Runs what throws for an unknown option, and adds to the error which other backend has that option. */
export function namingOwners<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (!isOptionError(error) || error.unknownOptions === undefined) throw error;
    const owners = ownersOf(error.unknownOptions[0]!);
    if (owners.length === 0) throw error;
    const advice = `it is an option of the backend${owners.length > 1 ? 's' : ''} ${owners.join(', ')}`;
    throw amendOptionError(error, { advice });
  }
}

/** The backends that have an option of this name. */
function ownersOf(option: string): string[] {
  return Object.entries(DESCRIBE)
    .filter(([backend, describe]) => backend !== 'noop' && knows(describe, option))
    .map(([backend]) => backend);
}

/** An unknown name is refused whatever its value is. */
function knows(describe: Describe, option: string): boolean {
  try {
    describe({ [option]: undefined }, {});
    return true;
  } catch (error) {
    return !(isOptionError(error) && error.unknownOptions?.includes(option));
  }
}

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

const OTLP_ORIGINS = {
  protocol: ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  url: ENDPOINTS,
};

/** OpenTelemetry's exporter reads its variables itself; these say where it sends to (specification, "OTLP exporter"). */
function describeOtlp(options: BackendOptions, variables: Variables): DescribedExporter {
  return describeExporter(options, variables, OTLP_ORIGINS, (traced) => {
    const { protocol: given, ...others } = options;
    const environment = new EnvironmentOptions(COMPONENT, traced);
    const protocol =
      new GivenOptions('otlp', { protocol: given }, ['protocol']).oneOf('protocol', OTLP_PROTOCOLS) ??
      readOtlpProtocol(environment)?.value;
    readOtlpOptions(protocol ?? OTLP_PROTOCOLS[0], others);
    const url = withoutPassword(
      (others['url'] as string | undefined) ?? endpointOf(environment, protocol ?? OTLP_PROTOCOLS[0]),
    );
    const headers = others['headers'] === undefined ? undefined : 'given, and not shown';
    return {
      transport: 'http',
      destination: url,
      remedy:
        'Check that a collector listens there, and the options `url` and `protocol` (or OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL).',
      values: { protocol: protocol ?? 'the first one whose package is installed', ...others, url, headers },
    };
  });
}

function endpointOf(environment: EnvironmentOptions, protocol: OtlpWord): string {
  const [ofMetrics, ofAll] = ENDPOINTS;
  const own = environment.text(ofMetrics);
  if (own !== undefined) return own;
  if (protocol === 'grpc') return environment.text(ofAll) ?? 'http://localhost:4317';
  return `${(environment.text(ofAll) ?? 'http://localhost:4318').replace(/\/$/, '')}/v1/metrics`;
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '' && url.username === '') return text;
  [url.username, url.password] = ['', ''];
  return url.href;
}

const PROMETHEUS_ORIGINS = {
  host: ['OTEL_EXPORTER_PROMETHEUS_HOST'],
  port: ['OTEL_EXPORTER_PROMETHEUS_PORT'],
};

function describePrometheus(options: BackendOptions, variables: Variables): DescribedExporter {
  return describeExporter(options, variables, PROMETHEUS_ORIGINS, (traced) => {
    const { exporter, address } = readPrometheusOptions(options, 'options', traced);
    const { host, port, endpoint } = address ?? {};
    const destination =
      address === undefined ? "the program's own server" : `http://${host ?? '0.0.0.0'}:${port}${endpoint}`;
    return {
      transport: 'scraped',
      destination,
      remedy: 'Check that Prometheus has that address among its targets, and that it can reach it.',
      values: { ...exporter, host, port, endpoint },
    };
  });
}
