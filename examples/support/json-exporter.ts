import { DATAGRAM_PACING, Delivery, TagWriter, type Series } from '@tallykit/exporter-base';
import { UdpTransport } from '@tallykit/exporter-base/sockets';

export interface JsonMetricExporterOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly port: number;
  /** How long an export may take. @default 20000 */
  readonly timeoutMillis?: number;
}

/** What Ethernet carries in one piece, without the headers. */
export const MAX_PAYLOAD_BYTES = 1432;

const tags = new TagWriter({
  key: (text) => text,
  value: (text) => text,
  join: (pairs) => JSON.stringify(Object.fromEntries(pairs)),
});

/** One line of JSON for each series, over UDP: what Vector and Fluent Bit read. */
export class JsonMetricExporter extends Delivery {
  constructor({ host = '127.0.0.1', port, timeoutMillis = 20_000 }: JsonMetricExporterOptions) {
    super({
      component: 'JsonMetricExporter', // messages start with it
      destination: `udp ${host}:${port}`,
      remedy: 'Check the options `host` and `port`.',
      translator: () => (metric) => ({ name: metric.name, tags, filter: () => undefined }),
      format,
      route: { transport: new UdpTransport({ host, port }), maxPayloadBytes: MAX_PAYLOAD_BYTES },
      pacing: DATAGRAM_PACING,
      timeoutMillis,
    });
  }
}

function format({ type, name, tags: text, value }: Series): string {
  const labels = JSON.parse(text) as Record<string, string>;
  if (typeof value === 'number') return JSON.stringify({ type, name, tags: labels, value });
  const { count, sum, min, max } = value;
  return JSON.stringify({ type, name, tags: labels, count, sum, min, max });
}
