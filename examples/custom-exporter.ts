// An exporter of your own, for a protocol of your own, and the suite that says whether it is right.
//                                                                                pnpm example custom-exporter
import { PeriodicExportingMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { createMetrics } from '@tallykit/metrics';
import {
  conformanceCases,
  startUdpServer,
  type ConformanceSubject,
  type ReceivedSeries,
} from '@tallykit/testkit';
import { JsonMetricExporter, MAX_PAYLOAD_BYTES } from './support/json-exporter.ts';

// What the suite has to know: what is true of the exporter, how a payload is read, how to start it and its server.
const subject: ConformanceSubject = {
  facts: {
    discards: false,
    tags: true,
    temporality: 'delta',
    negativeGauges: true,
    negativeDistributions: true,
    histograms: 'exact',
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    idempotent: false,
    outage: 'kept',
    stats: true,
    secrets: [],
    deadlineMillis: 500,
  },
  parse: (payload) => String(payload).split('\n').map(readLine),
  async start(receive, timeoutMillis) {
    const server = await startUdpServer({ onPayload: receive });
    const options = { port: server.port, timeoutMillis };
    return {
      exporter: new JsonMetricExporter(options),
      program: {
        source: `import { JsonMetricExporter } from '${import.meta.resolve('./support/json-exporter.ts')}';
          const exporter = new JsonMetricExporter(${JSON.stringify(options)});`,
        execArgv: process.execArgv,
      },
      refuse: () => server.close(),
      hang: () => server.pause(),
      recover: () => server.restart(),
      stop: () => server.close(),
    };
  },
};

/** As the server reads it. */
function readLine(line: string): ReceivedSeries {
  const { type, ...series } = JSON.parse(line);
  return { ...series, kind: type === 'histogram' ? 'distribution' : type === 'sum' ? 'count' : 'gauge' };
}

let failed = 0;
for (const { name, run } of conformanceCases) {
  try {
    await run(subject);
  } catch (error) {
    failed += 1;
    console.log(`✗ ${name}\n${String(error)}`);
  }
}
console.log(`${conformanceCases.length - failed} of ${conformanceCases.length} conformance cases passed`);
if (failed > 0) process.exitCode = 1;

// And at work, in a MeterProvider like any other.
const known = process.env['COLLECTOR_PORT'];
const server = known === undefined ? await startUdpServer() : undefined;
const exporter = new JsonMetricExporter({ port: server?.port ?? Number(known) });
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
const metrics = createMetrics({ meterProvider });
for (let order = 1; order <= 100; order += 1) {
  metrics.incr('orders', 1, { tags: { plan: order % 4 === 0 ? 'pro' : 'free' } });
  metrics.timing('db.query', order);
}
metrics.gauge('freezer', -18.5);

await meterProvider.shutdown();
for (const payload of (await server?.receive(1)) ?? []) console.log(payload.replaceAll(/^/gm, '  '));
await server?.close();
