import { metrics as metricsApi } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createMetrics, metrics } from '@tallykit/metrics';
import { startUdpServer } from '@tallykit/testkit';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startMetrics, type StartMetricsOptions, type StartedMetrics } from '../src/index.ts';

const internal = true;

function createStore(): TimeseriesStore {
  const store = new TimeseriesStore();
  onTestFinished(() => store.shutdown());
  return store;
}

async function start(options: StartMetricsOptions): Promise<StartedMetrics> {
  const started = await startMetrics({ exportIntervalMillis: 600_000, ...options });
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return started;
}

/** What a store has of these counters. */
async function sums(store: TimeseriesStore, names: string[]): Promise<Record<string, number>> {
  const end = Date.now() / 1000;
  return Object.fromEntries(await store.getSums({ names, start: end - 86_400, end, rollupSeconds: 86_400 }));
}

describe('the internal store', () => {
  it('keeps chosen metrics, whatever the backend', async () => {
    const store = createStore();
    const { flush } = await start({ internal: { include: ['jobs.*'], store } });
    metrics.incr('jobs.finished', 3);
    metrics.incr('orders', 3);
    metrics.event('Deploy', 'v42');
    expect(await flush()).toMatchObject({ internal: { pending: 0, dropped: 0 } });
    expect(await store.names()).toEqual(['jobs.finished']);
    expect(await store.events()).toMatchObject([{ title: 'Deploy', text: 'v42' }]);
    expect(metrics.stats().refused).toEqual({});
  });

  it('keeps an event that the backend sends, or that it does not have, each once', async () => {
    const server = await startUdpServer();
    onTestFinished(() => server.close());
    const { port } = server;
    for (const backend of ['dogstatsd', 'statsd'] as const) {
      const store = createStore();
      const { shutdown } = await start({
        backend,
        options: { host: '127.0.0.1', port },
        internal: { store, idleSeconds: undefined },
      });
      metrics.event('Deploy', backend);
      expect((await store.events()).map(({ text }) => text)).toEqual([backend]);
      await shutdown();
    }
  });

  it('has the tags, the rollups and the tag of the process that the options say', async () => {
    const { flush, store } = await start({
      internal: { include: ['*'], tags: { region: 'eu' }, rollups: [[10, 6]], processTag: 'gauges' },
    });
    metrics.gauge('depth', 3);
    await flush();
    expect((await store!.series('depth')).map(({ tags }) => Object.keys(tags))).toEqual([
      ['process', 'region'],
    ]);
    expect(store!.rollups).toEqual([[10, 6]]);
  });

  it.each<[StartMetricsOptions['internal'], string]>([
    [{ rollups: [[0, 1]] }, 'startMetrics: `internal`: TimeseriesStore: `rollups` must be'],
    [
      { processTag: 'x' as never },
      'startMetrics: `internal`: TimeseriesMetricExporter: `processTag` must be',
    ],
  ])('refuses %j', async (wrong, message) => {
    await expect(startMetrics({ internal: wrong! })).rejects.toThrow(message);
  });

  it('keeps what a call says is internal, from then on and with all its series', async () => {
    const store = createStore();
    const { flush } = await start({ internal: { store }, tags: { region: 'eu' } });
    metrics.incr('orders', 1);
    await flush();
    metrics.incr('orders', 2, { tags: { plan: 'pro' }, internal });
    await flush();
    metrics.incr('orders', 4);
    metrics.incr('logins', 8);
    await flush();
    expect(await store.names()).toEqual(['orders']);
    expect((await store.series('orders')).map(({ tags }) => tags)).toEqual([
      { plan: 'pro', region: 'eu' },
      { region: 'eu' },
    ]);
    expect(await sums(store, ['orders'])).toEqual({ orders: 6 });
  });

  it('is there to be asked, until the shutdown', async () => {
    const { flush, shutdown, ...started } = await start({ internal: { include: ['jobs.*'] } });
    metrics.incr('jobs.finished', 3);
    await flush();
    const store = started.store as TimeseriesStore;
    expect(await sums(store, ['jobs.finished'])).toEqual({ 'jobs.finished': 3 });
    const { url, close } = await store.listen();
    onTestFinished(close);
    expect(await (await fetch(new URL('api/names', url))).json()).toMatchObject({
      names: [{ name: 'jobs.finished' }],
    });
    await shutdown();
    expect((await start({})).store).toBeUndefined();
  });

  it('is closed with everything else, unless it was handed in', async () => {
    const shutdowns: unknown[] = [];
    const spy = vi.spyOn(TimeseriesStore.prototype, 'shutdown').mockImplementation(async function (
      this: TimeseriesStore,
    ) {
      shutdowns.push(this);
    });
    onTestFinished(() => spy.mockRestore());
    const store = new TimeseriesStore();
    const given = await start({ internal: { store } });
    await given.shutdown();
    expect(shutdowns).toEqual([]);
    const own = await start({ internal: { include: ['jobs.*'] } });
    await own.shutdown();
    expect(shutdowns).toEqual([own.store]);
  });

  it('keeps what was recorded before it was started, and what a shutdown finds', async () => {
    const store = createStore();
    metrics.incr('before', 2, { internal });
    metrics.timing('query', 5, { internal });
    const { shutdown } = await start({ internal: { store } });
    metrics.incr('last', 3, { internal });
    await shutdown();
    expect(await store.names()).toEqual(['before', 'last', 'query']);
    expect(await sums(store, ['before', 'last'])).toEqual({ before: 2, last: 3 });
  });

  it('changes nothing for the backends, and nothing without a store', async () => {
    const server = await startUdpServer();
    onTestFinished(() => server.close());
    const { flush } = await start({
      backend: 'statsd',
      options: { port: server.port, processTag: false, dialect: 'none' },
    });
    metrics.incr('orders', 1, { internal });
    metrics.incr('orders', 2);
    expect(await flush()).toEqual({ statsd: { exported: 1, pending: 0, dropped: 0, errors: [] } });
    expect(await server.receive(1)).toEqual(['orders:3|c']);
  });

  it("may be in a MeterProvider of one's own", async () => {
    const store = createStore();
    const exporter = new TimeseriesMetricExporter({
      store,
      include: [(name) => own.isInternal(name)],
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const own = createMetrics({ meterProvider, prefix: 'shop.' });
    own.incr('orders', 1, { internal });
    own.incr('logins');
    await meterProvider.shutdown();
    expect(await store.names()).toEqual(['shop.orders']);
  });
});

// Sentry keeps a counter with `incr(…, skip_internal=False)`.
describe("Sentry's internal store", () => {
  it('keeps what a call asks it to, by the name without prefix, except what is excluded', async () => {
    const server = await startUdpServer();
    onTestFinished(() => server.close());
    vi.stubEnv('SENTRY_METRICS_BACKEND', 'sentry.metrics.statsd.StatsdMetricsBackend');
    vi.stubEnv('SENTRY_METRICS_OPTIONS', JSON.stringify({ host: '127.0.0.1', port: server.port }));
    onTestFinished(() => void vi.unstubAllEnvs());
    const store = createStore();
    // SENTRY_METRICS_SKIP_INTERNAL_PREFIXES
    const { flush } = await start({ internal: { exclude: ['jobs.secret*'], store } });
    metrics.incr('jobs.started', 1, { internal });
    metrics.incr('jobs.started', 2, { instance: 'mail', internal });
    metrics.incr('jobs.secret.started', 1, { internal });
    metrics.incr('jobs.skipped');
    metrics.gauge('depth', 1);
    metrics.timing('query', 1);
    metrics.distribution('size', 1);
    await flush();
    expect((await server.receive(1))[0]).toContain('sentry.jobs.secret.started:1|c');
    expect(await store.names()).toEqual(['jobs.started']);
    expect((await store.series('jobs.started')).map(({ tags }) => tags)).toEqual([{}, { instance: 'mail' }]);
    expect(await sums(store, ['jobs.started'])).toEqual({ 'jobs.started': 3 });
  });

  it('keeps nothing where there is none', async () => {
    const { meterProvider, stats } = await start({});
    expect(metricsApi.getMeterProvider()).toBe(meterProvider);
    metrics.incr('jobs.started', 1, { internal });
    expect(Object.keys(stats().backends)).toEqual(['noop']);
  });

  it('keeps amounts as they are, whatever the sample rate', async () => {
    const store = createStore();
    const { flush } = await start({ internal: { store } });
    const rates = [0.9, 0.7, 0.5, 0.3, 0.1, 0];
    for (const sampleRate of rates) {
      for (const amount of [1, 10]) {
        metrics.incr(`rate.${sampleRate}.${amount}`, amount, { sampleRate, internal });
      }
    }
    await flush();
    const expected = rates.flatMap((rate) => [
      [`rate.${rate}.1`, 1],
      [`rate.${rate}.10`, 10],
    ]);
    expect(await sums(store, await store.names())).toEqual(Object.fromEntries(expected));
  });
});
