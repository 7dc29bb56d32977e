import { request } from 'node:http';
import { diag, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ConformanceEvent } from '../src/index.ts';

type ExportResult = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

export interface ReferenceOptions {
  readonly port: number;
  readonly apiKey: string;
  readonly deadlineMillis: number;
  readonly maxPayloadBytes: number;
  readonly tags: boolean;
  readonly temporality: 'delta' | 'cumulative';
  readonly outage: 'dropped' | 'kept';
  /** Each line has a number, and the server replaces a point by a later one of the same number. */
  readonly idempotent: boolean;
}

/** What stands in one line. */
export interface Entry {
  readonly kind: 'count' | 'total' | 'gauge' | 'distribution';
  readonly name: string;
  readonly tags: readonly (readonly [string, string])[];
  /** The value; or count, sum, minimum and maximum. */
  readonly values: readonly number[];
  readonly points: number;
}

export interface Line {
  readonly text: string;
  readonly points: number;
}

export type Outcome = 'delivered' | 'not accepted' | 'unknown';

/**
 * A small exporter that does everything right. Its protocol is HTTP requests with lines `kind|name|key=value,…|value,…|number`, in
 * which each word is percent-encoded. The saboteurs extend it.
 */
export class ReferenceExporter implements PushMetricExporter {
  protected readonly options: ReferenceOptions;
  protected isShutDown = false;
  protected readonly tally = { received: 0, exported: 0, pending: 0, dropped: 0 };
  protected kept: Line[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #number = 0;
  #retry: NodeJS.Timeout | undefined;
  /** The deadline of the shutdown, which all deliveries share that begin after it. */
  #end: AbortSignal | undefined;

  constructor(options: ReferenceOptions) {
    this.options = options;
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    const { DELTA, CUMULATIVE } = AggregationTemporality;
    const isUpDown = type.endsWith('UP_DOWN_COUNTER');
    return this.options.temporality === 'delta' && !isUpDown ? DELTA : CUMULATIVE;
  }

  export(metrics: ResourceMetrics, callback: (result: ExportResult) => void): void {
    const points = pointsOf(metrics);
    this.tally.received += points;
    if (this.isShutDown) {
      this.tally.dropped += points;
      callback({ code: 1, error: this.error('it is shut down') });
      return;
    }
    this.tally.pending += points;
    const { lines, lost } = this.take(metrics);
    this.drop(lost);
    void this.#answer(lines, lost, callback);
  }

  async #answer(
    lines: readonly Line[],
    lost: number,
    callback: (result: ExportResult) => void,
  ): Promise<void> {
    const job = this.#last.then(() => this.deliver(lines));
    this.#last = job;
    const outcome = await job;
    if (outcome !== 'delivered') callback({ code: 1, error: this.error(outcome) });
    else if (lost > 0) callback({ code: 1, error: this.error(`${lost} points can't be sent`) });
    else callback({ code: 0 });
  }

  async forceFlush(): Promise<void> {
    await this.#last;
  }

