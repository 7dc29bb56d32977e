// What must not compile. The line below each directive has one error: it has this code (or one of these, where compilers
// differ), and its message, or the place that it points to, has the word behind the code. `types.test.ts` looks at both.
// Each usage takes one line. One that compiles is an error in an editor too.
/* oxlint-disable no-new */
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter, type DogStatsdMetricExporterOptions } from '@tallykit/exporter-dogstatsd';
import { createOperationLog, LoggingMetricExporter } from '@tallykit/exporter-logging';
import { StatsdMetricExporter, type StatsdMetricExporterOptions } from '@tallykit/exporter-statsd';
import { configureMetrics, createMetrics, metrics, type RecordOptions, type Tags } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import { startMetrics } from '@tallykit/node';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';

interface OrderTags {
  readonly plan: string;
}
interface TagsWithDate extends OrderTags {
  readonly since: Date;
}
declare const tags: OrderTags;
declare const withDate: TagsWithDate;
declare const text: string;
declare const store: TimeseriesStore;

// The order of arguments, and their types.
// @ts-expect-error TS2345 number
metrics.incr('a', { tags });
// @ts-expect-error TS2345 number
metrics.incr('a', '1');
// @ts-expect-error TS2345 string
metrics.incr(1, 'a');
// @ts-expect-error TS2554 arguments
metrics.incr('a', 1, { tags }, tags);
// @ts-expect-error TS2554 arguments
metrics.incr();
// @ts-expect-error TS2345 number
metrics.timing('a', '5');
// @ts-expect-error TS2345 number
metrics.timing('a', () => 5);
// @ts-expect-error TS2554 arguments
metrics.gauge('a');
// @ts-expect-error TS2345 number
metrics.gauge('a', 1n);
// @ts-expect-error TS2345 number
metrics.distribution('a', undefined);
// @ts-expect-error TS2345 number
metrics.upDown('a', true);
// @ts-expect-error TS2345 number
metrics.observe('a', 5);
// @ts-expect-error TS2322 string
metrics.observe('a', () => '5');
// @ts-expect-error TS2345 Promise
metrics.time('a', Promise.resolve(1));
// @ts-expect-error TS2769 overload
metrics.wrap('a', 5);
// @ts-expect-error TS2554 arguments
metrics.event('Deploy');
// @ts-expect-error TS2345 string
metrics.event('Deploy', { text: 'v42' });
// @ts-expect-error TS2554 arguments
metrics.withTags(tags);
// @ts-expect-error TS2345 Tags
metrics.withTags(() => 1, tags);
// @ts-expect-error TS2554 arguments
metrics.child();
// @ts-expect-error TS2339 increment
metrics.increment('a');

// Tags.
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: ['plan:pro'] });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: 'plan:pro' });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: new Map([['plan', 'pro']]) });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: new Date() });
// @ts-expect-error TS2322 Tags
metrics.incr('a', 1, { tags: () => ({ plan: 'pro' }) });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: 5 });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: null });
// @ts-expect-error TS2322 plan
metrics.incr('a', 1, { tags: { plan: new Date() } });
// @ts-expect-error TS2322 plan
metrics.incr('a', 1, { tags: { plan: { name: 'pro' } } });
// @ts-expect-error TS2322 plan
metrics.incr('a', 1, { tags: { plan: ['pro'] } });
// @ts-expect-error TS2322 TagValue
metrics.incr('a', 1, { tags: { plan: () => 'pro' } });
// @ts-expect-error TS2322 plan
metrics.incr('a', 1, { tags: { plan: Symbol('pro') } });
// @ts-expect-error TS2322 tags
metrics.incr('a', 1, { tags: withDate });
// @ts-expect-error TS2322 tags
metrics.active('a', { tags: withDate });
// @ts-expect-error TS2322 tags
metrics.observe('a', () => 1, { tags: withDate });
// @ts-expect-error TS2322 tags
metrics.time('a', () => 1, { tags: withDate });
// @ts-expect-error TS2322 tags
metrics.timer('a', { tags: withDate });
// @ts-expect-error TS2322 tags
metrics.event('Deploy', 'v42', { tags: withDate });
// @ts-expect-error TS2345 withDate
metrics.counter('a', withDate);
// @ts-expect-error TS2345 string
metrics.bindGauge('a', 'plan:pro');
// @ts-expect-error TS2345 withDate
metrics.withTags(withDate, () => 1);
// @ts-expect-error TS2345 string
metrics.withTags(['plan:pro'], () => 1);
// @ts-expect-error TS2322 tags
metrics.child({ tags: withDate });
// @ts-expect-error TS2322 tags
createMetrics({ tags: withDate });
// @ts-expect-error TS2322 tags
configureMetrics({ tags: ['plan:pro'] });
// @ts-expect-error TS2322 plan
export const wrongTags: Tags = { plan: {} };
// @ts-expect-error TS2322 plan
export const wrongOptions: RecordOptions = { tags: { plan: [] } };

