import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter, type DatadogFetch } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';

export type ExporterName = 'statsd' | 'dogstatsd' | 'datadog-http';

/** Where an export goes: to a client that throws it away, or over loopback to another process. */
export type Destination = 'nowhere' | 'network';

/** What was thrown away. */
export interface Discarded {
  payloads: number;
  bytes: number;
  lines: number;
  /** Whether lines are counted: only where it costs nobody anything. */
  isCounting: boolean;
}

/** An exporter for each destination, made as a program makes it. */
export function createExporters(
  name: ExporterName,
  port: number,
  discarded: Discarded,
): Readonly<Record<Destination, PushMetricExporter>> {
  const keep = (bytes: number): void => {
    discarded.payloads += 1;
    discarded.bytes += bytes;
  };
  if (name === 'datadog-http') {
    // Node loads its `fetch` with the first use, in a block of 20 to 40 ms, once in a process: here, not while it is measured.
    void new Response();
    const fetch: DatadogFetch = async (_url, { body }) => {
      keep(body?.length ?? 0);
      return new Response(undefined, { status: 202 });
    };
    const options = { apiKey: 'bench', url: `http://127.0.0.1:${port}` };
    return {
      nowhere: new DatadogHttpMetricExporter({ ...options, fetch }),
      network: new DatadogHttpMetricExporter(options),
    };
  }
  const Exporter = { statsd: StatsdMetricExporter, dogstatsd: DogStatsdMetricExporter }[name];
  const sendMessage = (message: string, callback: () => void): void => {
    keep(message.length);
    if (discarded.isCounting) discarded.lines += message.split('\n').length;
    callback();
  };
  return {
    // A protocol that says when it is full: nothing to wait for between two payloads.
    nowhere: new Exporter({ client: { protocol: 'stream', sendMessage } }),
    network: new Exporter({ port }),
  };
}
