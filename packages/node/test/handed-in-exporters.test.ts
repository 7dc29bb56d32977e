import {
  InMemoryMetricExporter,
  AggregationTemporality,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { metrics } from '@tallykit/metrics';
import { startUdpServer } from '@tallykit/testkit';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { startMetrics, type StartMetricsOptions } from '../src/index.ts';

afterEach(() => void vi.unstubAllEnvs());

async function start(options: StartMetricsOptions) {
  const started = await startMetrics(options);
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return started;
}

/** An exporter of somebody else. */
function inMemory() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const shutdown = vi.spyOn(exporter, 'shutdown');
  const names = () =>
    exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .map(({ descriptor }) => descriptor.name);
  return { exporter, shutdown, names };
}

it('all run where nobody chooses, count, and end with the others', async () => {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const theirs = inMemory();
  const { flush, shutdown, stats } = await start({
    exporters: {
      ours: new StatsdMetricExporter({ port: server.port, dialect: 'none' }),
      theirs: async () => theirs.exporter,
    },
  });
  metrics.incr('orders', 3);
  const sent = { exported: 1, pending: 0, dropped: 0, errors: [] };
  expect(await flush()).toEqual({ ours: sent, theirs: sent });
  expect(await server.receive(1)).toEqual(['orders:3|c']);
  expect(theirs.names()).toEqual(['orders']);
  expect(stats().backends).toMatchObject({
    ours: { exported: { points: 1, amount: 3 } },
    theirs: { exported: { points: 1, amount: 3 } },
  });
  await shutdown();
  expect(theirs.shutdown).toHaveBeenCalledTimes(1);
});

it.each<[string, Record<string, string>, Pick<StartMetricsOptions, 'backend'>, string[]]>([
  ['the code', {}, { backend: 'second' }, ['second']],
  ['the environment', { METRICS_BACKEND: 'second' }, {}, ['second']],
  ['both: the code', { METRICS_BACKEND: 'first' }, { backend: 'second' }, ['second']],
  ['a list', { METRICS_BACKEND: 'second,console' }, {}, ['second', 'logging']],
  ['a built-in name that is one of theirs', { METRICS_BACKEND: 'statsd' }, {}, ['statsd']],
])('are chosen by their names: %s', async (_, variables, options, keys) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const made: string[] = [];
  const make = (name: string) => (): PushMetricExporter => {
    made.push(name);
    return inMemory().exporter;
  };
  const { stats } = await start({
    exporters: { first: make('first'), second: make('second'), statsd: make('statsd') },
    ...options,
  });
  expect(Object.keys(stats().backends)).toEqual(keys);
  // What isn't chosen isn't made.
  expect(made).toEqual(keys.filter((key) => key !== 'logging'));
});

it('get only the names of their routes', async () => {
  const [first, second] = [inMemory(), inMemory()];
  const { flush } = await start({
    exporters: { first: first.exporter, second: second.exporter },
    backend: { primary: 'first', secondary: 'second', routes: { secondary: ['jobs.'] } },
  });
  metrics.incr('orders');
  metrics.incr('jobs.done');
  await flush();
  expect([first.names(), second.names()]).toEqual([['orders'], ['jobs.done']]);
});

it.each<[string, object, string]>([
  [
    'no exporter',
    { exporters: { a: 5 } },
    "startMetrics: `exporters.a` must be one of OpenTelemetry's push metric exporters",
  ],
  ['a list', { exporters: [] }, 'startMetrics: `exporters` must be an object'],
  [
    'no exporter of a function',
    { exporters: { a: () => ({}) } },
    '`exporters.a` must be a function that returns one of',
  ],
  [
    'a function that throws',
    { exporters: { a: () => Promise.reject(new Error('no such host')) } },
    'startMetrics: `exporters.a` could not be made: no such host',
  ],
  [
    'options of one',
    { exporters: { a: inMemory().exporter }, backend: 'a', options: { port: 1 } },
    'startMetrics: `options` must be left out: `exporters.a` has its options already',
  ],
  [
    'an unknown name',
    { exporters: { orders: inMemory().exporter }, backend: 'order' },
    '`backend` must be one of orders, statsd, dogstatsd, datadog, logging, console, otlp, prometheus, noop, not a string of 5 characters; did you mean orders?',
  ],
])('%s is an error that says what to change', async (_, options, message) => {
  await expect(startMetrics(options as StartMetricsOptions)).rejects.toThrow(message);
});

it('are shut down when another one can not be made', async () => {
  const first = inMemory();
  const exporters = {
    first: () => first.exporter,
    second: (): PushMetricExporter => {
      throw new Error('nobody there');
    },
  };
  await expect(startMetrics({ exporters })).rejects.toThrow('nobody there');
  expect(first.shutdown).toHaveBeenCalledTimes(1);
});
