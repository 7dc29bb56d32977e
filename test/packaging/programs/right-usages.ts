// What has to compile, with every compiler and module resolution that users have.
import type { MeterProvider } from '@opentelemetry/api';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter, type DogStatsdMetricExporterOptions } from '@tallykit/exporter-dogstatsd';
import { createOperationLog, LoggingMetricExporter } from '@tallykit/exporter-logging';
import {
  StatsdMetricExporter,
  type StatsdFormatOptions,
  type StatsdMetricExporterOptions,
  type StatsdUdpOptions,
} from '@tallykit/exporter-statsd';
import {
  configureMetrics,
  createMetrics,
  type MetricsOptions,
  type RecordOptions,
  type Tags,
} from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import { startMetrics } from '@tallykit/node';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';

/** An interface has no index signature, so it is no `Record<string, …>`. */
interface OrderTags {
  readonly plan: 'free' | 'pro';
  region?: string;
}

interface MailTags extends OrderTags {
  readonly size: number;
}

/** A class of values only is as good. */
class JobTags {
  readonly queue: string;
  constructor(queue: string) {
    this.queue = queue;
  }
}

declare const tags: OrderTags;
declare const mailTags: MailTags | undefined;
declare const partial: Partial<OrderTags>;
declare const record: Record<string, string | undefined>;
declare const { HOST, PORT, URL, ENV }: Record<string, string | undefined>;

export const metrics = createMetrics({ tags });
configureMetrics({ tags: { env: ENV }, prefix: ENV });

export function recordEverything(): void {
  metrics.incr('a', 1, { tags });
  metrics.incr('a', undefined, { tags: mailTags, instance: ENV, unit: undefined });
  metrics.upDown('a', -1, { tags: partial });
  metrics.active('a', { tags }).stop();
  metrics.gauge('a', 1, { tags: record });
  metrics.timing('a', 1, { tags: new JobTags('mail') });
  metrics.distribution('a', 1, { tags: { ...tags, status: 200, isCached: true, id: 1n, none: null } });
  metrics.observe('a', () => 1, { tags });
  const rows: Promise<number> = metrics.time('a', async (timer) => Object.keys(timer.tags).length, { tags });
  const text = metrics.time<string>('a', () => 'x', { tags: { plan: 'pro' } });
  const wrapped: (id: number) => string = metrics.wrap('a', (id: number) => `${id}`, { tags });
  metrics.timer('a', { tags }).stop();
  metrics.event(wrapped(1), text, { tags, alertType: 'info', hostname: HOST });
  metrics.counter('a', tags).incr();
  metrics.bindUpDown('a', tags).add(1);
  metrics.bindGauge('a', tags, { unit: undefined }).record(1);
  metrics.bindTiming('a', tags).record(1);
  metrics.bindDistribution('a', {}, { unit: 'By' }).record(1);
  const same: string = metrics.withTags(tags, () => text);
  metrics.child({ tags, prefix: undefined }).incr('a', 1, { tags: { same } });
  void rows;
}

/** Tags in a program's own functions. */
export function countOrder<T extends Tags<T>>(own: T, options?: RecordOptions<T>): void {
  metrics.incr('orders', 1, { ...options, tags: own });
}
countOrder(tags);
countOrder({ plan: 'pro' }, { unit: '{order}' });
export function countAny(own: Tags = {}, options: RecordOptions = {}): void {
  metrics.incr('orders', 1, { ...options, tags: { ...own, ...tags } });
}
export const increment = (...parameters: Parameters<typeof metrics.incr>): void =>
  metrics.incr(...parameters);
export const fake: Pick<typeof metrics, 'incr' | 'withTags'> = {
  incr: (_name: string, _value?: number, options?: RecordOptions) => void options?.tags?.['plan'],
  withTags: (_tags, work) => work(),
};
export const metricsOptions: MetricsOptions = { tags: { env: ENV }, tagRules: { deny: undefined } };

