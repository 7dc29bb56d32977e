import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { isOptionError } from '@tallykit/exporter-base';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { createOperationLog, LoggingMetricExporter } from '@tallykit/exporter-logging';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** Whatever takes options that it checks by `GivenOptions`. */
const TAKERS: Readonly<Record<string, (options: object) => unknown>> = {
  StatsdMetricExporter: (options) => new StatsdMetricExporter(options),
  DogStatsdMetricExporter: (options) => new DogStatsdMetricExporter(options),
  DatadogHttpMetricExporter: (options) => new DatadogHttpMetricExporter(options),
  LoggingMetricExporter: (options) => new LoggingMetricExporter(options),
  createOperationLog: (options) => createOperationLog(options),
  TimeseriesStore: (options) => new TimeseriesStore(options),
  'TimeseriesStore.redis': (redis) => new TimeseriesStore({ redis }),
  'TimeseriesStore.handler': (options) => new TimeseriesStore().handler(options),
  TimeseriesMetricExporter: (options) => new TimeseriesMetricExporter(options),
};

describe('an option that is undefined is not given', () => {
  beforeEach(() => void vi.stubEnv('DD_API_KEY', 'key'));
  afterEach(() => void vi.unstubAllEnvs());

  test.each(Object.entries(TAKERS))('%s', (_name, take) => {
    const names = knownOptions(take);
    expect(names).not.toEqual([]);
    expect(() => take(Object.fromEntries(names.map((name) => [name, undefined])))).not.toThrow();
  });

  test('tags of an exporter', () => {
    expect(() => new StatsdMetricExporter({ tags: { env: undefined } })).not.toThrow();
  });

  test('createMetricProducer', () => {
    expect(() =>
      createMetricProducer({
        exporter: undefined,
        temporality: undefined,
        histograms: undefined,
        include: undefined,
      }),
    ).not.toThrow();
  });

  test('createMetrics, and the calls of what it makes', () => {
    const metrics = createMetrics({
      meterProvider: new MeterProvider(),
      producers: undefined,
      scope: undefined,
      prefix: undefined,
      tags: undefined,
      timingUnit: undefined,
      maxSeriesPerMetric: undefined,
      maxMetrics: undefined,
      hold: undefined,
      tagRules: { deny: undefined, denySuffixes: undefined, except: undefined, exemptMetrics: undefined },
      events: [],
      observeTimeoutMillis: undefined,
      operations: undefined,
    }).child({ prefix: undefined, tags: undefined });
    const options = {
      tags: undefined,
      instance: undefined,
      unit: undefined,
      description: undefined,
      sampleRate: undefined,
      internal: undefined,
    };
    metrics.incr('orders', undefined, options);
    metrics.timing('query', 1, options);
    metrics.timer('job', options).stop();
    metrics.counter('hits', undefined, { unit: undefined }).incr();
    metrics.withTags({ tenant: undefined }, () => metrics.gauge('depth', 1, options));
    expect(metrics.stats()).toMatchObject({ recorded: 5, malformed: 0, refused: {}, droppedTags: 0 });
  });
});

/** The options that there are, as the error for one that there isn't names them. */
function knownOptions(take: (options: object) => unknown): readonly string[] {
  try {
    take({ noSuchOption: 1 });
  } catch (error) {
    if (isOptionError(error)) return error.knownOptions ?? [];
  }
  return [];
}
