import { connect } from 'node:net';
import type { Attributes } from '@opentelemetry/api';
import {
  DATAGRAM_PACING,
  loadOptional,
  ONE_BY_ONE_PACING,
  STREAM_PACING,
  TagWriter,
  type EventText,
  type OptionTags,
  type Route,
  type PacingOptions,
  type SyncTransport,
  type Tags,
} from '@tallykit/exporter-base';
import { firstCharacters, SeriesSeconds, type DatadogEvent } from '@tallykit/exporter-base/datadog';
import {
  clientPacing,
  ClientTransport,
  SocketDelivery,
  StreamTransport,
  UdpTransport,
  UnixgramTransport,
} from '@tallykit/exporter-base/sockets';
import { ClientTelemetry } from './client-telemetry.ts';
import { placeOf } from './describe.ts';
import { formatEvent, formatServiceCheck, type DogStatsdServiceCheck, type EventFrame } from './event.ts';
import { createFormat } from './format.ts';
import { derivedSeries } from './histogram-format.ts';
import { loadedFrom, loadHotShots } from './load-hot-shots.cts';
import {
  COMPONENT,
  readOptions,
  type DogStatsdMetricExporterOptions,
  type DogStatsdTarget,
} from './options.ts';
import { tagSpelling } from './tags.ts';
import { createTranslator, sharedTags } from './translate.ts';
import { UnixTransport } from './unix-transport.ts';

/** The size of the Agent's receive buffer (`dogstatsd_buffer_size`). It cuts off what is longer. */
const MAX_EVENT_BYTES = 8192;

/**
 * Exports metrics to a Datadog Agent, for any OpenTelemetry `MeterProvider`, and takes events and service checks. It
 * chooses delta temporality and exponential histograms by itself.
 *
 * A counter becomes `c` with its whole increase, up-down counters and gauges become `g`, histograms become `d` with sample
 * rates.
 *
 * @example
 * const exporter = new DogStatsdMetricExporter({ url: 'unixstream:///var/run/datadog/dsd_stream.socket' });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const meterProvider = new MeterProvider({ readers: [reader] });
 */
export class DogStatsdMetricExporter<T extends OptionTags<T> = OptionTags> extends SocketDelivery {
  readonly #eventRoute: Route;
  readonly #originFields: string;
  readonly #writeTags: (tags: Tags) => string;

  /** @throws TypeError for options that are wrong, unknown or contradict each other; never for an Agent that is not there */
  constructor(options: DogStatsdMetricExporterOptions<T> = {}) {
    const settings = readOptions(options);
    const { target, maxPayloadBytes, timestamps, originFields } = settings;
    const endpoint = endpointOf(target);
    const spelling = tagSpelling(settings.bareTags);
    const translator = createTranslator(settings);
    /** The resource of the last export; empty before the first one. */
    let resource: Attributes = {};
    const writeTags = (tags: Tags) => new TagWriter(spelling, ...sharedTags(settings, resource)).write(tags);
    const telemetry = settings.telemetry
      ? new ClientTelemetry({ ...settings, transport: endpoint.transport, writeTags })
      : undefined;
    const transport = telemetry ?? endpoint.transport;
    const format = createFormat(settings);
    super({
      component: COMPONENT,
      translator(attributes) {
        resource = attributes;
        return translator(attributes);
      },
      format: telemetry?.counting(format) ?? format,
      seconds: timestamps ? new SeriesSeconds(COMPONENT, ({ type }) => type !== 'histogram') : undefined,
      derived: derivedSeries(settings),
      route: { transport, maxPayloadBytes },
      destination: endpoint.destination,
      remedy: endpoint.remedy,
      pacing: endpoint.pacing,
      timeoutMillis: settings.timeoutMillis,
    });
    this.#eventRoute = { transport, maxPayloadBytes: Math.max(maxPayloadBytes, MAX_EVENT_BYTES) };
    this.#originFields = originFields;
    this.#writeTags = writeTags;
  }

  /**
   * Sends an event to Datadog's event stream, soon. Never throws: an event that is wrong is logged and counted in
   * `stats().events`; one that is longer than the 8 KB that the Agent reads is cut, and that is logged. An exporter can be
   * handed to the API: `createMetrics({ events: exporter })`.
   *
   * @example
   * exporter.event({ title: 'Deploy', text: 'v42 is live', alertType: 'success', tags: { team: 'growth' } });
   */
  event<Own extends Tags<Own>>(event: DatadogEvent<Own>): void {
    this.#post('event', event, formatEvent, ({ title }) => title);
  }

  /**
   * Sends the result of a check, soon. Never throws: a check that is wrong is logged and counted in `stats().events`; the
   * message of one that is longer than 8 KB is cut, and that is logged.
   *
   * @example
   * exporter.serviceCheck({ name: 'shop.can_connect', status: 'critical', message: 'no answer from the database' });
   */
  serviceCheck<Own extends Tags<Own>>(check: DogStatsdServiceCheck<Own>): void {
    this.#post('service check', check, formatServiceCheck, ({ name }) => name);
  }

  #post<Event extends { readonly tags?: Tags | undefined }>(
    kind: string,
    event: Event,
    format: (event: Event, frame: EventFrame) => EventText,
    titleOf: (event: Event) => string,
  ): void {
    this.post(`the ${kind}`, this.#eventRoute, () => {
      const text = format(event, {
        tags: this.#writeTags(event.tags ?? {}),
        originFields: this.#originFields,
        maxBytes: this.#eventRoute.maxPayloadBytes,
      });
      return { ...text, name: `the ${kind} ${JSON.stringify(firstCharacters(titleOf(event), 60))}` };
    });
  }
}

interface Endpoint {
  readonly destination: string;
  readonly remedy: string;
  readonly transport: SyncTransport;
  readonly pacing: PacingOptions;
}

function endpointOf(target: DogStatsdTarget): Endpoint {
  return { ...placeOf(target), ...wayOf(target) };
}

function wayOf(target: DogStatsdTarget): Pick<Endpoint, 'transport' | 'pacing'> {
  switch (target.type) {
    case 'udp':
      return { transport: new UdpTransport(target), pacing: DATAGRAM_PACING };
    case 'unixstream':
      return { transport: streamTo(target.path), pacing: STREAM_PACING };
    case 'unixgram':
      return { transport: datagramsTo(target.path), pacing: ONE_BY_ONE_PACING };
    case 'unix':
      return {
        transport: new UnixTransport(streamTo(target.path), datagramsTo(target.path)),
        pacing: ONE_BY_ONE_PACING,
      };
    case 'client':
      return { transport: new ClientTransport(target.client), pacing: clientPacing(target.protocol) };
  }
}

function streamTo(path: string): SyncTransport {
  return new StreamTransport({ connect: () => connect({ path }), frame: lengthFrame });
}

function datagramsTo(path: string): SyncTransport {
  return new UnixgramTransport({
    path,
    load: () => loadOptional({ name: 'hot-shots', load: loadHotShots, from: loadedFrom, member: 'StatsD' }),
    alternatives: "let the Agent listen on a stream socket (`url: 'unixstream://…'`) or on UDP",
  });
}

/** Puts the payload's length in front of it, in four bytes, the lowest first (Agent, `comp/dogstatsd/listeners/uds_common.go`). */
function lengthFrame(payload: string): Uint8Array {
  const bytes = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(4 + bytes);
  frame.writeUInt32LE(bytes);
  frame.write(payload, 4);
  return frame;
}
