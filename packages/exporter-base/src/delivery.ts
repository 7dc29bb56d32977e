import { context, createContextKey, ROOT_CONTEXT, type Attributes } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  MetricData,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { BatchSender } from './batch-sender.ts';
import { Batch, type Entry, type Failure } from './batch.ts';
import { settledWithin, Stretch, systemClock, type Clock } from './clock.ts';
import {
  Ledger,
  Outage,
  OUTAGES,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type Refusal,
  type Tally,
} from './ledger.ts';
import type { Series } from './merge.ts';
import type { PacingOptions } from './pacing.ts';
import { readPoint, tallyOf, type Point } from './points.ts';
import { say } from './say.ts';
import { selectAggregation, selectAggregationTemporality } from './temporality.ts';
import { reasonOf, type Transport } from './transport.ts';

/** What one exporter brings along; everything else is the same for all. */
export interface DeliveryOptions {
  /** The exporter's class name: messages start with it. */
  readonly component: string;
  /** Where payloads go, for people, for example `udp 127.0.0.1:8125`. */
  readonly destination: string;
  /** What to look at when nothing arrives there: a sentence that names options and variables. */
  readonly remedy: string;
  /**
   * How the points of one resource are called on the wire. Pure. A point can be refused, or have nothing to say
   * (`undefined`).
   */
  readonly translator: (resource: Attributes) => (point: Point) => Series | Refusal | undefined;
  /** The texts of a series, each to reach the server in one piece. Pure. */
  readonly format: (series: Series) => readonly string[];
  readonly transport: Transport;
  readonly pacing: PacingOptions;
  readonly maxPayloadBytes: number;
  /** How long one export, `flush` or `shutdown` may take. */
  readonly timeoutMillis: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** What a reader's callback gets. */
export type ExportResult = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

/** The values of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;
const FAILED = 1;

/**
 * The key of `suppressTracing` in `@opentelemetry/core`. Keys are global symbols by this description, so the tracing
 * instrumentations of sockets and name resolution see it.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
/** Our own traffic makes no spans, and keeps no request's context alive. */
const QUIET = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true);

/** How long `shutdown` waits, past its deadline, for a transport to let go. */
const GRACE_MILLIS = 1000;

/** One call of `export`. */
interface Job {
  readonly batches: Set<Batch>;
  /** Received and not yet translated. */
  left: Tally;
  refusedPoints: number;
  refusal: string | undefined;
}

type DataPoint = MetricData['dataPoints'][number];
type Translate = ReturnType<DeliveryOptions['translator']>;

/**
 * A push exporter but for its protocol: takes points, merges those that are equal on the wire, and sends them as
 * payloads, in slices, within a deadline. Exports never overlap: what is handed in while one is being sent is merged
 * and sent next. Nothing is ever thrown out of it, and every `export` is answered exactly once.
 */
