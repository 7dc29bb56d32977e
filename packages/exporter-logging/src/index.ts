/**
 * An OpenTelemetry metric exporter that writes to a logger or to the console, and a log of single operations. Begin with
 * {@link LoggingMetricExporter} and {@link createOperationLog}.
 *
 * @module @tallykit/exporter-logging
 */

export { describeLoggingOptions } from './describe.ts';
export { LoggingMetricExporter } from './logging-metric-exporter.ts';
export {
  LOGGING_DEFAULTS,
  OPERATION_LOG_DEFAULTS,
  type LoggerOptions,
  type LoggingMetricExporterOptions,
  type OperationLogOptions,
} from './options.ts';
export { createOperationLog, type LoggedOperation, type OperationLog } from './operation-log.ts';
export type { LoggedEvent } from './format.ts';
export type { LineMetadata, Logger, LogMethod } from './logger.ts';
export { sentryFormat, type LineFormat } from './sentry-format.ts';