export const udp: StatsdMetricExporterOptions = { host: HOST, port: Number(PORT), tags: { env: ENV } };
export const tcp: StatsdMetricExporterOptions = { protocol: 'tcp', host: HOST, maxLinesPerSecond: 1_000 };
export const unixgram: StatsdMetricExporterOptions = { protocol: 'unixgram', path: '/x', host: undefined };
export const client: StatsdMetricExporterOptions = {
  client: { sendMessage: (_text, callback) => callback() },
};
declare const protocol: 'udp' | 'tcp';
export const either: StatsdMetricExporterOptions = { protocol, host: HOST, prefix: 'shop.' };
/** Options that a program adds to. */
export type ShopOptions = StatsdMetricExporterOptions & { readonly region?: string | undefined };
export const shop: ShopOptions = { host: HOST, region: ENV };
export interface UdpShopOptions extends StatsdUdpOptions, StatsdFormatOptions {
  readonly region: string;
}
export function createExporter({ region, ...options }: UdpShopOptions): StatsdMetricExporter {
  return new StatsdMetricExporter({ ...options, tags: { ...options.tags, region } });
}

/** A function of a program that chooses the server itself. */
export function createShopExporter(options: StatsdFormatOptions): StatsdMetricExporter {
  return new StatsdMetricExporter({ host: 'statsd.internal', ...options });
}

export const agent: readonly DogStatsdMetricExporterOptions[] = [
  {},
  { url: URL },
  { host: HOST, port: 8125, tags: { env: ENV } },
  { path: '/var/run/datadog/dsd.socket', url: undefined },
  { client: undefined, cardinality: undefined },
];

export const exporters: readonly object[] = [
  new StatsdMetricExporter(),
  new StatsdMetricExporter({ host: HOST, tags }),
  new DogStatsdMetricExporter({ url: URL, tags: new JobTags('mail') }),
  new DatadogHttpMetricExporter({ apiKey: ENV, site: undefined, tags }),
  new LoggingMetricExporter({ logger: console, level: ENV }),
  new TimeseriesMetricExporter({ tags, store: undefined, processTag: undefined }),
];
export const anyStatsd: StatsdMetricExporter = new StatsdMetricExporter({ tags });
createMetrics({ events: new DogStatsdMetricExporter({ tags }), operations: createOperationLog() });
new DogStatsdMetricExporter().event({ title: 'Deploy', text: '', tags, hostname: HOST });
new DogStatsdMetricExporter().serviceCheck({ name: 'a', status: 'ok', tags, message: ENV });
new DatadogHttpMetricExporter().event({ title: 'Deploy', text: '', tags });

export const store = new TimeseriesStore({ redis: URL, maxSeries: undefined });
store.record({ name: 'jobs', value: 1, tags, unit: undefined });
export const range = store.getRange({ names: ['jobs'], start: 0, end: new Date(), tags, by: ENV });
export const sums = store.getSums({ names: ['jobs'], start: 0, end: 60, tags });

declare const meterProvider: MeterProvider | undefined;
createMetrics({ meterProvider, producers: [createMetricProducer({ temporality: 'delta' })] });

// The start.
export const starts = [
  () => startMetrics(),
  () => startMetrics({ tags, prefix: ENV }),
  () => startMetrics({ backend: 'statsd', options: { host: HOST } }),
  () => startMetrics({ backend: HOST === undefined ? 'noop' : 'statsd', options: { port: 8125 } }),
  () =>
    startMetrics({
      backend: 'statsd,datadog',
      options: { statsd: { host: HOST }, datadog: { apiKey: ENV } },
    }),
  () =>
    startMetrics({ exporters: { a: new StatsdMetricExporter(), b: async () => new StatsdMetricExporter() } }),
  () => startMetrics({ exporters: { a: new StatsdMetricExporter() }, backend: 'a,console' }),
  () =>
    startMetrics({
      backend: { primary: 'statsd', secondary: { backend: 'datadog', options: { apiKey: ENV } } },
    }),
  async () => (await startMetrics({ internal: { include: ['jobs.*'] } })).store.listen({ port: 9400 }),
];