// Options of calls.
// @ts-expect-error TS2561 tag
metrics.incr('a', 1, { tag: tags });
// @ts-expect-error TS2353 plan
metrics.incr('a', 1, { plan: 'pro' });
// @ts-expect-error TS2322 instance
metrics.incr('a', 1, { instance: {} });
// @ts-expect-error TS2322 unit
metrics.distribution('a', 1, { unit: 1 });
// @ts-expect-error TS2322 sampleRate
metrics.incr('a', 1, { sampleRate: '0.5' });
// @ts-expect-error TS2559 RecordOptions
metrics.incr('a', 1, 0.5);
// @ts-expect-error TS2353 tags
metrics.counter('a', {}, { tags });
// @ts-expect-error TS2322 alertType
metrics.event('Deploy', 'v42', { alertType: 'bad' });
// @ts-expect-error TS2322 priority
metrics.event('Deploy', 'v42', { priority: 'high' });
// @ts-expect-error TS2322 timestamp
metrics.event('Deploy', 'v42', { timestamp: new Date() });

// Options of `createMetrics` and of its relatives.
// @ts-expect-error TS2561 prefx
createMetrics({ prefx: 'shop.' });
// @ts-expect-error TS2322 prefix
createMetrics({ prefix: 5 });
// @ts-expect-error TS2322 timingUnit
createMetrics({ timingUnit: 'us' });
// @ts-expect-error TS2322 maxMetrics
createMetrics({ maxMetrics: '1000' });
// @ts-expect-error TS2322 events
createMetrics({ events: {} });
// @ts-expect-error TS2322 onViolation
createMetrics({ tagRules: { onViolation: 'warn' } });
// @ts-expect-error TS2353 region
metrics.child({ region: 'eu' });
// @ts-expect-error TS2322 temporality
createMetricProducer({ temporality: 'instant' });
// @ts-expect-error TS2322 boundaries
createMetricProducer({ histograms: { maxSize: 160, boundaries: [1] } });

// The StatsD exporter.
// @ts-expect-error TS2353 prot
new StatsdMetricExporter({ prot: 8125 });
// @ts-expect-error TS2322 port
new StatsdMetricExporter({ port: '8125' });
// @ts-expect-error TS2322 protocol
new StatsdMetricExporter({ protocol: 'http' });
// @ts-expect-error TS2322 protocol
new StatsdMetricExporter({ protocol: text });
// @ts-expect-error TS2345 path
new StatsdMetricExporter({ protocol: 'unixgram' });
// @ts-expect-error TS2322 host
new StatsdMetricExporter({ protocol: 'unixgram', path: '/x', host: 'localhost' });
// @ts-expect-error TS2345 protocol
new StatsdMetricExporter({ path: '/x' });
// @ts-expect-error TS2322 path
new StatsdMetricExporter({ protocol: 'tcp', path: '/x' });
// @ts-expect-error TS2322 maxLinesPerSecond
new StatsdMetricExporter({ protocol: 'udp', maxLinesPerSecond: 100 });
// @ts-expect-error TS2322 host
new StatsdMetricExporter({ client: { sendMessage() {} }, host: 'localhost' });
// @ts-expect-error TS2353 url
new StatsdMetricExporter({ url: 'udp://localhost:8125' });
// @ts-expect-error TS2322 dialect
new StatsdMetricExporter({ dialect: 'datadog' });
// @ts-expect-error TS2322 env
new StatsdMetricExporter({ tags: { env: null } });
// @ts-expect-error TS2322 tags
new StatsdMetricExporter({ tags: withDate });
// @ts-expect-error TS2322 tags
new StatsdMetricExporter({ tags: ['env:prod'] });
// @ts-expect-error TS2345 StatsdMetricExporterOptions
new StatsdMetricExporter('localhost');
// @ts-expect-error TS2322 path
export const statsd: StatsdMetricExporterOptions = { protocol: 'unixgram' };

