import { connect } from 'node:net';
import {
  DATAGRAM_PACING,
  Delivery,
  ONE_BY_ONE_PACING,
  STREAM_PACING,
  type PacingOptions,
  type Transport,
} from '@tallykit/exporter-base';
import {
  ClientTransport,
  newlineFrame,
  StreamTransport,
  UdpTransport,
  UnixgramTransport,
} from '@tallykit/exporter-base/sockets';
import { formatLine } from './format.ts';
import { COMPONENT, readOptions, type StatsdMetricExporterOptions, type StatsdTarget } from './options.ts';
import { createTranslator, seriesLines } from './translate.ts';

/**
 * Exports metrics to a StatsD server, for any OpenTelemetry `MeterProvider`. It chooses delta temporality and exponential
 * histograms by itself.
 *
 * Counters become `c` with the whole increase, up-down counters and gauges `g`, histograms `ms`.
 *
 * @example
 * const exporter = new StatsdMetricExporter({ host: 'statsd.internal', prefix: 'shop.' });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const meterProvider = new MeterProvider({ readers: [reader] });
 */
export class StatsdMetricExporter extends Delivery {
  /** @throws for options that are wrong, unknown or contradict each other; never for a server that is not there */
  constructor(options: StatsdMetricExporterOptions = {}) {
    const settings = readOptions(options);
    super({
      component: COMPONENT,
      translator: createTranslator(settings),
      format: (series) => seriesLines(series, settings).map((line) => formatLine(settings.dialect, line)),
      maxPayloadBytes: settings.maxPayloadBytes,
      timeoutMillis: settings.timeoutMillis,
      ...wayTo(settings.target),
    });
  }
}

interface Way {
  readonly destination: string;
  readonly remedy: string;
  readonly transport: Transport;
  readonly pacing: PacingOptions;
}

const CHECK_ADDRESS =
  'Check that a StatsD server listens there, and the options `host`, `port` and `protocol` (or STATSD_HOST, STATSD_PORT).';

function wayTo(target: StatsdTarget): Way {
  switch (target.type) {
    case 'udp':
      return {
        destination: `udp ${target.host}:${target.port}`,
        remedy: CHECK_ADDRESS,
        transport: new UdpTransport(target),
        pacing: DATAGRAM_PACING,
      };
    case 'tcp':
      return {
        destination: `tcp ${target.host}:${target.port}`,
        remedy: CHECK_ADDRESS,
        transport: new StreamTransport({
          connect: () => connect({ host: target.host, port: target.port }),
          frame: newlineFrame,
        }),
        pacing: STREAM_PACING,
      };
    case 'unixgram':
      return {
        destination: `unixgram ${target.path}`,
        remedy: 'Check that a StatsD server has bound that file, and the option `path`.',
        transport: new UnixgramTransport({ path: target.path, load: () => import('hot-shots') }),
        pacing: ONE_BY_ONE_PACING,
      };
    case 'client':
      return {
        destination: `the given client${target.protocol ? ` (${target.protocol})` : ''}`,
        remedy: 'Check how the client was made.',
        transport: new ClientTransport(target.client),
        // A client with a protocol of its own that says when it is full needs no pauses.
        pacing: ['tcp', 'uds', 'stream'].includes(target.protocol ?? 'udp')
          ? ONE_BY_ONE_PACING
          : DATAGRAM_PACING,
      };
  }
}
