import { metrics as metricsApi } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createMetrics, metrics } from '@tallykit/metrics';
import { startUdpServer } from '@tallykit/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startMetrics, type StartedMetrics, type StartMetricsOptions } from '../src/index.ts';

async function start(options: StartMetricsOptions): Promise<StartedMetrics> {
  const started = await startMetrics({ exportIntervalMillis: 600_000, ...options });
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return started;
}

async function startStatsd(options: Omit<StartMetricsOptions, 'backend' | 'options'>) {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const statsd = { port: server.port, processTag: false, dialect: 'none' } as const;
  const started = await start({ backend: 'statsd', options: statsd, ...options });
  return { server, started };
}

const renamed = [{ instrumentName: 'orders', name: 'orders.renamed' }];

describe('aggregation', () => {
  it.each<[string, Parameters<typeof startStatsd>[0], string, string]>([
    ['is own', {}, 'producers', 'orders:3|c'],
    ['is that of instruments with views', { views: renamed }, 'instruments', 'orders.renamed:3|c'],
    ['is own with views when told so', { views: renamed, aggregation: 'own' }, 'producers', 'orders:3|c'],
    ['is that of instruments when told so', { aggregation: 'instruments' }, 'instruments', 'orders:3|c'],
  ])('%s', async (_what, options, destination, line) => {
    const { server, started } = await startStatsd(options);
    metrics.incr('orders');
    metrics.incr('orders', 2);
    expect(metrics.stats().destination).toBe(destination);
    await started.flush();
    expect(await server.receive(1)).toEqual([line]);
  });

  it.each<[string, StartMetricsOptions, string]>([
    ['of another word', { aggregation: 'sdk' as never }, '`aggregation` must be'],
    [
      'beside a MeterProvider that was handed in',
      { meterProvider: new MeterProvider(), aggregation: 'own' },
      '`aggregation` must be left out beside `meterProvider`',
    ],
  ])('%s is refused', async (_what, options, message) => {
    await expect(startMetrics(options)).rejects.toThrow(message);
  });

  it('records whatever is handed the MeterProvider once, and leaves the instruments of others to the SDK', async () => {
    const { server, started } = await startStatsd({});
    const handedIn = createMetrics({ meterProvider: started.meterProvider });
    const following = createMetrics();
    for (const each of [handedIn, following, metrics]) each.incr('orders');
    metricsApi.getMeter('somebody else').createCounter('logins').add(7);
    expect(handedIn.stats()).toEqual(metrics.stats());
    await started.flush();
    const [payload] = await server.receive(1);
    expect(payload!.split('\n').toSorted()).toEqual(['logins:7|c', 'orders:3|c']);
  });

  it('gives each backend only the names that it takes', async () => {
    const servers = await Promise.all([startUdpServer(), startUdpServer()]);
    onTestFinished(async () => void (await Promise.all(servers.map((server) => server.close()))));
    const [primary, secondary] = servers.map(
      ({ port }) => ({ backend: 'statsd', options: { port, processTag: false, dialect: 'none' } }) as const,
    );
    const { flush, stats } = await start({
      backend: {
        primary: primary!,
        secondary: secondary!,
        routes: { secondary: ['jobs.'], both: ['orders.'], bothDistributions: ['db.'] },
      },
      prefix: 'shop.',
    });
    metrics.incr('orders.created');
    metrics.incr('jobs.done');
    metrics.incr('db.calls');
    metrics.timing('db.query', 4);
    await flush();
    const names = await Promise.all(
      servers.map(async (server) =>
        (await server.receive(1))
          .join('\n')
          .split('\n')
          .map((line) => line.split(':')[0]!)
          .toSorted(),
      ),
    );
    expect(names).toEqual([
      ['shop.db.calls', 'shop.db.query', 'shop.orders.created'],
      ['shop.db.query', 'shop.jobs.done', 'shop.orders.created'],
    ]);
    const { metrics: api, backends } = stats();
    expect(api).toMatchObject({ recorded: 4, handed: 4, held: 0 });
    expect(Object.values(backends).map(({ received }) => received.points)).toEqual([3, 3]);
  });

  it('refuses and counts what is recorded for a MeterProvider that was shut down', async () => {
    const { started } = await startStatsd({});
    const kept = createMetrics({ meterProvider: started.meterProvider });
    kept.incr('orders');
    await started.shutdown();
    kept.incr('orders');
    kept.timing('query', 1);
    expect(kept.stats()).toMatchObject({ handed: 1, held: 0, refused: { 'no-reader': 2 } });
  });
});
