import { diag, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ConformanceEvent } from '../src/index.ts';
import { pointsOf, ReferenceExporter, type Entry, type Line, type Outcome } from './reference-exporter.ts';

type Callback = Parameters<ReferenceExporter['export']>[1];

export class Throws extends ReferenceExporter {
  override export(): void {
    throw new Error('broken');
  }
}

export class NeverCallsBack extends ReferenceExporter {
  override export(metrics: ResourceMetrics): void {
    super.export(metrics, () => undefined);
  }
}

export class CallsBackTwice extends ReferenceExporter {
  override export(metrics: ResourceMetrics, callback: Callback): void {
    super.export(metrics, (result) => {
      callback(result);
      callback(result);
    });
  }
}

export class SendsEmptyBatches extends ReferenceExporter {
  protected override pack(lines: readonly Line[]): Line[][] {
    return lines.length === 0 ? [[{ text: 'gauge|alive||1', points: 0 }]] : super.pack(lines);
  }
}

export class MutatesItsInput extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    metric.dataPoints.reverse();
    for (const point of metric.dataPoints) Object.assign(point.attributes, { host: 'here' });
    return super.entriesOf(metric);
  }
}

export class SwapsTemporality extends ReferenceExporter {
  override selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return super.selectAggregationTemporality(type) === AggregationTemporality.DELTA
      ? AggregationTemporality.CUMULATIVE
      : AggregationTemporality.DELTA;
  }
}

/** Asks for running totals, and sends them as increases. */
export class SendsTotalsAsIncreases extends ReferenceExporter {
  override selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  protected override kindOf(metric: MetricData): Entry['kind'] {
    if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
    if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'count' : 'gauge';
    return 'distribution';
  }
}

/** Asks for increases, and takes running totals for increases when it is handed some. */
export class TrustsForeignTotals extends ReferenceExporter {
  protected override kindOf(metric: MetricData): Entry['kind'] | undefined {
    return metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'count' : super.kindOf(metric);
  }
}

export class SendsUpDownsAsIncreases extends ReferenceExporter {
  protected override kindOf(metric: MetricData): Entry['kind'] | undefined {
    return metric.dataPointType === DataPointType.SUM ? 'count' : super.kindOf(metric);
  }
}

export class CountsAHistogramAsOne extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    return super
      .entriesOf(metric)
      .map((entry) =>
        entry?.kind === 'distribution' ? { ...entry, values: [1, ...entry.values.slice(1)] } : entry,
      );
  }
}

export class KnowsNoExponentialHistograms extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    return metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM
      ? metric.dataPoints.map(() => undefined)
      : super.entriesOf(metric);
  }
}

export class ClampsGaugesAtZero extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    return super
      .entriesOf(metric)
      .map((entry) =>
        entry?.kind === 'gauge'
          ? { ...entry, values: entry.values.map((value) => Math.max(0, value)) }
          : entry,
      );
  }
}

export class ClampsHistogramsAtZero extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    return super
      .entriesOf(metric)
      .map((entry) =>
        entry?.kind === 'distribution'
          ? { ...entry, values: entry.values.map((value) => Math.max(0, value)) }
          : entry,
      );
  }
}

/** Loses the whole export when it can't read one of its points. */
export class LosesTheWholeExport extends ReferenceExporter {
  protected override take(metrics: ResourceMetrics): { lines: Line[]; lost: number } {
    try {
      for (const { metrics: some } of metrics.scopeMetrics)
        for (const metric of some) for (const point of metric.dataPoints) this.entryOf(metric, point);
      return super.take(metrics);
    } catch {
      return { lines: [], lost: pointsOf(metrics) };
    }
  }
}

export class SendsNaN extends ReferenceExporter {
  protected override entriesOf(metric: MetricData): (Entry | undefined)[] {
    return metric.dataPoints.map(({ attributes, value }) => ({
      kind: this.kindOf(metric) ?? 'gauge',
      name: metric.descriptor.name,
      tags: this.tagsOf(attributes),
      values:
        typeof value === 'number' ? [value] : [value.count, value.sum ?? 0, value.min ?? 0, value.max ?? 0],
      points: 1,
    }));
  }
}

export class PrintsSixDecimals extends ReferenceExporter {
  protected override number(value: number): string {
    return value.toFixed(6);
  }
}

export class CutsFractionsOff extends ReferenceExporter {
  protected override number(value: number): string {
    return String(Math.trunc(value));
  }
}

export class DropsTags extends ReferenceExporter {
  protected override tagsOf(attributes: Attributes): Entry['tags'] {
    return super.tagsOf(attributes).slice(0, 1);
  }
}

