import { setImmediate as turn } from 'node:timers/promises';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { createMetrics, type Metrics } from '@tallykit/metrics';
import { StatsD } from 'hot-shots';
import { normal, seededRandom } from '../random.ts';
import { EventLoopWatch, type LongestBlock, type Period } from './event-loop-watch.ts';
import { createExporters, type Destination, type ExporterName } from './export-subjects.ts';
import { answerRequests } from './program.ts';

/** What the series are: counters recorded with `incr`, or with the SDK's `add`, or timings, which become lines or sketches. */
export type SeriesKind = 'counters' | 'raw counters' | 'timings' | 'sketches';

export type ExportRequest =
  /** Records a value, or several, in every series, and collects them. */
  | { readonly type: 'collect'; readonly isWatched: boolean }
  /** Exports what was collected last; in a hurry datagrams follow each other sooner. */
  | {
      readonly type: 'export';
      readonly to: Destination;
      readonly isWatched: boolean;
      readonly inHurry: boolean;
    }
  /** Sends the same number of lines with hot-shots. */
  | { readonly type: 'hot-shots'; readonly lines: number };

/** Milliseconds. */
export interface Measured {
  readonly processor: number;
  readonly elapsed: number;
  readonly block: LongestBlock | undefined;
}

export interface CollectReply {
  readonly points: number;
  readonly collect: Measured;
  /** The part of it in which held values are handed to the SDK. */
  readonly drain: Measured | undefined;
}

export interface ExportReply extends Measured {
  readonly lines: number;
  readonly payloads: number;
  readonly bytes: number;
}

/** Arguments: the sink's port, the exporter, what to record, how many series and how many values in each. */
const [port, exporterName, kind, seriesCount, valuesPerSeries] = process.argv.slice(2) as [
  string,
  ExporterName,
  SeriesKind,
  string,
  string,
];

const SERIES_PER_METRIC = 2_000;
const SCOPE = '@tallykit/metrics';
/** hot-shots gives the event loop a turn after so many calls: a server doesn't make them all at once. */
const CALLS_PER_TURN = 500;
const SUCCESS = 0;

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

interface Series {
  readonly metric: string;
  readonly tags: { readonly route: string; readonly region: string; readonly status: number };
}

const series = Array.from({ length: Number(seriesCount) }, (_, index): Series => ({
  metric: `shop.checkout.orders.${Math.floor(index / SERIES_PER_METRIC)}`,
  tags: { route: `/products/${index % SERIES_PER_METRIC}`, region: 'eu-west-1', status: 200 },
}));
const random = seededRandom(1);
const values = Array.from({ length: 4_096 }, () => Math.exp(normal(random)) * 20);

const isTimed = kind === 'timings' || kind === 'sketches';
const isHttp = exporterName === 'datadog-http';
const discarded = { payloads: 0, bytes: 0, lines: 0, isCounting: false };
const exporters = createExporters(exporterName, Number(port), discarded);
const reader = new ManualReader({
  aggregationTemporalitySelector: (type) => exporters.network.selectAggregationTemporality!(type),
  aggregationSelector: (type) => exporters.network.selectAggregation!(type),
  cardinalitySelector: () => SERIES_PER_METRIC + 1,
});
const meterProvider = new MeterProvider({ readers: [reader] });
let draining: Period | undefined;
timeDrain();
const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: SERIES_PER_METRIC + 1 });
let collected: ResourceMetrics | undefined;
let hotShotsClient: StatsD | undefined;

answerRequests((request: ExportRequest): Promise<CollectReply | ExportReply | Measured> => {
  switch (request.type) {
    case 'collect':
      return collect(request.isWatched);
    case 'export':
      return exportTo(request);
    case 'hot-shots':
      return sendWithHotShots(request.lines);
  }
});

