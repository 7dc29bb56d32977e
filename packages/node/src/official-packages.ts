import { loadOptional, MissingPackageError, reasonOf } from '@tallykit/exporter-base';
import { defaultResource } from '@opentelemetry/resources';
import {
  loadedFrom,
  loadOtlpGrpc,
  loadOtlpJson,
  loadOtlpProtobuf,
  loadPrometheus,
  loadRuntimeInstrumentation,
} from './load-official.cts';
import { COMPONENT } from './options.ts';

/** A package of OpenTelemetry that is loaded only when a setting needs it. */
export interface OfficialPackage {
  readonly name: string;
  /** What is used of it. */
  readonly member: string;
  readonly load: () => Readonly<Record<string, unknown>>;
  /** Each 0.x version belongs to one major version of the SDK. */
  readonly versions: { readonly 2: string; readonly 3: string };
}

const WITH_SDK = { 2: '^0.223.0', 3: '^0.301.0' } as const;

/** The package of each protocol of OTLP, by the words of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export const OTLP_PACKAGES = {
  'http/json': {
    name: '@opentelemetry/exporter-metrics-otlp-http',
    member: 'OTLPMetricExporter',
    load: loadOtlpJson,
    versions: WITH_SDK,
  },
  'http/protobuf': {
    name: '@opentelemetry/exporter-metrics-otlp-proto',
    member: 'OTLPMetricExporter',
    load: loadOtlpProtobuf,
    versions: WITH_SDK,
  },
  grpc: {
    name: '@opentelemetry/exporter-metrics-otlp-grpc',
    member: 'OTLPMetricExporter',
    load: loadOtlpGrpc,
    versions: WITH_SDK,
  },
} as const satisfies Readonly<Record<string, OfficialPackage>>;

export const PROMETHEUS_PACKAGE: OfficialPackage = {
  name: '@opentelemetry/exporter-prometheus',
  member: 'PrometheusExporter',
  load: loadPrometheus,
  versions: WITH_SDK,
};

/** Records metrics of Node itself. */
export const RUNTIME_PACKAGE: OfficialPackage = {
  name: '@opentelemetry/instrumentation-runtime-node',
  member: 'RuntimeNodeInstrumentation',
  load: loadRuntimeInstrumentation,
  versions: { 2: '^0.36.1', 3: '^0.37.0' },
};

/**
 * The class that is used of a package.
 *
 * @param neededFor the setting that needs it, for messages
 * @throws when the package can't be loaded, with the remedy
 */
export function loadOfficial(official: OfficialPackage, neededFor: string): unknown {
  const { name, member, load } = official;
  try {
    return loadOptional({ name, load, from: loadedFrom, member, install: withVersion(official) })[member];
  } catch (error) {
    const need = `${COMPONENT}: ${neededFor} needs`;
    throw new Error(
      error instanceof MissingPackageError
        ? `${need} ${error.message}`
        : `${need} ${name}, which can't be loaded: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** A package with the version that belongs to the SDK, as package managers understand it. */
function withVersion({ name, versions }: OfficialPackage): string {
  const sdk = String(defaultResource().attributes['telemetry.sdk.version']);
  return `${name}@${sdk.startsWith('2.') ? versions[2] : versions[3]}`;
}