export class CachesTagsByIdentity extends ReferenceExporter {
  readonly #known = new WeakMap<Attributes, Entry['tags']>();

  protected override tagsOf(attributes: Attributes): Entry['tags'] {
    const tags = this.#known.get(attributes) ?? super.tagsOf(attributes);
    this.#known.set(attributes, tags);
    return tags;
  }
}

export class EncodesNothing extends ReferenceExporter {
  protected override encode(text: string): string {
    return text;
  }
}

export class LetsATagInjectTags extends ReferenceExporter {
  protected override encode(text: string): string {
    return super.encode(text).replaceAll('%2C', ',').replaceAll('%3D', '=');
  }
}

/** Sends two points of one series with the same time. At the server, the later one replaces the first. */
export class MergesNothing extends ReferenceExporter {
  #serial = 0;

  protected override keyOf(): string {
    this.#serial += 1;
    return String(this.#serial);
  }
}

export class TearsALine extends ReferenceExporter {
  protected override pack(lines: readonly Line[]): Line[][] {
    const { maxPayloadBytes } = this.options;
    const payloads: Line[][] = [];
    let text = lines.map((line) => line.text).join('\n');
    let points = lines.reduce((sum, line) => sum + line.points, 0);
    while (text !== '') {
      payloads.push([{ text: text.slice(0, maxPayloadBytes), points }]);
      text = text.slice(maxPayloadBytes);
      points = 0;
    }
    return payloads;
  }
}

export class CountsCharactersForBytes extends ReferenceExporter {
  protected override encode(text: string): string {
    return text.replaceAll(/[|=,%\n\r]/g, '_');
  }

  protected override pack(lines: readonly Line[]): Line[][] {
    const payloads: Line[][] = [];
    let length = Number.POSITIVE_INFINITY;
    for (const line of lines) {
      length += line.text.length + 1;
      if (length > this.options.maxPayloadBytes) {
        payloads.push([]);
        length = line.text.length + 1;
      }
      payloads.at(-1)!.push(line);
    }
    return payloads;
  }
}

export class AllowsAByteTooMuch extends ReferenceExporter {
  protected override pack(lines: readonly Line[]): Line[][] {
    return Object.assign(Object.create(this) as this, {
      options: { ...this.options, maxPayloadBytes: this.options.maxPayloadBytes + 1 },
    }).packed(lines);
  }

  private packed(lines: readonly Line[]): Line[][] {
    return super.pack(lines);
  }
}

/** Sends later payloads in two halves, as a sender does that ignores that a stream took only a part of a payload. */
export class TearsWhenThereIsMuch extends ReferenceExporter {
  #posts = 0;

  protected override async post(body: string, signal: AbortSignal): Promise<Outcome> {
    this.#posts += 1;
    if (this.#posts < 8) return super.post(body, signal);
    await super.post(body.slice(0, body.length / 2), signal);
    return super.post(body.slice(body.length / 2), signal);
  }
}

export class LosesWhatIsTooLong extends ReferenceExporter {
  protected override take(metrics: ResourceMetrics): { lines: Line[]; lost: number } {
    const { lines, lost } = super.take(metrics);
    const tooLong = pointsOf(metrics) - lines.reduce((sum, { points }) => sum + points, 0);
    this.tally.pending -= tooLong;
    this.tally.exported += tooLong;
    return { lines, lost: lost - tooLong };
  }
}

export class ForgetsToCountWhatItRefuses extends ReferenceExporter {
  protected override drop(points: number): void {
    this.tally.pending -= points;
  }
}

export class DropsWhileItIsBusy extends ReferenceExporter {
  #isBusy = false;

  override export(metrics: ResourceMetrics, callback: Callback): void {
    if (this.#isBusy) {
      this.tally.received += pointsOf(metrics);
      this.tally.exported += pointsOf(metrics);
      callback({ code: 0 });
      return;
    }
    this.#isBusy = true;
    super.export(metrics, (result) => {
      this.#isBusy = false;
      callback(result);
    });
  }
}

/** Keeps everything that it is handed until the next export. */
export class ForgetsAFlush extends ReferenceExporter {
  #waiting: Line[] = [];

  protected override take(metrics: ResourceMetrics): { lines: Line[]; lost: number } {
    const { lines, lost } = super.take(metrics);
    const before = this.#waiting;
    this.#waiting = lines;
    return { lines: before, lost };
  }

  override async shutdown(): Promise<void> {
    await this.deliver(this.#waiting.splice(0));
    await super.shutdown();
  }
}

export class FlushesTooEarly extends ReferenceExporter {
  override async forceFlush(): Promise<void> {}
}

/** Its shutdown gives up what is being sent. */
export class LosesWhatIsUnderWay extends ReferenceExporter {
  override async shutdown(): Promise<void> {
    this.isShutDown = true;
  }