// The DogStatsD exporter.
// @ts-expect-error TS2322 host
new DogStatsdMetricExporter({ url: 'udp://localhost', host: 'localhost' });
// @ts-expect-error TS2322 url
new DogStatsdMetricExporter({ path: '/x', url: 'unix:///x' });
// @ts-expect-error TS2322 port
new DogStatsdMetricExporter({ path: '/x', port: 8125 });
// @ts-expect-error TS2322 host
new DogStatsdMetricExporter({ client: { sendMessage() {} }, host: 'localhost' });
// @ts-expect-error TS2353 protocol
new DogStatsdMetricExporter({ protocol: 'udp' });
// @ts-expect-error TS2322 cardinality
new DogStatsdMetricExporter({ cardinality: 'medium' });
// @ts-expect-error TS2322 alertType
new DogStatsdMetricExporter().event({ title: 'Deploy', text: '', alertType: 'bad' });
// @ts-expect-error TS2345|TS2741 text
new DogStatsdMetricExporter().event({ title: 'Deploy' });
// @ts-expect-error TS2322 tags
new DogStatsdMetricExporter().event({ title: 'Deploy', text: '', tags: withDate });
// @ts-expect-error TS2322 status
new DogStatsdMetricExporter().serviceCheck({ name: 'a', status: 'up' });
// @ts-expect-error TS2322 url
export const agent: DogStatsdMetricExporterOptions = { url: 'udp://localhost', port: 8125 };

// The other exporters and the store.
// @ts-expect-error TS2353 host
new DatadogHttpMetricExporter({ host: 'localhost' });
// @ts-expect-error TS2322 site
new DatadogHttpMetricExporter({ site: 'localhost' });
// @ts-expect-error TS2322 histograms
new DatadogHttpMetricExporter({ histograms: 'distribution' });
// @ts-expect-error TS2322 tags
new DatadogHttpMetricExporter({ tags: withDate });
// @ts-expect-error TS2322 format
new LoggingMetricExporter({ format: 'json' });
// @ts-expect-error TS2353 format
createOperationLog({ format: 'series' });
// @ts-expect-error TS2322 redis
new TimeseriesStore({ redis: 6379 });
// @ts-expect-error TS2322 rollups
new TimeseriesStore({ rollups: '10s' });
// @ts-expect-error TS2353 ttl
new TimeseriesStore({ ttl: 60 });
// @ts-expect-error TS2322 include
new TimeseriesMetricExporter({ include: 'jobs.*' });
// @ts-expect-error TS2322 tags
new TimeseriesMetricExporter({ tags: withDate });
// @ts-expect-error TS2322 type
store.record({ name: 'a', value: 1, type: 'timer' });
// @ts-expect-error TS2322 tags
store.record({ name: 'a', value: 1, tags: withDate });
// @ts-expect-error TS2345|TS2741 names
void store.getRange({ start: 0, end: 1 });

// The start.
// @ts-expect-error TS2820|TS2322 backend
void startMetrics({ backend: 'statds' });
// @ts-expect-error TS2820|TS2322 backend
void startMetrics({ backend: 'statsd,datado' });
// @ts-expect-error TS2353 prot
void startMetrics({ backend: 'statsd', options: { prot: 1 } });
// @ts-expect-error TS2322 port
void startMetrics({ backend: 'statsd', options: { port: '8125' } });
// @ts-expect-error TS2353 prot
void startMetrics({ backend: 'statsd,datadog', options: { statsd: { prot: 1 } } });
// @ts-expect-error TS2820|TS2322 secondary
void startMetrics({ backend: { primary: 'statsd', secondary: 'datado' } });
// @ts-expect-error TS2322 a
void startMetrics({ exporters: { a: 5 } });
// @ts-expect-error TS2820|TS2322 backend
void startMetrics({ exporters: { a: new StatsdMetricExporter() }, backend: 'b' });
// @ts-expect-error TS2322 SIGKILL
void startMetrics({ shutdownOn: ['SIGKILL'] });
// @ts-expect-error TS2322 include
void startMetrics({ internal: { include: 'jobs.*' } });
// @ts-expect-error TS18048|TS2532 none
void startMetrics().then(({ store: none }) => none.listen());
