import type { BackendName, BackendOptions } from './backend-names.ts';
import type { Destination } from './destination.ts';
import type { NeededPackage, PackageExports } from './packages.ts';

/** The package of each backend's exporter. */
export const EXPORTER_PACKAGES: Readonly<Record<Exclude<BackendName, 'noop'>, string>> = {
  statsd: '@tallykit/exporter-statsd',
  dogstatsd: '@tallykit/exporter-dogstatsd',
  datadog: '@tallykit/exporter-datadog-http',
  logging: '@tallykit/exporter-logging',
  otlp: '@opentelemetry/exporter-metrics-otlp-http',
  prometheus: '@opentelemetry/exporter-prometheus',
};

/** The packages that a backend needs. */
export function packagesForBackend({ backend, options }: Destination): NeededPackage[] {
  if (backend === 'noop') return [];
  const name = EXPORTER_PACKAGES[backend];
  const neededFor = `the backend ${backend}`;
  if (backend !== 'logging' || options['logger'] !== undefined) return [{ name, neededFor }];
  // The exporter loads winston by itself, where no other logger is given.
  return [
    { name, neededFor, install: `${name} winston` },
    { name: 'winston', neededFor },
  ];
}

/** Makes an instance of a class that a package exports. */
export function construct(exports: PackageExports, name: string, options: BackendOptions): object {
  const Class = exports[name] as new (options: BackendOptions) => object;
  return new Class(options);
}
