// Exports as many points as the variable POINTS says, each a series of its own, through the Datadog exporter to a `fetch`
// that reads what it is given and keeps nothing. Prints what it saw as JSON.
import { inflateSync } from 'node:zlib';
import { DatadogHttpMetricExporter, type DatadogFetch } from '@tallykit/exporter-datadog-http';
import { resourceMetrics, sumData } from '@tallykit/testkit';

const METRICS = 100;
const points = Number(process.env['POINTS']);

const seen = { requests: 0, series: 0, largestSent: 0, largestInflated: 0, refused: 0 };

/** As Datadog does: 413 for what is too large after compression. */
const intake: DatadogFetch = (_, { body }) => {
  const sent = body!;
  const inflated = inflateSync(sent);
  const isTooLarge = sent.length > 512_000 || inflated.length > 5_242_880;
  seen.requests += 1;
  seen.largestSent = Math.max(seen.largestSent, sent.length);
  seen.largestInflated = Math.max(seen.largestInflated, inflated.length);
  if (isTooLarge) seen.refused += 1;
  else seen.series += inflated.toString('latin1').split('"metric":').length - 1;
  return Promise.resolve({ status: isTooLarge ? 413 : 202, headers: new Headers(), body: null });
};

const exporter = new DatadogHttpMetricExporter({
  apiKey: 'any',
  url: 'http://127.0.0.1',
  processTag: false,
  // Datadog's own limit.
  maxPayloadBytes: 5_242_880,
  timeoutMillis: 600_000,
  fetch: intake,
});

const template = sumData('metric', 1);
const metrics = Array.from({ length: METRICS }, (_, metric) => ({
  ...template,
  descriptor: { ...template.descriptor, name: `metric${metric}` },
  dataPoints: Array.from({ length: points / METRICS }, (__, index) => ({
    ...template.dataPoints[0]!,
    value: 1,
    // Hard to compress, so that a payload which is small enough before may be too large after.
    attributes: {
      first: (index * 0.618_033_988_749_895) % 1,
      second: ((index + 1) * (metric + 1) * 0.754_877_666_246_693) % 1,
      third: (index * 7919 + metric * 104_729) % 10_007,
    },
  })),
})) as Parameters<typeof resourceMetrics>[0];

const began = process.cpuUsage();
const result = await new Promise<{ code: number }>((resolve) =>
  exporter.export(resourceMetrics(metrics), resolve),
);
const { user, system } = process.cpuUsage(began);
const { received, exported, pending, dropped } = exporter.stats();
await exporter.shutdown();
console.log(
  JSON.stringify({
    ...seen,
    code: result.code,
    received: received.points,
    exported: exported.amount,
    pending: pending.points,
    dropped: dropped.points,
    processorMillis: (user + system) / 1000,
  }),
);
