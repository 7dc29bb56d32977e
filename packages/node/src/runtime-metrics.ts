import type { MeterProvider } from '@opentelemetry/api';
import type { NeededPackage, Packages } from './packages.ts';

/** The package that records metrics of Node itself. */
export const RUNTIME_PACKAGE: NeededPackage = {
  name: '@opentelemetry/instrumentation-runtime-node',
  neededFor: '`runtime: true`',
};

/**
 * Records metrics of Node itself.
 *
 * @returns ends it
 */
export function startRuntimeMetrics(packages: Packages, meterProvider: MeterProvider): () => void {
  const { RuntimeNodeInstrumentation } = packages.get(RUNTIME_PACKAGE.name) as {
    readonly RuntimeNodeInstrumentation: new () => {
      setMeterProvider(meterProvider: MeterProvider): void;
      disable(): void;
    };
  };
  const instrumentation = new RuntimeNodeInstrumentation();
  instrumentation.setMeterProvider(meterProvider);
  return () => instrumentation.disable();
}
