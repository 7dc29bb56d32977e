import type { MeterProvider } from '@opentelemetry/api';
import { observeExporter, observeFlow, type FlowNames } from '@tallykit/exporter-base';
import { createMetrics } from '@tallykit/metrics';
import type { Backend } from './backend.ts';

/** OpenTelemetry's conventions have no names for an API that holds calls; these follow the names of its processors. */
const CALLS: FlowNames = {
  scope: '@tallykit/node',
  unit: '{call}',
  finished: {
    name: 'tallykit.api.call.processed',
    description: 'The number of calls of the recording API that reached the MeterProvider or were refused.',
  },
  open: {
    name: 'tallykit.api.call.held',
    description: 'The number of calls of the recording API that wait for the next collection.',
  },
};

/**
 * Records metrics of metrics with the MeterProvider: the calls of the recording API, and the points of each backend under its
 * name.
 *
 * @returns ends it
 */
export function observeAll(backends: readonly Backend[], meterProvider: MeterProvider): () => void {
  // The default `metrics` may be bound to another MeterProvider later.
  const api = createMetrics({ meterProvider });
  const stops = backends.flatMap((backend) => {
    const { key: name, componentType: type } = backend;
    return type === undefined ? [] : [observeExporter(backend, { meterProvider, name, type })];
  });
  const stopApi = observeFlow(meterProvider, CALLS, {}, () => {
    const { handed, refused, held } = api.stats();
    return { finished: handed, failed: refused, open: held };
  });
  return () => {
    for (const stop of [...stops, stopApi]) stop();
  };
}
