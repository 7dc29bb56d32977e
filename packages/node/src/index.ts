export type { BackendOptions } from './backend-names.ts';
export type { FlushReports } from './flush-backends.ts';
export type { StartedMetrics } from './launch.ts';
export {
  START_DEFAULTS,
  type ApiOptions,
  type BackendChoice,
  type DualWrite,
  type InternalOptions,
  type ShutdownCause,
  type StartMetricsOptions,
} from './options.ts';
export type { Routes } from './routes.ts';
export { startMetrics } from './start-metrics.ts';
