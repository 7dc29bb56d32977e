import { connect } from 'node:net';
import {
  DATAGRAM_PACING,
  linePacing,
  linesAtOnce,
  loadOptional,
  ONE_BY_ONE_PACING,
  Remainders,
  STREAM_PACING,
  type DeliveryOptions,
  type OptionTags,
} from '@tallykit/exporter-base';
import {
  clientPacing,
  ClientTransport,
  SocketDelivery,
  StreamTransport,
  UdpTransport,
  UnixgramTransport,
} from '@tallykit/exporter-base/sockets';
import { placeOf } from './describe.ts';
import { createFormat } from './format.ts';
import { AGGREGATE_SUFFIXES } from './histogram-format.ts';
import { loadedFrom, loadHotShots } from './load-hot-shots.cts';
import { COMPONENT, readOptions, type StatsdMetricExporterOptions, type StatsdSettings } from './options.ts';
import { createTranslator } from './translate.ts';

/**
 * Exports metrics to a StatsD server, for any OpenTelemetry `MeterProvider`. It chooses delta temporality and exponential
 * histograms by itself.
 *
 * A counter becomes `c` with its whole increase, up-down counters and gauges become `g`, histograms become `ms`.
 *
 * @example
 * const exporter = new StatsdMetricExporter({ host: 'statsd.internal', prefix: 'shop.' });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const meterProvider = new MeterProvider({ readers: [reader] });
 */
export class StatsdMetricExporter<T extends OptionTags<T> = OptionTags> extends SocketDelivery {
  /** @throws TypeError for options that are wrong, unknown or contradict each other; never for a server that is not there */
  constructor(options: StatsdMetricExporterOptions<T> = {}) {
    const settings = readOptions(options);
    super({
      component: COMPONENT,
      translator: createTranslator(settings),
      format: createFormat(settings),
      derived: settings.histograms === 'aggregates' ? { suffixes: AGGREGATE_SUFFIXES } : undefined,
      remainders: settings.wholeCounters ? new Remainders() : undefined,
      timeoutMillis: settings.timeoutMillis,
      ...endpointOf(settings),
    });
  }
}

type Endpoint = Pick<DeliveryOptions, 'destination' | 'remedy' | 'route' | 'pacing'>;

function endpointOf(settings: StatsdSettings): Endpoint {
  return { ...placeOf(settings.target), ...wayOf(settings) };
}

function wayOf({
  target,
  maxPayloadBytes,
  maxLinesPerSecond,
}: StatsdSettings): Pick<Endpoint, 'route' | 'pacing'> {
  switch (target.type) {
    case 'udp':
      return { route: { transport: new UdpTransport(target), maxPayloadBytes }, pacing: DATAGRAM_PACING };
    case 'tcp':
      return {
        route: {
          transport: new StreamTransport({
            connect: () => connect({ host: target.host, port: target.port }),
            frame: newlineFrame,
          }),
          maxPayloadBytes,
          ...(maxLinesPerSecond !== undefined && { maxTexts: linesAtOnce(maxLinesPerSecond) }),
        },
        pacing: maxLinesPerSecond === undefined ? STREAM_PACING : linePacing(maxLinesPerSecond),
      };
    case 'unixgram':
      return {
        route: {
          transport: new UnixgramTransport({
            path: target.path,
            load: () =>
              loadOptional({ name: 'hot-shots', load: loadHotShots, from: loadedFrom, member: 'StatsD' }),
            alternatives: "choose protocol 'udp' or 'tcp'",
          }),
          maxPayloadBytes,
        },
        pacing: ONE_BY_ONE_PACING,
      };
    case 'client':
      return {
        route: { transport: new ClientTransport(target.client), maxPayloadBytes },
        pacing: clientPacing(target.protocol),
      };
  }
}

/** Adds a newline to the last line, because the reference server forgets a last line without one. */
function newlineFrame(payload: string): string {
  return `${payload}\n`;
}