export class Delivery implements PushMetricExporter {
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #outage: Outage;
  readonly #sender: BatchSender;
  readonly #jobs = new Set<Promise<unknown>>();
  /** Ends when everything that was handed in is translated. */
  #intake: Promise<void> = Promise.resolve();
  /** What is sent next. */
  #batch = new Batch();
  #isSending = false;
  /** Ends the batch that is being sent. */
  #cutOff: AbortController | undefined;
  /** How many callers wait for the end. */
  #waiting = 0;
  #closing: Promise<void> | undefined;
  #isClosed = false;
  #saidCollision = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#ledger = new Ledger(options.component);
    this.#outage = new Outage(options.component, options.destination, options.remedy);
    this.#sender = new BatchSender(options, this.#clock);
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /**
   * Sends the points. The result is `FAILED` when some of them could not be delivered, or when none could be sent at
   * all. Points that no export could ever bring over (not finite, cumulative, …) are counted and don't fail the others.
   */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const job = this.#export(metrics).catch((error: unknown) => this.#failed(reasonOf(error)));
    this.#jobs.add(job);
    void job.then((result) => {
      this.#jobs.delete(job);
      try {
        resultCallback(result);
      } catch (error) {
        say('error', `${this.#options.component}: the callback of an export threw: ${reasonOf(error)}`);
      }
    });
  }

  /** Waits for the exports under way, within the deadline. Always resolves: the truth is in `flush` and `stats`. */
  async forceFlush(): Promise<void> {
    await this.#idle(this.#options.timeoutMillis);
  }

  /**
   * Waits for the exports under way and says what became of them. It does not collect: `forceFlush` of the
   * `MeterProvider` or of the reader does.
   *
   * @param options `timeoutMillis`: how long to wait; by default as long as the exporter's option of that name says
   * @example
   * await meterProvider.forceFlush();
   * const { pending, dropped, errors } = await exporter.flush({ timeoutMillis: 2_000 });
   */
  async flush(options: { readonly timeoutMillis?: number } = {}): Promise<FlushReport> {
    await this.#idle(options.timeoutMillis ?? this.#options.timeoutMillis);
    return this.#ledger.report();
  }

  /** Sends what it can within the deadline and frees the socket. Always resolves; a second call awaits the first. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  stats(): ExporterStats {
    return this.#ledger.stats();
  }

  async #idle(timeoutMillis: number): Promise<boolean> {
    this.#waiting += 1;
    const isIdle = await settledWithin(this.#clock, timeoutMillis, Promise.all(this.#jobs));
    this.#waiting -= 1;
    return isIdle;
  }

  async #close(): Promise<void> {
    const isIdle = await this.#idle(this.#options.timeoutMillis);
    this.#isClosed = true;
    if (!isIdle) {
      this.#cutOff?.abort();
      await this.#idle(GRACE_MILLIS);
    }
    const closing = context.with(QUIET, async () => this.#options.transport.close());
    await settledWithin(this.#clock, GRACE_MILLIS, closing);
  }

  #failed(reason: string): ExportResult {
    return { code: FAILED, error: new Error(`${this.#options.component}: ${reason}`) };
  }

  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    const received = tallyOf(metrics);
    this.#ledger.receive(received);
    if (this.#closing) {
      const reason = 'the exporter has been shut down';
      this.#ledger.drop('shutdown', received, `${received.points} points`, reason);
      return this.#failed(reason);
    }
    const job: Job = { batches: new Set(), left: received, refusedPoints: 0, refusal: undefined };
    this.#intake = this.#intake.then(() => this.#take(metrics, job));
    await this.#intake;
    void this.#send();
    await Promise.all([...job.batches].map((batch) => batch.settled));
    const failure = [...job.batches].find((batch) => batch.failure !== undefined)?.failure;
    if (failure !== undefined) return this.#failed(failure);
    return job.refusal !== undefined && job.refusedPoints === received.points
      ? this.#failed(job.refusal)
      : { code: SUCCESS };
  }

  /** Translates all points and merges them into the next batch. Never rejects. */
  async #take(metrics: ResourceMetrics, job: Job): Promise<void> {
    const stretch = new Stretch(this.#clock);
    try {
      const translate = this.#options.translator(metrics.resource.attributes);
      for (const { metrics: metricsOfScope } of metrics.scopeMetrics) {
        for (const metric of metricsOfScope) {
          for (const dataPoint of metric.dataPoints) {
            this.#takePoint(metric, dataPoint, translate, job);
            if (stretch.isOver()) await stretch.rest();
          }
        }
      }
    } catch (error) {
      const reason = `they could not be read: ${reasonOf(error)}`;
      job.refusedPoints += job.left.points;
      job.refusal = reason;
      this.#ledger.drop('error', job.left, `${job.left.points} points`, reason);
    }
  }

  #takePoint(metric: MetricData, dataPoint: DataPoint, translate: Translate, job: Job): void {
    let tally: Tally = { points: 1, amount: 0 };
    let refusal: Refusal | undefined;
    try {
      const point = readPoint(metric, dataPoint);
      if ('refused' in point) {
        refusal = point;
      } else {
        if (point.type === 'sum') tally = { points: 1, amount: point.value };
        const series = translate(point);
        if (series === undefined) this.#ledger.export(tally);
        else if ('refused' in series) refusal = series;
        else this.#merge(series, tally, job);
      }
    } catch (error) {
      refusal = { refused: 'error', reason: `it could not be translated: ${reasonOf(error)}` };
    }
    if (refusal) {
      this.#ledger.drop(refusal.refused, tally, `a point of ${metric.descriptor.name}`, refusal.reason);
      job.refusedPoints += 1;
      job.refusal = refusal.reason;
    }
    job.left = { points: job.left.points - 1, amount: job.left.amount - tally.amount };
  }

  #merge(series: Series, tally: Tally, job: Job): void {
    const batch = this.#batch;
    const known = batch.add(series, tally, job);
    job.batches.add(batch);
    if (!known) return;
    // Sums and histograms of one name add up to the right total; of several gauges only one can stay.
    if (series.type === 'gauge' && known.source === job && !this.#saidCollision) {
      this.#saidCollision = true;
      say(
        'warn',
        `${this.#options.component}: several gauges are all called ${series.name} on the wire, and only the last one ` +
          'is sent; they differ in what this exporter can not say (tags that the protocol leaves out, characters that ' +
          'were replaced, the instrumentation scope). Give them different names or tags. Said once.',
      );
    }
    known.source = job;
  }

  /** Sends batches until there is nothing to send. Never rejects. */
  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#batch.entries.size > 0) {
      const batch = this.#batch;
      this.#batch = new Batch();
      await context.with(QUIET, () => this.#sendBatch(batch));
    }
    this.#isSending = false;
  }

  async #sendBatch(batch: Batch): Promise<void> {
    const cutOff = new AbortController();
    this.#cutOff = cutOff;
    if (this.#isClosed) cutOff.abort();
    const cancel = this.#clock.schedule(this.#options.timeoutMillis, () => cutOff.abort());
    const left = await this.#sender.send(batch, {
      signal: cutOff.signal,
      isInHurry: () => this.#waiting > 0,
      settle: (entry) => this.#settle(batch, entry),
    });
    cancel();
    this.#cutOff = undefined;

    const stretch = new Stretch(this.#clock);
    const failure = left === 'cut off' ? this.#late() : left;
    for (const entry of batch.entries.values()) {
      entry.failure ??= failure;
      this.#settle(batch, entry);
      if (stretch.isOver()) await stretch.rest();
    }
    if (batch.outage !== undefined) this.#outage.failed(this.#clock.now(), batch.outage, batch.droppedPoints);
    else if (batch.exportedPoints > 0) this.#outage.worked(this.#clock.now());
    batch.settle();
  }

  #late(): Refusal {
    return this.#isClosed
      ? { refused: 'shutdown', reason: 'the exporter was shut down before it was sent' }
      : {
          refused: 'timeout',
          reason: `it could not be sent within ${this.#options.timeoutMillis} ms (option \`timeoutMillis\`)`,
        };
  }

  /** The one place where it is decided what becomes of a series. */
  #settle(batch: Batch, { key, series, tally, failure }: Entry): void {
    batch.entries.delete(key);
    if (!failure) {
      batch.exportedPoints += tally.points;
      this.#ledger.export(tally);
      return;
    }
    const cause = causeOf(failure);
    batch.droppedPoints += tally.points;
    if (cause !== 'oversize') batch.failure ??= failure.reason;
    if (OUTAGES.has(cause)) batch.outage ??= failure.reason;
    this.#ledger.drop(cause, tally, `${tally.points} points of ${series.name}`, failure.reason);
  }
}

function causeOf(failure: Failure): DropCause {
  if ('refused' in failure) return failure.refused;
  return failure.type === 'not-accepted' ? 'notAccepted' : failure.type;
}
