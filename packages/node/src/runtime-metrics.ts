import type { MeterProvider } from '@opentelemetry/api';
import { loadOfficial, RUNTIME_PACKAGE } from './official-packages.ts';

/** What is used of `RuntimeNodeInstrumentation`. */
interface Instrumentation {
  setMeterProvider(meterProvider: MeterProvider): void;
  disable(): void;
}

/**
 * Loads what records metrics of Node itself.
 *
 * @returns starts it, and returns what ends it
 * @throws when its package is missing, with the remedy
 */
export function loadRuntimeMetrics(): (meterProvider: MeterProvider) => () => void {
  const RuntimeNodeInstrumentation = loadOfficial(
    RUNTIME_PACKAGE,
    '`runtime: true`',
  ) as new () => Instrumentation;
  return (meterProvider) => {
    const instrumentation = new RuntimeNodeInstrumentation();
    instrumentation.setMeterProvider(meterProvider);
    return () => instrumentation.disable();
  };
}