  async shutdown(): Promise<void> {
    this.isShutDown = true;
    this.#end ??= AbortSignal.timeout(this.options.deadlineMillis);
    clearTimeout(this.#retry);
    await this.#last;
    if (this.kept.length > 0) await this.deliver(this.kept.splice(0));
    this.drop(this.kept.splice(0).reduce((sum, { points }) => sum + points, 0));
    clearTimeout(this.#retry);
  }

  event(event: unknown): void {
    try {
      const text = this.formatEvent(event as ConformanceEvent);
      if (Buffer.byteLength(text) > this.options.maxPayloadBytes) throw new Error('too large');
      if (this.isShutDown) throw new Error('too late');
      this.#last = this.#last.then(() => this.deliver([{ text, points: 0 }]));
    } catch (error) {
      diag.warn(`ReferenceExporter: no event: ${String(error)}`);
    }
  }

  protected formatEvent({ title, text, tags }: ConformanceEvent): string {
    if (typeof title !== 'string' || title === '' || typeof text !== 'string')
      throw new Error('no title or text');
    const pairs = this.tagsOf(tags).map(([key, value]) => `${this.encode(key)}=${this.encode(value)}`);
    return `event|${this.encode(wellFormed(title))}|${pairs.join(',')}|${this.encode(wellFormed(text))}`;
  }

  stats() {
    const tally = (points: number) => ({ points });
    const { received, exported, pending, dropped } = this.tally;
    return {
      received: tally(received),
      exported: tally(exported),
      pending: tally(pending),
      dropped: tally(dropped),
    };
  }

  protected error(reason: string): Error {
    return new Error(`ReferenceExporter: ${reason}`);
  }

  protected drop(points: number): void {
    this.tally.pending -= points;
    this.tally.dropped += points;
  }

  /** Translates, merges and formats. */
  protected take(metrics: ResourceMetrics): { lines: Line[]; lost: number } {
    const entries = new Map<string, Entry>();
    let lost = 0;
    for (const metric of metrics.scopeMetrics.flatMap((scope) => scope.metrics)) {
      for (const entry of this.entriesOf(metric)) {
        if (!entry) {
          lost += 1;
          continue;
        }
        const key = this.keyOf(entry);
        const known = entries.get(key);
        entries.set(key, known ? merge(known, entry) : entry);
      }
    }
    this.#number += 1;
    const lines: Line[] = [];
    for (const entry of entries.values()) {
      const { points } = entry;
      const number = this.options.idempotent ? `|${this.#number}` : '';
      const text = this.format(entry) + number;
      if (Buffer.byteLength(text) > this.options.maxPayloadBytes) lost += points;
      else lines.push({ text, points });
    }
    return { lines, lost };
  }

  /** `undefined` for points that can't be sent. */
  protected entriesOf(metric: MetricData): (Entry | undefined)[] {
    return metric.dataPoints.map((dataPoint) => {
      try {
        return this.entryOf(metric, dataPoint);
      } catch {
        // The point lacks a property that points of the SDK always have.
        return undefined;
      }
    });
  }

  protected entryOf(
    metric: MetricData,
    { attributes, value }: MetricData['dataPoints'][number],
  ): Entry | undefined {
    const kind = this.kindOf(metric);
    const values =
      typeof value === 'number' ? [value] : [value.count, value.sum ?? 0, value.min ?? 0, value.max ?? 0];
    if (!kind || !values.every(Number.isFinite)) return undefined;
    return {
      kind,
      name: wellFormed(metric.descriptor.name),
      tags: this.tagsOf(attributes),
      values,
      points: 1,
    };
  }

  protected kindOf(metric: MetricData): Entry['kind'] | undefined {
    if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
    const isCumulative = metric.aggregationTemporality === AggregationTemporality.CUMULATIVE;
    if (metric.dataPointType === DataPointType.SUM && !metric.isMonotonic) return 'gauge';
    if (isCumulative !== (this.options.temporality === 'cumulative')) return undefined;
    if (metric.dataPointType === DataPointType.SUM) return isCumulative ? 'total' : 'count';
    return 'distribution';
  }

  protected tagsOf(attributes: Attributes): Entry['tags'] {
    if (!this.options.tags) return [];
    const tags = Object.entries(attributes).map(
      ([key, value]) => [wellFormed(key), wellFormed(String(value))] as const,
    );
    return tags.sort(([first], [second]) => (first < second ? -1 : 1));
  }

  protected keyOf({ kind, name, tags }: Entry): string {
    return JSON.stringify([kind, name, tags]);
  }

  protected format({ kind, name, tags, values }: Entry): string {
    const pairs = tags.map(([key, value]) => `${this.encode(key)}=${this.encode(value)}`);
    return `${kind}|${this.encode(name)}|${pairs.join(',')}|${values.map((value) => this.number(value)).join(',')}`;
  }

  protected encode(text: string): string {
    return encodeURIComponent(text);
  }

  protected number(value: number): string {
    return String(value);
  }

  protected pack(lines: readonly Line[]): Line[][] {
    const payloads: Line[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const line of lines) {
      const size = Buffer.byteLength(line.text) + 1;
      bytes += size;
      if (bytes > this.options.maxPayloadBytes + 1) {
        payloads.push([]);
        bytes = size;
      }
      payloads.at(-1)!.push(line);
    }
    return payloads;
  }

  /** Sends lines, and decides what becomes of those that were not delivered. */
  protected async deliver(lines: readonly Line[]): Promise<Outcome> {
    const signal = this.#end ?? AbortSignal.timeout(this.options.deadlineMillis);
    let worst: Outcome = 'delivered';
    for (const payload of this.pack(lines)) {
      // After a failure, the other payloads would most likely fail, too, and each attempt takes time.
      const outcome: Outcome =
        worst === 'delivered'
          ? await this.post(payload.map(({ text }) => text).join('\n'), signal)
          : 'not accepted';
      if (outcome !== 'delivered' && worst === 'delivered') worst = outcome;
      this.settle(payload, outcome);
    }
    return worst;
  }

  protected settle(payload: readonly Line[], outcome: Outcome): void {
    const points = payload.reduce((sum, line) => sum + line.points, 0);
    if (outcome === 'delivered') {
      this.tally.pending -= points;
      this.tally.exported += points;
    } else if (this.mayBeSentAgain(outcome)) {
      this.kept.push(...payload);
      this.#retry = setTimeout(() => void this.retry(), 20).unref();
    } else {
      this.drop(points);
    }
  }

  protected mayBeSentAgain(outcome: Outcome): boolean {
    const { outage, idempotent } = this.options;
    return outage === 'kept' && (outcome === 'not accepted' || idempotent);
  }

  protected async retry(): Promise<void> {
    clearTimeout(this.#retry);
    const kept = this.kept.splice(0);
    if (kept.length === 0) return;
    this.#last = this.#last.then(() => this.deliver(kept));
    await this.#last;
  }

  protected async post(body: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return 'not accepted';
    return new Promise((resolve) => {
      const { port, apiKey } = this.options;
      const headers = { 'api-key': apiKey, 'content-length': Buffer.byteLength(body) };
      const call = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false, signal });
      call.once('response', (response) => {
        response.resume();
        resolve('delivered');
      });
      call.once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code === 'ECONNREFUSED' ? 'not accepted' : 'unknown');
      });
      call.end(body);
    });
  }
}

/**
 * Replaces what UTF-8 has no bytes for. This happens before points are merged, because two names that differ could be equal
 * afterwards.
 */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, '_');
}

function merge(known: Entry, entry: Entry): Entry {
  const points = known.points + entry.points;
  if (entry.kind === 'gauge') return { ...entry, points };
  const [first, second] = [known.values, entry.values];
  const sums = first.slice(0, 2).map((value, index) => value + second[index]!);
  return entry.kind === 'distribution'
    ? {
        ...entry,
        points,
        values: [...sums, Math.min(first[2]!, second[2]!), Math.max(first[3]!, second[3]!)],
      }
    : { ...entry, points, values: sums };
}

export function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
}
