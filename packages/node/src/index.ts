/**
 * Metrics in one call: a backend by name, its `MeterProvider`, flush and shutdown. Begin with {@link startMetrics}. Everything
 * of `@tallykit/metrics` is exported here as well.
 *
 * @module @tallykit/node
 */

// For programs that install nothing else: what they record with comes from here as well.
export * from '@tallykit/metrics';
export type { BackendName, BackendOptions } from './backend-names.ts';
export type {
  BackendChoice,
  BackendSettings,
  BuiltInBackendName,
  DualWrite,
  ExporterSource,
  ExporterSources,
  ListOf,
  LoggingOptions,
  OptionsByBackend,
  OtlpOptions,
  PrometheusOptions,
  SentryBackendName,
} from './backend-settings.ts';
export type { FlushReports } from './flush-backends.ts';
export type { BackendStats, StartedMetrics } from './launch.ts';
export type { MetricsHandler } from './metrics-server.ts';
export {
  START_DEFAULTS,
  type ApiOptions,
  type CommonOptions,
  type InternalOptions,
  type ShutdownCause,
  type StartMetricsOptions,
} from './options.ts';
export { readSettings, type ReadBackend, type ReadSetting, type ReadSettings } from './read-settings.ts';
export type { Routes } from './routes.ts';
export { startMetrics } from './start-metrics.ts';
export type { UnusedSetting } from './unused-settings.ts';
