import { readFileSync } from 'node:fs';
import { DELIVERED, TagWriter, type Outcome, type Series, type SyncTransport } from '@tallykit/exporter-base';
import { parseDogStatsdPayload, type ParsedDogStatsdMetric } from '@tallykit/testkit';
import { expect, it } from 'vitest';
import { FakeClock } from '../../exporter-base/test/fake-clock.ts';
import { ClientTelemetry } from '../src/client-telemetry.ts';
import { tagSpelling } from '../src/tags.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const SIGNAL = new AbortController().signal;

function start() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const link: { outcome: Outcome; isClosed: boolean } = { outcome: DELIVERED, isClosed: false };
  const transport: SyncTransport = {
    send: async (payload) => transport.sendSync(payload),
    sendSync(payload) {
      sent.push(payload);
      return link.outcome;
    },
    async close() {
      link.isClosed = true;
    },
  };
  const telemetry = new ClientTelemetry({
    transport,
    maxPayloadBytes: 1432,
    writeTags: (tags) => new TagWriter(tagSpelling(), { env: 'prod' }).write(tags),
    target: { type: 'udp', host: '127.0.0.1', port: 8125 },
    originFields: '|card:low',
    histograms: 'distribution',
    clock,
  });
  return { clock, sent, link, telemetry };
}

/** Counts by name, and by name and type. */
function countsIn(payloads: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const payload of payloads) {
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(1432);
    for (const { name, tags, values, type, cardinality } of parseDogStatsdPayload(
      payload,
    ) as ParsedDogStatsdMetric[]) {
      const { metrics_type: metricsType, ...others } = tags;
      expect({ ...others }).toEqual({
        client: 'tallykit',
        client_transport: 'udp',
        client_version: version,
        env: 'prod',
      });
      expect([type, cardinality]).toEqual(['c', 'low']);
      const key = name.replace('datadog.dogstatsd.client.', '') + (metricsType ? `/${metricsType}` : '');
      expect(counts).not.toHaveProperty(key);
      counts[key] = values[0]!;
    }
  }
  return counts;
}

const NOTHING = Object.fromEntries(
  [
    'metrics',
    ...['gauge', 'count', 'histogram', 'distribution', 'set', 'timing'].flatMap((type) => [
      `metrics_by_type/${type}`,
      `aggregated_context_by_type/${type}`,
    ]),
    ...['events', 'service_checks', 'metric_dropped_on_receive', 'aggregated_context'],
    ...['', '_dropped', '_dropped_queue', '_dropped_writer'].flatMap((what) => [
      `packets${what || '_sent'}`,
      `bytes${what || '_sent'}`,
    ]),
  ].map((name) => [name, 0]),
);

it('counts what has left, every 10 seconds, and nothing of its own', async () => {
  const { clock, sent, telemetry } = start();
  const payloads = ['a:1|c|#k:v\nb:2|g\nc:1:2:3|d|@0.5', '_e{5,4}:a:1|c|text\n_sc|name|0|m:x|c', 'é:1|c'];
  const format = telemetry.counting(({ type }) => type);
  for (const type of ['sum', 'histogram', 'histogram'] as const) {
    expect(format({ type } as Series, undefined)).toBe(type);
  }
  for (const payload of payloads) expect(await telemetry.send(payload, SIGNAL)).toEqual(DELIVERED);
  expect(sent.splice(0)).toEqual(payloads);

  await clock.advance(9_999);
  expect(sent).toEqual([]);
  await clock.advance(1);
  expect(countsIn(sent.splice(0))).toEqual({
    ...NOTHING,
    metrics: 6,
    'metrics_by_type/count': 2,
    'metrics_by_type/gauge': 1,
    'metrics_by_type/distribution': 3,
    events: 1,
    service_checks: 1,
    aggregated_context: 3,
    'aggregated_context_by_type/count': 1,
    'aggregated_context_by_type/distribution': 2,
    packets_sent: 3,
    bytes_sent: payloads.reduce((sum, payload) => sum + Buffer.byteLength(payload), 0),
  });
  await clock.advance(10_000);
  expect(countsIn(sent.splice(0))).toEqual(NOTHING);
});

it('counts what was not taken as dropped', async () => {
  const { clock, sent, link, telemetry } = start();
  link.outcome = { type: 'not-accepted', reason: 'nobody listens' };
  expect(await telemetry.send('a:1|c', SIGNAL)).toEqual(link.outcome);
  link.outcome = DELIVERED;
  sent.splice(0);
  await clock.advance(10_000);
  expect(countsIn(sent)).toEqual({
    ...NOTHING,
    packets_dropped: 1,
    packets_dropped_writer: 1,
    bytes_dropped: 5,
    bytes_dropped_writer: 5,
  });
});

it('begins with the first payload and ends with the transport', async () => {
  const { clock, sent, link, telemetry } = start();
  expect(clock.timers).toBe(0);
  await telemetry.send('a:1|c', SIGNAL);
  expect(clock.timers).toBe(1);
  await telemetry.close();
  expect([link.isClosed, clock.timers]).toEqual([true, 0]);
  await clock.advance(60_000);
  expect(sent).toEqual(['a:1|c']);
});

it('waits for its last packet before it sends the next', async () => {
  const { clock, sent, telemetry, link } = start();
  await telemetry.send('a:1|c', SIGNAL);
  let arrive: (outcome: Outcome) => void = () => undefined;
  link.outcome = new Promise<Outcome>((resolve) => (arrive = resolve)) as never;
  await clock.advance(35_000);
  expect(sent).toHaveLength(2);
  link.outcome = DELIVERED;
  arrive(DELIVERED);
  await clock.advance(5_000);
  expect(sent.length).toBeGreaterThan(4);
});
