import type { MeterProvider } from '@opentelemetry/api';
import { checkOptions, DESTINATION_CHECKS } from '../check-options.ts';
import { registryOfProducers } from '../producers.ts';
import { shared } from '../shared.ts';
import type { MetricProducer } from './metric-producer.ts';

/**
 * Leads what `Metrics` record for a MeterProvider to the producers of its readers, also where it is the global one. Instruments
 * of OpenTelemetry's own API are not touched. It has to be called before anything is recorded for the MeterProvider.
 *
 * @throws TypeError if the MeterProvider has metrics already, or if some of the producers belong to another set
 * @example
 * connectProducers(provider, [producer]);
 * metrics.setGlobalMeterProvider(provider);
 */
export function connectProducers(meterProvider: MeterProvider, producers: readonly MetricProducer[]): void {
  // An option that is undefined is left out, and here none may be.
  checkOptions(
    'connectProducers',
    { meterProvider: meterProvider ?? null, producers: producers ?? null },
    DESTINATION_CHECKS,
  );
  const registry = registryOfProducers('connectProducers', producers);
  const known = shared.registries.get(meterProvider);
  if (known !== undefined && known !== registry) {
    throw new TypeError(
      'connectProducers: `meterProvider` has metrics already, so its instruments stay: connect the producers before anything ' +
        'is recorded for it',
    );
  }
  shared.registries.set(meterProvider, registry);
}
