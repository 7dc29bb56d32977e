import {
  Packer,
  systemClock,
  type Clock,
  type Outcome,
  type Series,
  type SyncTransport,
} from '@tallykit/exporter-base';
import type { DogStatsdTarget } from './options.ts';
import { VERSION } from './version.ts';

/** What the telemetry needs. */
export interface ClientTelemetryOptions {
  /** The transport that it watches and uses. */
  readonly transport: SyncTransport;
  readonly maxPayloadBytes: number;
  /** Writes the tags of the exporter and these as text. */
  readonly writeTags: (tags: Readonly<Record<string, string>>) => string;
  readonly target: DogStatsdTarget;
  readonly originFields: string;
  /** The value of `metrics_type` for a histogram. */
  readonly histograms: 'distribution' | 'histogram' | 'timing';
  /** @default the machine's */
  readonly clock?: Clock;
}

const INTERVAL_MILLIS = 10_000;
const PREFIX = 'datadog.dogstatsd.client.';

/** In the order and the words of Datadog's own clients (datadog-go, `statsd/telemetry.go`). */
const TYPES = ['gauge', 'count', 'histogram', 'distribution', 'set', 'timing'] as const;
type MetricType = (typeof TYPES)[number];

const TYPE_OF_SYMBOL: Readonly<Partial<Record<string, MetricType>>> = {
  g: 'gauge',
  c: 'count',
  h: 'histogram',
  d: 'distribution',
  s: 'set',
  ms: 'timing',
};

/** Counters of one interval. */
interface Counts {
  readonly metrics: Record<MetricType, number>;
  events: number;
  serviceChecks: number;
  packetsSent: number;
  bytesSent: number;
  packetsDropped: number;
  bytesDropped: number;
}

/**
 * A transport that counts what goes through it. Every 10 seconds it sends the counts of the interval, as Datadog's own
 * clients do. It doesn't count its own packets. Metrics, events and checks are counted when they have left. A packet that was
 * not accepted counts as dropped, although its points are kept and sent in other packets.
 */
export class ClientTelemetry implements SyncTransport {
  readonly #options: ClientTelemetryOptions;
  readonly #clock: Clock;
  /** Own payloads have no deadline, because those of metrics end a connection that is stuck. */
  readonly #never = new AbortController().signal;
  #counts = noCounts();
  /** How many series were formatted. Datadog's clients call them the contexts of their aggregation. */
  #formatted = noSeries();
  #cancel: (() => void) | undefined;
  #isSending = false;

