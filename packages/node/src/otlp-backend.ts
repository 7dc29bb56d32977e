import { GivenOptions, MissingPackageError, type EnvironmentOptions } from '@tallykit/exporter-base';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { BackendOptions } from './backend-names.ts';
import { OTLP_PROTOCOLS, readOtlpOptions, type OtlpWord } from './official-exporters.ts';
import { loadOfficial, OTLP_PACKAGES } from './official-packages.ts';
import type { Setting } from './setting.ts';

/** A protocol of OTLP, and the variable that names it. */
export type OtlpProtocol = Setting<OtlpWord>;

/** What each of OpenTelemetry's OTLP packages exports. */
type OtlpExporter = new (options: BackendOptions) => PushMetricExporter;

/** `otel.component.type` by the protocol (OpenTelemetry's semantic conventions, "OTel SDK metrics"). */
const COMPONENT_TYPES: Readonly<Record<OtlpWord, string>> = {
  'http/protobuf': 'otlp_http_metric_exporter',
  grpc: 'otlp_grpc_metric_exporter',
  'http/json': 'otlp_http_json_metric_exporter',
};

/**
 * The protocol that the environment names. Another word is logged and ignored, as OpenTelemetry specifies for words that are
 * not known ("Enum", environment variable specification).
 */
export function readOtlpProtocol(environment: EnvironmentOptions): OtlpProtocol | undefined {
  for (const name of ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const value = environment.oneOf(name, OTLP_PROTOCOLS);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/**
 * Makes OpenTelemetry's exporter for a protocol: that of the option `protocol`, else of the environment, else the one whose
 * package is installed.
 *
 * @throws OptionError for options that are wrong, and an error for a package that is missing, with the remedy
 */
export function createOtlpExporter(
  { protocol, ...options }: BackendOptions,
  ofEnvironment: OtlpProtocol | undefined,
  timeoutMillis: number,
): { readonly exporter: PushMetricExporter; readonly componentType: string } {
  const given = new GivenOptions('otlp', { protocol }, ['protocol']).oneOf('protocol', OTLP_PROTOCOLS);
  const [word, Exporter] = loadExporter(given, ofEnvironment);
  const exporter = new Exporter({ timeoutMillis, ...readOtlpOptions(word, options) });
  return { exporter, componentType: COMPONENT_TYPES[word] };
}

function loadExporter(
  given: OtlpWord | undefined,
  ofEnvironment: OtlpProtocol | undefined,
): readonly [OtlpWord, OtlpExporter] {
  if (given !== undefined) return [given, load(given, 'the option `protocol` of the backend otlp')];
  if (ofEnvironment !== undefined)
    return [ofEnvironment.value, load(ofEnvironment.value, ofEnvironment.name)];
  // The specified default first. The packages of the others depend on that for JSON, so it may be there without being meant.
  for (const protocol of OTLP_PROTOCOLS) {
    try {
      return [protocol, load(protocol, 'the backend otlp')];
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof MissingPackageError)) throw error;
    }
  }
  const [protocol] = OTLP_PROTOCOLS;
  return [protocol, load(protocol, 'the backend otlp')];
}

function load(protocol: OtlpWord, neededFor: string): OtlpExporter {
  return loadOfficial(OTLP_PACKAGES[protocol], neededFor) as OtlpExporter;
}
