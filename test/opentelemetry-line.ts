import { metrics } from '@opentelemetry/api';
import { defaultResource } from '@opentelemetry/resources';

/** Which OpenTelemetry this process has: the major version of the SDK, and the minor one of the API. */
export function opentelemetryLine(): { sdk: number; api: number } {
  metrics.setGlobalMeterProvider(metrics.getMeterProvider());
  const globals = globalThis as { [key: symbol]: { version: string } | undefined };
  const { version = '' } = globals[Symbol.for('opentelemetry.js.api.1')] ?? {};
  metrics.disable();
  return {
    sdk: Number.parseInt(String(defaultResource().attributes['telemetry.sdk.version']), 10),
    api: Number(version.split('.')[1]),
  };
}