  constructor(options: ClientTelemetryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The stage that formats series, with their number counted before it. */
  counting<Formatted>(
    format: (series: Series, second: number | undefined) => Formatted,
  ): (series: Series, second: number | undefined) => Formatted {
    return (series, second) => {
      this.#formatted[series.type] += 1;
      return format(series, second);
    };
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    // The timer starts here and not earlier, because here it runs in the untraced context of our own traffic.
    this.#cancel ??= this.#clock.schedule(INTERVAL_MILLIS, () => this.#tick());
    const outcome = await this.#options.transport.send(payload, signal);
    this.#count(payload, outcome);
    return outcome;
  }

  sendSync(payload: string): Outcome {
    const outcome = this.#options.transport.sendSync(payload);
    this.#count(payload, outcome);
    return outcome;
  }

  settleSync(payload: string): Outcome | undefined {
    const outcome = this.#options.transport.settleSync?.(payload);
    if (outcome !== undefined) this.#count(payload, outcome);
    return outcome;
  }

  open(): void {
    this.#options.transport.open?.();
  }

  async close(): Promise<void> {
    this.#cancel?.();
    await this.#options.transport.close();
  }

  #count(payload: string, outcome: Outcome): void {
    const bytes = Buffer.byteLength(payload);
    if (outcome.type === 'delivered') {
      this.#counts.packetsSent += 1;
      this.#counts.bytesSent += bytes;
      for (const line of payload.split('\n')) countLine(this.#counts, line);
    } else {
      this.#counts.packetsDropped += 1;
      this.#counts.bytesDropped += bytes;
    }
  }

  #tick(): void {
    this.#cancel = this.#clock.schedule(INTERVAL_MILLIS, () => this.#tick());
    // Counts that could not be sent in a whole interval are sent with those of the next one.
    if (!this.#isSending) void this.#report();
  }

  async #report(): Promise<void> {
    this.#isSending = true;
    const { transport, maxPayloadBytes } = this.#options;
    const counts = this.#counts;
    this.#counts = noCounts();
    const packer = new Packer<undefined>({ transport, maxPayloadBytes });
    for (const line of this.#lines(counts)) if (packer.fits(line)) packer.add(line, undefined);
    for (let payload = packer.rest(); payload; payload = packer.rest()) {
      await transport.send(payload.text, this.#never);
    }
    this.#isSending = false;
  }

  *#lines(counts: Counts): Generator<string> {
    const { writeTags, target, originFields } = this.#options;
    const ofClient = {
      client: 'tallykit',
      client_version: VERSION,
      client_transport: clientTransportOf(target),
    };
    const tags = writeTags(ofClient);
    const line = (name: string, value: number, tagsOfLine = tags) =>
      `${PREFIX}${name}:${value}|c${tagsOfLine}${originFields}`;
    const byType = (name: string, values: Readonly<Record<MetricType, number>>) =>
      TYPES.map((type) => line(name, values[type], writeTags({ ...ofClient, metrics_type: type })));

    yield line('metrics', sumOf(counts.metrics));
    yield* byType('metrics_by_type', counts.metrics);
    yield line('events', counts.events);
    yield line('service_checks', counts.serviceChecks);
    // There is no queue that loses anything: what can't be sent waits and is merged.
    yield line('metric_dropped_on_receive', 0);
    yield line('packets_sent', counts.packetsSent);
    yield line('packets_dropped', counts.packetsDropped);
    yield line('packets_dropped_queue', 0);
    yield line('packets_dropped_writer', counts.packetsDropped);
    yield line('bytes_sent', counts.bytesSent);
    yield line('bytes_dropped', counts.bytesDropped);
    yield line('bytes_dropped_queue', 0);
    yield line('bytes_dropped_writer', counts.bytesDropped);
    const contexts = this.#takeContexts();
    yield line('aggregated_context', sumOf(contexts));
    yield* byType('aggregated_context_by_type', contexts);
  }

  #takeContexts(): Record<MetricType, number> {
    const { sum, gauge, histogram } = this.#formatted;
    this.#formatted = noSeries();
    return { ...noneOfEach(), count: sum, gauge, [this.#options.histograms]: histogram };
  }
}

function noSeries(): Record<Series['type'], number> {
  return { sum: 0, gauge: 0, histogram: 0 };
}

function countLine(counts: Counts, line: string): void {
  if (line.startsWith('_e{')) {
    counts.events += 1;
  } else if (line.startsWith('_sc|')) {
    counts.serviceChecks += 1;
  } else {
    const [values = '', symbol = ''] = line.split('|', 2);
    const type = TYPE_OF_SYMBOL[symbol];
    // A line with packed values holds several metrics.
    if (type) counts.metrics[type] += values.split(':').length - 1;
  }
}

function noneOfEach(): Record<MetricType, number> {
  return { gauge: 0, count: 0, histogram: 0, distribution: 0, set: 0, timing: 0 };
}

function noCounts(): Counts {
  return {
    metrics: noneOfEach(),
    events: 0,
    serviceChecks: 0,
    packetsSent: 0,
    bytesSent: 0,
    packetsDropped: 0,
    bytesDropped: 0,
  };
}

function sumOf(counts: Readonly<Record<MetricType, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** In the words of Datadog's own clients (datadog-go, `statsd/uds.go`, `udp.go`). */
function clientTransportOf(target: DogStatsdTarget): string {
  switch (target.type) {
    case 'udp':
      return 'udp';
    case 'unixstream':
      return 'uds-stream';
    case 'client':
      return target.protocol ?? 'udp';
    default:
      return 'uds';
  }
}
