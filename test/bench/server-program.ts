import type { AddressInfo } from 'node:net';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics, type Metrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import fastify from 'fastify';
import { StatsD } from 'hot-shots';
import promClient from 'prom-client';
import type { Recorder } from './measure-server.ts';
import { answerRequests } from './program.ts';

export type ServerRequest =
  /** Answers with the port. */
  | { readonly type: 'listen' }
  /** Answers with the processor time so far, in microseconds. */
  | { readonly type: 'processor' };

/** Arguments: the sink's port, and what records. */
const [port, recorder] = process.argv.slice(2) as [string, Recorder];

/** The usual one of StatsD. */
const EXPORT_INTERVAL_MILLIS = 10_000;
const COUNTS = ['http.requests', 'db.queries', 'cache.hits', 'orders.viewed'] as const;
const TIMINGS = ['http.duration', 'db.duration', 'cache.duration', 'render.duration'] as const;
const GAUGES = ['pool.used', 'queue.depth'] as const;

interface Tags {
  readonly [name: string]: string | number;
}

/** What a program calls for each kind. */
interface Calls {
  readonly count: (name: string, tags: Tags) => void;
  readonly time: (name: string, milliseconds: number, tags: Tags) => void;
  readonly set: (name: string, value: number, tags: Tags) => void;
}

const NOTHING = (): void => {};

const CREATE: Readonly<Record<Recorder, () => Calls>> = {
  nothing: () => ({ count: NOTHING, time: NOTHING, set: NOTHING }),
  producers() {
    const exporter = new StatsdMetricExporter({ port: Number(port) });
    const producer = createMetricProducer({ exporter });
    readWith(exporter, [producer]);
    return callsOf(createMetrics({ producers: [producer] }));
  },
  instruments() {
    return callsOf(
      createMetrics({ meterProvider: readWith(new StatsdMetricExporter({ port: Number(port) })) }),
    );
  },
  opentelemetry() {
    const meter = readWith(new StatsdMetricExporter({ port: Number(port) })).getMeter('bench');
    const counters = new Map(COUNTS.map((name) => [name as string, meter.createCounter(name)]));
    const histograms = new Map(TIMINGS.map((name) => [name as string, meter.createHistogram(name)]));
    const gauges = new Map(GAUGES.map((name) => [name as string, meter.createGauge(name)]));
    return {
      count: (name, tags) => counters.get(name)!.add(1, tags),
      time: (name, milliseconds, tags) => histograms.get(name)!.record(milliseconds, tags),
      set: (name, value, tags) => gauges.get(name)!.record(value, tags),
    };
  },
  'hot-shots'() {
    const client = new StatsD({ host: '127.0.0.1', port: Number(port), maxBufferSize: 1_432 });
    return {
      count: (name, tags) => client.increment(name, 1, tags),
      time: (name, milliseconds, tags) => client.timing(name, milliseconds, tags),
      set: (name, value, tags) => client.gauge(name, value, tags),
    };
  },
  'prom-client'() {
    const registry = new promClient.Registry();
    const options = (name: string) => ({
      name: name.replace('.', '_'),
      help: name,
      labelNames: ['route', 'method', 'status'],
      registers: [registry],
    });
    const counters = new Map(COUNTS.map((name) => [name as string, new promClient.Counter(options(name))]));
    const histograms = new Map(
      TIMINGS.map((name) => [name as string, new promClient.Histogram(options(name))]),
    );
    const gauges = new Map(GAUGES.map((name) => [name as string, new promClient.Gauge(options(name))]));
    setInterval(() => void registry.metrics(), EXPORT_INTERVAL_MILLIS);
    return {
      count: (name, tags) => counters.get(name)!.inc(tags),
      time: (name, milliseconds, tags) => histograms.get(name)!.observe(tags, milliseconds),
      set: (name, value, tags) => gauges.get(name)!.set(tags, value),
    };
  },
};

function readWith(
  exporter: StatsdMetricExporter,
  metricProducers: ReturnType<typeof createMetricProducer>[] = [],
): MeterProvider {
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: EXPORT_INTERVAL_MILLIS,
    exportTimeoutMillis: EXPORT_INTERVAL_MILLIS,
    metricProducers,
  });
  return new MeterProvider({ readers: [reader] });
}

function callsOf(metrics: Metrics): Calls {
  return {
    count: (name, tags) => metrics.incr(name, 1, { tags }),
    time: (name, milliseconds, tags) => metrics.timing(name, milliseconds, { tags }),
    set: (name, value, tags) => metrics.gauge(name, value, { tags }),
  };
}

const { count, time, set } = CREATE[recorder]();
const app = fastify();
let served = 0;
app.get('/products/:id', (request) => {
  const { id } = request.params as { readonly id: string };
  served += 1;
  const route = `/products/${Number(id) % 20}`;
  for (const name of COUNTS) count(name, { route, method: 'GET', status: 200 });
  for (const name of TIMINGS) time(name, 1 + (served % 97) / 8, { route, method: 'GET', status: 200 });
  for (const name of GAUGES) set(name, served % 50, { route, method: 'GET', status: 200 });
  return { id, price: served % 100 };
});

answerRequests(async ({ type }: ServerRequest): Promise<number> => {
  if (type === 'listen') {
    await app.listen({ host: '127.0.0.1', port: 0 });
    return (app.server.address() as AddressInfo).port;
  }
  const { user, system } = process.cpuUsage();
  return user + system;
});
