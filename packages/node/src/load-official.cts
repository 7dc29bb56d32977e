/** This file, from which the packages are looked for. A bundle as an ES module has no such name. */
export const loadedFrom = typeof __filename === 'undefined' ? undefined : __filename;

// OpenTelemetry's own exporters and instrumentation, each if it is installed. By `require`, which forgets a load that failed,
// where `import()` remembers it for as long as the process lives, and which needs no waiting; so this file is CommonJS in both
// builds. Bundlers take what is required in a `try` for optional. Each throws when its package can't be loaded.

export function loadOtlpJson() {
  try {
    return require('@opentelemetry/exporter-metrics-otlp-http');
    // oxlint-disable-next-line no-useless-catch -- see above
  } catch (error) {
    throw error;
  }
}

export function loadOtlpProtobuf() {
  try {
    return require('@opentelemetry/exporter-metrics-otlp-proto');
    // oxlint-disable-next-line no-useless-catch -- see above
  } catch (error) {
    throw error;
  }
}

export function loadOtlpGrpc() {
  try {
    return require('@opentelemetry/exporter-metrics-otlp-grpc');
    // oxlint-disable-next-line no-useless-catch -- see above
  } catch (error) {
    throw error;
  }
}

export function loadPrometheus() {
  try {
    return require('@opentelemetry/exporter-prometheus');
    // oxlint-disable-next-line no-useless-catch -- see above
  } catch (error) {
    throw error;
  }
}

export function loadRuntimeInstrumentation() {
  try {
    return require('@opentelemetry/instrumentation-runtime-node');
    // oxlint-disable-next-line no-useless-catch -- see above
  } catch (error) {
    throw error;
  }
}