  protected override async post(body: string, signal: AbortSignal): Promise<Outcome> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.isShutDown ? 'unknown' : super.post(body, signal);
  }
}

export class FailsASecondShutdown extends ReferenceExporter {
  override async shutdown(): Promise<void> {
    if (this.isShutDown) throw this.error('it is shut down already');
    await super.shutdown();
  }
}

export class ExportsAfterTheShutdown extends ReferenceExporter {
  override async shutdown(): Promise<void> {
    await super.shutdown();
    this.isShutDown = false;
  }
}

/** Answers with `SUCCESS` when nobody took the points. */
export class HidesOutages extends ReferenceExporter {
  protected override settle(payload: readonly Line[]): void {
    super.settle(payload, 'delivered');
  }

  protected override async deliver(lines: readonly Line[]): Promise<Outcome> {
    await super.deliver(lines);
    return 'delivered';
  }
}

/** Says that an export failed, and counts its points as exported. */
export class CountsWhatIsRefusedAsExported extends ReferenceExporter {
  protected override settle(payload: readonly Line[]): void {
    super.settle(payload, 'delivered');
  }
}

export class GivesUpForGood extends ReferenceExporter {
  #failed = false;

  protected override async post(body: string, signal: AbortSignal): Promise<Outcome> {
    if (this.#failed) return 'not accepted';
    const outcome = await super.post(body, signal);
    this.#failed ||= outcome !== 'delivered';
    return outcome;
  }
}

export class WaitsForever extends ReferenceExporter {
  protected override post(body: string): Promise<Outcome> {
    return super.post(body, new AbortController().signal);
  }
}

/** Sends again what may have arrived already, so that the server counts it twice. */
export class SendsAgain extends ReferenceExporter {
  protected override mayBeSentAgain(): boolean {
    return true;
  }
}

export class RejectsAFlush extends ReferenceExporter {
  #failed = false;

  protected override async deliver(lines: readonly Line[]): Promise<Outcome> {
    const outcome = await super.deliver(lines);
    this.#failed = outcome !== 'delivered';
    return outcome;
  }

  override async forceFlush(): Promise<void> {
    await super.forceFlush();
    if (this.#failed) throw this.error('can not flush');
  }
}

export class LeaksASecretIntoDiag extends ReferenceExporter {
  protected override async post(body: string, signal: AbortSignal): Promise<Outcome> {
    const outcome = await super.post(body, signal);
    if (outcome === 'not accepted') diag.debug(`POST with ${JSON.stringify(this.options)}: ${outcome}`);
    return outcome;
  }
}

export class LeaksASecretIntoAnError extends ReferenceExporter {
  protected override error(reason: string): Error {
    return Object.assign(super.error(reason), { request: { headers: { 'api-key': this.options.apiKey } } });
  }
}

export class KeepsTheProcessAlive extends ReferenceExporter {
  readonly timer = setInterval(() => undefined, 10_000);

  override async shutdown(): Promise<void> {
    clearInterval(this.timer);
    await super.shutdown();
  }
}

/** It waits before each payload with a timer that does not keep the process alive. */
export class LetsTheProcessEndEarly extends ReferenceExporter {
  protected override async post(body: string, signal: AbortSignal): Promise<Outcome> {
    await new Promise((resolve) => setTimeout(resolve, 100).unref());
    return super.post(body, signal);
  }
}

export class SendsNoEvents extends ReferenceExporter {
  override event(): void {}
}

export class LetsAnEventInjectTags extends ReferenceExporter {
  protected override formatEvent(event: ConformanceEvent): string {
    return super.formatEvent(event).replaceAll('%2C', ',').replaceAll('%3D', '=');
  }
}

export class CutsAnEventSilently extends ReferenceExporter {
  override event(event: ConformanceEvent): void {
    super.event({ ...event, text: event.text.slice(0, 100) });
  }
}

export class CutsACharacterOfAnEvent extends ReferenceExporter {
  override event(event: ConformanceEvent): void {
    if (event.text.length > 101) diag.warn('an event was cut');
    super.event({ ...event, text: event.text.slice(0, 101) });
  }
}

export class ThrowsAtWhatIsNoEvent extends ReferenceExporter {
  override event(event: ConformanceEvent): void {
    this.formatEvent(event);
    super.event(event);
  }
}

export class SendsEventsAfterTheShutdown extends ReferenceExporter {
  override event(event: ConformanceEvent): void {
    const { isShutDown } = this;
    this.isShutDown = false;
    super.event(event);
    this.isShutDown = isShutDown;
  }
}
