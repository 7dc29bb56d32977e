import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** The parts of an OTLP/JSON export request that are read here. Integers of 64 bits are text. */
interface ExportRequest {
  resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
}

interface Metric {
  name: string;
  sum?: { dataPoints: NumberPoint[]; aggregationTemporality: string | number };
  gauge?: { dataPoints: NumberPoint[] };
  histogram?: { dataPoints: HistogramPoint[]; aggregationTemporality: string | number };
}

interface Point {
  attributes?: { key: string; value: Record<string, unknown> }[];
}

interface NumberPoint extends Point {
  asInt?: string | number;
  asDouble?: number;
}

interface HistogramPoint extends Point {
  count: string | number;
  sum: number;
}

/** Values by `name{key=value,…}`, keys sorted. Delta points add up; cumulative ones and gauges replace. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: number;
  readonly sums: ReadonlyMap<string, number>;
  readonly gauges: ReadonlyMap<string, number>;
  readonly histograms: ReadonlyMap<string, { count: number; sum: number }>;
}

/** A receiver of OTLP metrics over HTTP with JSON bodies, on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const sums = new Map<string, number>();
  const gauges = new Map<string, number>();
  const histograms = new Map<string, { count: number; sum: number }>();
  let requests = 0;

  const take = (metric: Metric): void => {
    for (const point of metric.gauge?.dataPoints ?? []) gauges.set(seriesOf(metric, point), numberOf(point));
    for (const point of metric.sum?.dataPoints ?? []) {
      const series = seriesOf(metric, point);
      const before = isDelta(metric.sum) ? (sums.get(series) ?? 0) : 0;
      sums.set(series, before + numberOf(point));
    }
    for (const point of metric.histogram?.dataPoints ?? []) {
      const series = seriesOf(metric, point);
      const before = (isDelta(metric.histogram) && histograms.get(series)) || { count: 0, sum: 0 };
      histograms.set(series, { count: before.count + Number(point.count), sum: before.sum + point.sum });
    }
  };

  const server = createServer((request, response) => {
    void json(request).then((body) => {
      requests += 1;
      for (const resource of (body as ExportRequest).resourceMetrics) {
        for (const scope of resource.scopeMetrics) scope.metrics.forEach(take);
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    get requests() {
      return requests;
    },
    sums,
    gauges,
    histograms,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function isDelta(data: { aggregationTemporality: string | number } | undefined): boolean {
  return (
    data?.aggregationTemporality === 1 || data?.aggregationTemporality === 'AGGREGATION_TEMPORALITY_DELTA'
  );
}

function numberOf({ asInt, asDouble }: NumberPoint): number {
  return Number(asInt ?? asDouble);
}

function seriesOf({ name }: Metric, { attributes = [] }: Point): string {
  const tags = attributes.map(({ key, value }) => `${key}=${String(Object.values(value)[0])}`);
  return `${name}{${tags.toSorted().join(',')}}`;
}
