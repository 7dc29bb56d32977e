// Metrics in the log: one line for each series and interval, or each operation as it happens.
//                                                                                 pnpm example logging-winston
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createOperationLog, LoggingMetricExporter, sentryFormat } from '@tallykit/exporter-logging';
import { createMetrics, type Metrics } from '@tallykit/metrics';
import winston from 'winston';

function record(metrics: Metrics): void {
  for (let order = 0; order < 3; order += 1) metrics.incr('orders', 1, { tags: { plan: 'pro' } });
  metrics.timing('jobs.duration', 1.8568, { instance: 'mail-1', tags: { result: 'success' } });
  metrics.distribution('upload', 52_001, { unit: 'By' });
}

// 1. The exporter, in a MeterProvider: sums and quantiles, here of one interval.
const { combine, printf } = winston.format;
const logger = winston.createLogger({
  format: combine(
    printf(({ level, message, tags }) => `  ${level}: ${String(message)} ${JSON.stringify(tags)}`),
  ),
  transports: [new winston.transports.Console()],
});
const exporter = new LoggingMetricExporter({ logger });
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
console.log('Each series:');
record(createMetrics({ meterProvider }));
await meterProvider.shutdown();

// 2. The operation log, with the formatter of Sentry's page. It needs no exporter, and can stand beside one.
winston.loggers.add('sentry.metrics', {
  level: 'debug',
  format: sentryFormat(),
  transports: [new winston.transports.Console()],
});
const operations = createOperationLog({ logger: winston.loggers.get('sentry.metrics') });
console.log('Each operation:');
record(createMetrics({ meterProvider: new MeterProvider(), operations }));
