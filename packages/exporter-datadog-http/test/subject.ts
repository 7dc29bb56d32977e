import { fileURLToPath } from 'node:url';
import {
  parseDatadogPayload,
  startDatadogIntake,
  type ConformanceFacts,
  type ConformanceSubject,
  type Payload,
  type ReceivedEvent,
  type ReceivedSeries,
} from '@tallykit/testkit';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const API_KEY = '0123456789abcdef0123456789abcdef';

/** The exporter in one configuration, as a subject of the conformance suite. */
function datadogSubject(
  chosen: DatadogHttpMetricExporterOptions,
  facts: Partial<ConformanceFacts>,
  leavesOut: ConformanceSubject['leavesOut'] & {},
): ConformanceSubject {
  return {
    leavesOut,
    facts: {
      discards: false,
      tags: true,
      temporality: 'delta',
      negativeGauges: true,
      negativeDistributions: true,
      histograms: 'exact',
      maxPayloadBytes: 1_048_576,
      idempotent: true,
      outage: 'kept',
      stats: true,
      events: true,
      secrets: [API_KEY],
      deadlineMillis: 1000,
      ...facts,
    },
    parse: (payload) => received(payload, chosen),
    async start(receive, timeoutMillis) {
      const intake = await startDatadogIntake({
        apiKey: API_KEY,
        onPayload({ method, body, isStored, error }) {
          if (error !== undefined) throw new Error(error);
          if (method === 'POST' && isStored) receive(body);
        },
      });
      const options: DatadogHttpMetricExporterOptions = {
        apiKey: API_KEY,
        url: intake.url,
        hostname: '',
        processTag: false,
        timeoutMillis,
        ...chosen,
      };
      return {
        exporter: new DatadogHttpMetricExporter(options),
        program: {
          source: `import { DatadogHttpMetricExporter } from './src/index.ts';
            const exporter = new DatadogHttpMetricExporter(${JSON.stringify(options)});`,
          execArgv: ON_SOURCES,
          directory: fileURLToPath(new URL('..', import.meta.url)),
        },
        refuse: () => intake.close(),
        hang: () => intake.pause(),
        recover: () => intake.restart(),
        stop: () => intake.close(),
      };
    },
  };
}

/** Each endpoint's body has a look of its own. */
function pathOf(body: Uint8Array, { apiVersion = 'v2' }: DatadogHttpMetricExporterOptions): string {
  if (body[0] !== '{'.charCodeAt(0)) return '/api/beta/sketches';
  if (Buffer.from(body).subarray(0, 9).equals(Buffer.from('{"title":'))) return '/api/v1/events';
  const isDistribution = String(Buffer.from(body)).includes('"type":"distribution"');
  return isDistribution ? '/api/v1/distribution_points' : `/api/${apiVersion}/series`;
}

function received(
  payload: Payload,
  options: DatadogHttpMetricExporterOptions,
): (ReceivedSeries | ReceivedEvent)[] {
  const body = Buffer.from(payload);
  const { series, sketches, distributions, events } = parseDatadogPayload(pathOf(body, options), body)!;
  return [
    ...events.map(({ title, text, tags }): ReceivedEvent => ({
      kind: 'event',
      title,
      text,
      tags: tagsOf(tags),
    })),
    ...series.flatMap(({ metric, type, interval, tags, points }) =>
      points.map(({ timestamp, value }): ReceivedSeries => ({
        // The suite knows the sum of an aggregated histogram as a gauge.
        kind: type === 'gauge' || metric.endsWith('.sum') ? 'gauge' : 'count',
        name: percentileName(metric),
        tags: tagsOf(tags),
        timestamp,
        // Datadog multiplies a rate by its interval where an increase is asked for (`as_count()`).
        value: type === 'rate' ? value * interval : value,
      })),
    ),
    ...sketches.map(({ metric, tags, count, sum, min, max }): ReceivedSeries => ({
      kind: 'distribution',
      name: metric,
      tags: tagsOf(tags),
      count,
      sum,
      min,
      max,
    })),
    ...distributions.flatMap(({ metric, tags, points }) =>
      points.flatMap(({ values }) =>
        values.map((value): ReceivedSeries => ({
          kind: 'sample',
          name: metric,
          tags: tagsOf(tags),
          value,
          weight: 1,
        })),
      ),
    ),
  ];
}

/** As the suite calls it. */
function percentileName(metric: string): string {
  return metric.replace(/\.(\d+)percentile$/, '.p$1');
}

function tagsOf(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf(':');
      return [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );
}

/** The configurations that are tested. The cases that run once for each exporter run for the first one. */
export const subjects: readonly { readonly title: string; readonly subject: ConformanceSubject }[] = [
  { title: 'with sketches', subject: datadogSubject({}, {}, []) },
  {
    title: 'with aggregates, version 1, uncompressed, in small payloads',
    subject: datadogSubject(
      {
        histograms: 'aggregates',
        apiVersion: 'v1',
        compression: 'none',
        maxPayloadBytes: 3000,
        percentiles: [50, 95],
      },
      { histograms: 'aggregates', maxPayloadBytes: 3000 },
      ['once for each exporter'],
    ),
  },
  {
    title: 'with rates and a key that is asked for',
    subject: datadogSubject({ countersAs: 'rate', apiKey: () => Promise.resolve(API_KEY) }, {}, [
      'once for each exporter',
    ]),
  },
  {
    title: 'with rates and aggregates',
    subject: datadogSubject(
      { countersAs: 'rate', histograms: 'aggregates', aggregates: { avg: false } },
      { histograms: 'aggregates' },
      ['once for each exporter'],
    ),
  },
  {
    title: 'with points, gzipped',
    subject: datadogSubject({ histograms: 'points', compression: 'gzip' }, { histograms: 'samples' }, [
      'once for each exporter',
    ]),
  },
];
