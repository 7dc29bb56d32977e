import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseDogStatsdPayload, startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { sendDatagram } from '../servers/send-datagram.ts';
import type { Arrival } from './arrivals.ts';

/** Where a library delivers to. */
export interface Receiver extends AsyncDisposable {
  /** The variables that lead the library to this receiver. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it asks the program, which then has to be alive. */
  readonly asks: boolean;
  /**
   * Everything that has arrived, once what is under way has been read.
   *
   * @param address of the program, for a receiver that asks
   */
  arrivals(address?: string): Promise<readonly Arrival[]>;
}

/** A Datadog Agent: DogStatsD over UDP, and the same over HTTP, which dd-trace prefers. */
export async function startAgent(): Promise<Receiver> {
  const datagrams = await startUdpServer();
  const bodies: string[] = [];
  const proxy = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/dogstatsd/v2/proxy') bodies.push(body);
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    environment: {
      DD_DOGSTATSD_PORT: String(datagrams.port),
      DD_TRACE_AGENT_URL: `http://127.0.0.1:${port}`,
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    },
    asks: false,
    async arrivals() {
      // The kernel keeps the order, so whatever was sent before has arrived when this has.
      await sendDatagram('the.last:1|c', datagrams.port);
      const payloads = await datagrams.until((all) => all.some((payload) => payload.startsWith('the.last')));
      return [...payloads, ...bodies].flatMap(readDogStatsd);
    },
    async [Symbol.asyncDispose]() {
      await datagrams.close();
      proxy.close();
      proxy.closeAllConnections();
      await once(proxy, 'close');
    },
  };
}

const DOGSTATSD_TYPES = {
  c: 'count',
  g: 'gauge',
  ms: 'timing',
  h: 'histogram',
  d: 'distribution',
} as const;

function readDogStatsd(payload: string): Arrival[] {
  return parseDogStatsdPayload(payload.trimEnd())
    .filter((message) => message.kind === 'metric')
    .map(({ name, tags, type, values, weight }) => ({
      name,
      tags,
      type: DOGSTATSD_TYPES[type],
      values: type === 'c' || type === 'g' ? 0 : values.length * weight,
      sum: values.reduce((sum, value) => sum + value, 0) * weight,
    }));
}

/** Datadog's HTTP API. */
export async function startIntake(): Promise<Receiver> {
  const intake = await startDatadogIntake();
  return {
    environment: {
      DD_API_KEY: 'any',
      // Of `to-intake.ts`, for a library that knows only Datadog's own sites.
      INTAKE_URL: intake.url,
      DD_URL: intake.url,
    },
    asks: false,
    async arrivals() {
      return intake.payloads.flatMap(({ content }) => [
        ...content.series.map(({ metric, tags, type, interval, points }) => ({
          name: metric,
          tags: tagsOf(tags),
          type: type === 'unspecified' ? 'gauge' : type,
          values: 0,
          sum: points.reduce((sum, { value }) => sum + value * (type === 'rate' ? interval : 1), 0),
        })),
        ...content.distributions.flatMap(({ metric, tags, points }) =>
          points.map(({ values }) => ({
            name: metric,
            tags: tagsOf(tags),
            type: 'distribution' as const,
            values: values.length,
            sum: values.reduce((sum, value) => sum + value, 0),
          })),
        ),
        ...content.sketches.map(({ metric, tags, count, sum }) => ({
          name: metric,
          tags: tagsOf(tags),
          type: 'distribution' as const,
          values: count,
          sum,
        })),
      ]);
    },
    [Symbol.asyncDispose]: () => intake.close(),
  };
}

function tagsOf(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.split(':', 1)[0]!, tag.slice(tag.indexOf(':') + 1)]));
}

/** An OpenTelemetry collector, as far as metrics go. */
export async function startCollector(): Promise<Receiver> {
  const collector = await startOtlpReceiver();
  return {
    environment: {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: collector.url,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
    asks: false,
    async arrivals() {
      return [
        ...Array.from(collector.sums, ([series, sum]) => ({
          ...readSeries(series),
          type: 'running total' as const,
          values: 0,
          sum,
        })),
        ...Array.from(collector.gauges, ([series, sum]) => ({
          ...readSeries(series),
          type: 'gauge' as const,
          values: 0,
          sum,
        })),
        ...Array.from(collector.histograms, ([series, { count, sum }]) => ({
          ...readSeries(series),
          type: 'histogram' as const,
          values: count,
          sum,
        })),
      ];
    },
    [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose](),
  };
}

/**
 * A Prometheus server, which scrapes once.
 *
 * @param paths what it scrapes, as far as it is there
 */
export async function startScraper(paths: readonly string[] = ['/metrics']): Promise<Receiver> {
  return {
    environment: {},
    asks: true,
    async arrivals(address) {
      const expositions = paths.map(async (path) => {
        const response = await fetch(`${address}${path}`).catch(() => undefined);
        return response?.ok ? await response.text() : '';
      });
      return (await Promise.all(expositions)).flatMap(readExposition);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/, as far as the programs make use of it. */
function readExposition(exposition: string): Arrival[] {
  const types = new Map(
    Array.from(exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name, type]),
  );
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = lines.map((line) => {
    const end = line.lastIndexOf(' ');
    return { ...readSeries(line.slice(0, end).replaceAll('"', '')), sum: Number(line.slice(end + 1)) };
  });
  const isOf = (name: string, tags: object) => (other: (typeof samples)[number]) =>
    other.name === name && JSON.stringify(other.tags) === JSON.stringify(tags);
  return samples
    .filter(({ name }) => !/_(bucket|count)$/.test(name))
    .map(({ name, tags, sum }) => {
      const histogram = /^(.*)_sum$/.exec(name)?.[1];
      if (histogram === undefined) {
        return { name, tags, type: types.get(name) === 'gauge' ? 'gauge' : 'running total', values: 0, sum };
      }
      const values = samples.find(isOf(`${histogram}_count`, tags))!.sum;
      return { name: histogram, tags, type: 'histogram', values, sum };
    });
}

/** Reads `name{key=value,…}`. */
export function readSeries(series: string): { name: string; tags: Record<string, string> } {
  const [, name = '', tags] = /^([^{]*)(?:\{(.*)\})?$/.exec(series) ?? [];
  return {
    name,
    tags: Object.fromEntries((tags || undefined)?.split(',').map((tag) => tag.split('=')) ?? []),
  };
}