async function collect(isWatched: boolean): Promise<CollectReply> {
  record(metrics);
  draining = undefined;
  let drain: Measured | undefined;
  const whole = await measure(isWatched, async () => {
    const result = await reader.collect();
    if (result.errors.length > 0) throw new AggregateError(result.errors);
    collected = result.resourceMetrics;
  });
  if (draining !== undefined) {
    const { start, end } = draining as Period;
    drain = { processor: Number.NaN, elapsed: end - start, block: whole.longestOf?.({ start, end }) };
  }
  const points = collected!.scopeMetrics.flatMap((scope) =>
    scope.metrics.map(({ dataPoints }) => dataPoints.length),
  );
  return { points: points.reduce((sum, count) => sum + count, 0), collect: whole.measured, drain };
}

async function exportTo({
  to,
  isWatched,
  inHurry,
}: Extract<ExportRequest, { type: 'export' }>): Promise<ExportReply> {
  const before = { ...discarded };
  discarded.isCounting = isWatched;
  const exporter = exporters[to];
  const { measured } = await measure(isWatched, async () => {
    const result = await new Promise<{ code: number; error?: Error }>((resolve) => {
      exporter.export(collected!, resolve);
      // It waits for the export, which goes at full pace then.
      if (inHurry) void exporter.forceFlush();
    });
    if (result.code !== SUCCESS) throw result.error ?? new Error('the export failed');
  });
  return {
    ...measured,
    // In a request the series are the lines.
    lines: isHttp ? series.length : discarded.lines - before.lines,
    payloads: discarded.payloads - before.payloads,
    bytes: discarded.bytes - before.bytes,
  };
}

async function sendWithHotShots(lines: number): Promise<Measured> {
  const client = (hotShotsClient ??= new StatsD({
    host: '127.0.0.1',
    port: Number(port),
    maxBufferSize: 1432,
  }));
  const linesPerSeries = lines / series.length;
  const { measured } = await measure(false, async () => {
    let calls = 0;
    for (const { metric, tags } of series) {
      for (let line = 0; line < linesPerSeries; line += 1) {
        const ofServer = tags as unknown as Record<string, string>;
        if (isTimed) client.timing(metric, values[calls & 4_095]!, ofServer);
        else client.increment(metric, 3, ofServer);
        calls += 1;
        if (calls % CALLS_PER_TURN === 0) await turn();
      }
    }
    await new Promise((resolve) => client.flush(resolve));
  });
  return measured;
}

function record(to: Metrics): void {
  const each = Number(valuesPerSeries);
  if (kind === 'raw counters') {
    const meter = meterProvider.getMeter('bench');
    for (const { metric, tags } of series) meter.createCounter(metric).add(3, { ...tags });
    return;
  }
  let recorded = 0;
  for (const { metric, tags } of series) {
    const options = { tags };
    for (let value = 0; value < each; value += 1) {
      if (isTimed) to.timing(metric, values[recorded & 4_095]!, options);
      else to.incr(metric, 3, options);
      recorded += 1;
    }
  }
}

/** Runs the work in a turn of its own. */
async function measure(
  isWatched: boolean,
  work: () => Promise<void>,
): Promise<{ measured: Measured; longestOf: ((period: Period) => LongestBlock) | undefined }> {
  const watch = isWatched ? new EventLoopWatch() : undefined;
  await turn();
  const { user, system } = process.cpuUsage();
  const start = performance.now();
  await work();
  const end = performance.now();
  const used = process.cpuUsage({ user, system });
  const longestOf = await watch?.end();
  return {
    measured: {
      processor: (used.user + used.system) / 1_000,
      elapsed: end - start,
      block: longestOf?.({ start, end }),
    },
    longestOf,
  };
}

/** The SDK hands out one meter for a scope. The callback of this observable is the drain. */
function timeDrain(): void {
  const meter = meterProvider.getMeter(SCOPE);
  const create = meter.createObservableGauge.bind(meter);
  meter.createObservableGauge = (name, options) => {
    const observable = create(name, options);
    const add = observable.addCallback.bind(observable);
    observable.addCallback = (callback) =>
      add(async (result) => {
        const start = performance.now();
        await callback(result);
        draining = { start, end: performance.now() };
      });
    return observable;
  };
}
